// STAND-IN, only for closed networks: wraps a root file system into an OCI archive that `podman load` takes (4.3 and later).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { constants, createZstdCompress } from "node:zlib";

/** What the image is made of. */
export interface OciImage {
  /** Uncompressed tar of the root file system: the one layer. */
  rootfs: string;
  /** As OCI names it: amd64 or arm64. */
  architecture: string;
  /** The name that `podman load` gives it. */
  reference: string;
  nodeVersion: string;
  /** The archive that is written. */
  output: string;
}

function digesting(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** Writes the archive: a layer compressed with zstd (quick to unpack in an emulated machine), config, manifest, index. */
export async function writeOciArchive(image: OciImage): Promise<void> {
  const layout = mkdtempSync(join(dirname(image.output), "layout."));
  try {
    const blobs = join(layout, "blobs", "sha256");
    mkdirSync(blobs, { recursive: true });
    const plain = createHash("sha256");
    const packed = createHash("sha256");
    const layer = join(layout, "layer");
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
    await pipeline(createReadStream(image.rootfs), digesting(plain), compress, digesting(packed), createWriteStream(layer));
    const layerDigest = packed.digest("hex");
    const size = statSync(layer).size;
    renameSync(layer, join(blobs, layerDigest));

    const blob = (mediaType: string, value: unknown): { mediaType: string; digest: string; size: number } => {
      const text = JSON.stringify(value);
      const digest = createHash("sha256").update(text).digest("hex");
      writeFileSync(join(blobs, digest), text);
      return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
    };
    const created = "1970-01-01T00:00:00Z";
    const config = blob("application/vnd.oci.image.config.v1+json", {
      created,
      architecture: image.architecture,
      os: "linux",
      config: {
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", `NODE_VERSION=${image.nodeVersion}`],
        Cmd: ["node"],
        Labels: { "podman-nanoclaw-runtime.stand-in": image.reference },
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${plain.digest("hex")}`] },
      history: [{ created, created_by: "podman-nanoclaw-runtime stand-in" }],
    });
    const manifest = blob("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+zstd", digest: `sha256:${layerDigest}`, size }],
    });
    const annotations = { "org.opencontainers.image.ref.name": image.reference, "io.containerd.image.name": image.reference };
    writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
    writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    execFileSync("tar", ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", image.output, "-C", layout, "oci-layout", "index.json", "blobs"]);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { rootfs: text, architecture: text, reference: text, "node-version": text, output: text } });
  const need = (name: keyof typeof values): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`--${name}: wanted a value; got none. Remedy: call it through build.sh`);
    return value;
  };
  await writeOciArchive({
    rootfs: need("rootfs"),
    architecture: need("architecture"),
    reference: need("reference"),
    nodeVersion: need("node-version"),
    output: need("output"),
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
