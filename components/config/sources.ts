import { z } from "zod";
import { field } from "./field.ts";
import { isPlainUrl } from "./formats.ts";
import { archiveSha256 } from "./nanoclaw.ts";

const url = z.string().refine((text) => isPlainUrl(text));
const wantedUrl = "an http or https URL without user name and password";

/** Where the host fetches from. */
export const SourcesSchema = z.strictObject({
  aptMirror: field(url.optional(), {
    means: "Debian or Ubuntu mirror that replaces the host's own package sources, and, unless it ends in /ubuntu, those of the agents' image, which is Debian.",
    wanted: wantedUrl,
    remedy: "give the mirror's base URL, such as http://deb.debian.org/debian, or leave it out",
    changes: "reinstall",
    defaultInWords: "the host's own sources",
  }),
  npmRegistry: field(url.default("https://registry.npmjs.org/"), {
    means: "npm registry, for NanoClaw on the host and for the image build.",
    wanted: wantedUrl,
    remedy: "give the registry's base URL, or leave it out for the official one",
    changes: "release",
  }),
  nodeDistUrl: field(url.default("https://nodejs.org/dist/"), {
    means: "Where Node's downloads lie, or a mirror of them. Whatever comes is checked against pinned checksums.",
    wanted: wantedUrl,
    remedy: "give the URL that holds directories such as v22.22.0/, or leave it out for the official one",
    changes: "reinstall",
  }),
  nodeSource: field(z.enum(["auto", "official", "npm"]).default("auto"), {
    means: "Where Node comes from. `auto` tries the official downloads, then the npm registry, and prints its choice.",
    wanted: "auto, official or npm",
    remedy: "use auto",
    changes: "reinstall",
  }),
  baseImage: field(
    z
      .strictObject({
        reference: field(z.string().regex(/^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/).default("docker.io/library/node:22-slim"), {
          means: "Image that NanoClaw's Dockerfile starts from, with its registry.",
          wanted: "a full image reference, such as docker.io/library/node:22-slim",
          remedy: "put the registry in front: docker.io/library/ for Docker Hub's own images",
          changes: "image",
        }),
        archive: field(z.string().min(1).optional(), {
          means: "An OCI archive of that image on this computer, for networks without a container registry.",
          wanted: "the path of a file",
          remedy: "`podman save --format oci-archive -o node.tar <image>` makes one",
          changes: "image",
          defaultInWords: "none: the registry is asked",
        }),
        archiveSha256,
      })
      .prefault({}),
    {
      means: "The image that the agents' image is built on.",
      wanted: "an object with the fields below",
      remedy: "leave it out for the official Node image",
      changes: "image",
      defaultInWords: "the official Node image",
    },
  ),
});
