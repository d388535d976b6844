import { z } from "zod";
import { findContract, knownVersions } from "../../contract/nanoclaw.ts";
import { field } from "./field.ts";
import { isPlainUrl } from "./formats.ts";

/** NanoClaw's own repository. */
export const officialRepository = "https://github.com/qwibitai/nanoclaw.git";

const [newest = "", ...others] = knownVersions;
const contract = findContract(newest);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A checksum that pins an archive; shared by everything that can be given as one. */
export const archiveSha256 = field(sha256.optional(), {
  means: "SHA-256 of the archive. The host refuses any other content.",
  wanted: "64 lower-case hexadecimal digits",
  remedy: "`sha256sum <file>` prints it; leave it out to trust the file as it is",
  changes: "nothing",
  defaultInWords: "computed from the file",
});

/** Which NanoClaw runs, and where it comes from. */
export const NanoclawSchema = z.strictObject({
  version: field(z.enum([newest, ...others]).default(newest), {
    means: "Which contract this NanoClaw keeps (its command lines, files and protocol): the version in its package.json.",
    wanted: `a known version (${knownVersions.join(", ")})`,
    remedy: `use ${newest}; another version needs a row in contract/nanoclaw.ts first`,
    changes: "release",
  }),
  repository: field(z.string().refine((url) => isPlainUrl(url, ["https:", "http:", "ssh:", "file:"])).optional(), {
    means: "Git repository that the host clones.",
    wanted: "a URL without user name and password, such as https://github.com/qwibitai/nanoclaw.git",
    remedy: "give the URL that `git clone` takes; for a private repository give an `archive` instead",
    changes: "release",
    defaultInWords: `\`${officialRepository}\``,
  }),
  commit: field(z.string().regex(/^[0-9a-f]{40}$/).optional(), {
    means: "The commit that runs. Only a full commit id names one thing for ever, so branches, tags and short ids are refused.",
    wanted: "40 lower-case hexadecimal digits",
    remedy: "`git rev-parse <branch or tag>` prints it",
    changes: "release",
    defaultInWords: "the commit that released `version`",
  }),
  archive: field(z.string().min(1).optional(), {
    means: "A .tar.gz of NanoClaw's source on this computer, instead of repository and commit; for closed networks.",
    wanted: "the path of a .tar.gz file",
    remedy: "`git archive --prefix=nanoclaw/ -o nanoclaw.tar.gz <commit>` makes one",
    changes: "release",
    defaultInWords: "none",
  }),
  archiveSha256,
  pairing: field(z.enum(["whatsapp", "none"]).optional(), {
    means: "Whether NanoClaw waits to be paired with a messenger before it starts. `none` is for headless use.",
    wanted: "whatsapp or none",
    remedy: "use none for headless use, or leave it out",
    changes: "service",
    defaultInWords: `what \`version\` needs (${newest}: ${contract?.pairing})`,
  }),
  entryPoint: field(z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+\.[cm]?[jt]s$/).optional(), {
    means: "What Node runs, relative to NanoClaw's root.",
    wanted: "a relative path of a JavaScript file, without ..",
    remedy: "leave it out, unless a fork starts from another file",
    changes: "service",
    defaultInWords: `what \`version\` has (${newest}: \`${contract?.entryPoint}\`)`,
  }),
});
