import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { ReadFiles } from "./config/types.ts";

/** The files of this computer. Pulumi runs the program in the project's directory, so relative paths start there. */
export const operatorFiles: ReadFiles = {
  absolute: (path) => (/^~(\/|$)/.test(path) ? resolve(homedir(), path.slice(2)) : resolve(path)),
  exists(path) {
    try {
      accessSync(this.absolute(path), constants.R_OK);
      return statSync(this.absolute(path)).isFile();
    } catch {
      return false;
    }
  },
  agentFault() {
    const path = process.env["SSH_AUTH_SOCK"];
    if (!path) return "SSH_AUTH_SOCK is not set";
    return existsSync(path) && statSync(path).isSocket() ? undefined : `SSH_AUTH_SOCK=${path}, which is no socket`;
  },
  read(path) {
    return this.exists(path) ? readFileSync(this.absolute(path), "utf8") : undefined;
  },
};
