import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkPodman } from "./exec.ts";

test("a podman that is missing, a directory or no program is a refusal, because execve of it would abort", () => {
  const directory = mkdtempSync(join(tmpdir(), "guard-exec-"));
  const path = join(directory, "podman");
  expect(() => checkPodman(path)).toThrow(/podman: wanted a program that can be run; got ENOENT\. Remedy:/);
  expect(() => checkPodman(directory)).toThrow("not a file");
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o644 });
  expect(() => checkPodman(path)).toThrow("EACCES");
  writeFileSync(`${path}2`, "#!/bin/sh\n", { mode: 0o755 });
  expect(() => checkPodman(`${path}2`)).not.toThrow();
  rmSync(directory, { recursive: true });
});
