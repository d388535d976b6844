import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";

/** What main's view of the project root is looked at for. */
export interface ProjectArgument {
  /** Paths below the project root whose content must not be here. */
  readonly shadows: readonly string[];
}

/** What main sees of the project root. */
export interface ProjectFacts {
  /** Whether the project root is here at all, by a file of NanoClaw's. */
  present: boolean;
  /** Path → what is seen of it: "absent", "empty", or how much. Never the content. */
  shadows: Record<string, string>;
  /** What became of opening its package.json for writing: an error code, or "opened". */
  write: string;
}

const project = "/workspace/project";

/** Looks at the project root as main. */
export function lookAtProject({ shadows }: ProjectArgument): ProjectFacts {
  return {
    present: seen(`${project}/package.json`) !== "absent",
    shadows: Object.fromEntries(shadows.map((path) => [path, seen(`${project}/${path}`)])),
    write: tryToOpen(`${project}/.nanoclaw-probe`),
  };
}

function seen(path: string): string {
  try {
    if (statSync(path).isDirectory()) {
      const entries = readdirSync(path).length;
      return entries === 0 ? "empty" : `${entries} entries`;
    }
    const file = openSync(path, "r");
    const bytes = readSync(file, Buffer.alloc(4096));
    closeSync(file);
    return bytes === 0 ? "empty" : "readable";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "absent" : (code ?? "an error");
  }
}

function tryToOpen(path: string): string {
  try {
    closeSync(openSync(path, "wx"));
    return "written";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
