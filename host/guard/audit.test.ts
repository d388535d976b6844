import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { audit, auditLine } from "./audit.ts";
import { Refusal } from "./refusal.ts";

test("a decision reaches journald's socket as one line of JSON under the tag nanoclaw-guard", async () => {
  const directory = mkdtempSync(join(tmpdir(), "guard-audit-"));
  const socket = join(directory, "stdout");
  const received = new Promise<string>((resolve) => {
    const server = createServer((stream) => {
      let text = "";
      stream.on("data", (chunk) => (text += chunk.toString())).on("end", () => {
        server.close();
        resolve(text);
      });
    }).listen(socket, () => void audit({ decision: "refused", rule: "privileged", call: "run", reason: "a\nb" }, socket));
  });
  // Seven lines say who writes and how (sd_journal_stream_fd), then comes the entry.
  expect((await received).split("\n")).toEqual(["nanoclaw-guard", "", "4", "0", "0", "0", "0", '{"decision":"refused","rule":"privileged","call":"run","reason":"a?b"}', ""]);
  rmSync(directory, { recursive: true });
});

test("without a journal there is a refusal, not silence", async () => {
  await expect(audit({ decision: "allowed", rule: "allow", call: "run", reason: "" }, "/nonexistent/socket")).rejects.toBeInstanceOf(Refusal);
});

test("a line stays bounded whatever a command line holds", () => {
  const long = "x".repeat(100_000);
  expect(auditLine({ decision: "allowed", rule: "allow", call: long, reason: long, downgraded: Array.from({ length: 1000 }, () => long) }).length).toBeLessThan(20_000);
});
