// Part of the stand-in for the `command` plugin: files and directories brought to another machine by SFTP.
import { readdirSync, statSync } from "node:fs";
import { posix } from "node:path";

import type { SFTPWrapper, Stats } from "ssh2";

import { dial } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./steps.ts";
import { asAsset } from "./values.ts";
import type { Asset, Properties } from "./values.ts";

/** SFTP's code for "no such file". */
const NO_SUCH_FILE = 2;

/** Copies the source, unless an update changed neither its content nor its place. */
export async function copyToRemote(old: Properties | undefined, now: Properties, context: Context): Promise<void> {
  const source = asAsset(now["source"])!;
  const target = now["remotePath"] as string;
  if (old && old["remotePath"] === target && asAsset(old["source"])?.hash === source.hash) return;
  const { client, close } = await dial(now["connection"] as Connection, context);
  context.signal.addEventListener("abort", close, { once: true });
  try {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => client.sftp((error, opened) => (error ? reject(error) : resolve(opened))));
    await new Promise<void>((resolve, reject) => {
      client.once("close", () => reject(new Error("the connection was closed")));
      (source.path === undefined ? copyText(sftp, source, target) : copyPath(sftp, source.path, target)).then(resolve, reject);
    });
  } finally {
    context.signal.removeEventListener("abort", close);
    close();
  }
}

async function copyText(sftp: SFTPWrapper, source: Asset, target: string): Promise<void> {
  if ((await stat(sftp, target))?.isDirectory()) {
    throw new Error(`remote path ${target} is a directory; when using a text asset, remotePath must be a file path`);
  }
  await makeDirectories(sftp, posix.dirname(target));
  const write = new Promise<void>((resolve, reject) => {
    sftp.writeFile(target, source.text ?? "", (error) => (error ? reject(error) : resolve()));
  });
  await named(`failed to create remote file ${target}`, write);
}

/** A directory goes into the target under its own name; with a slash at its end, its content does. */
async function copyPath(sftp: SFTPWrapper, source: string, target: string): Promise<void> {
  const there = await stat(sftp, target);
  if (!statSync(source).isDirectory()) {
    if (!there) await makeDirectories(sftp, posix.dirname(target));
    await copyFile(sftp, source, there?.isDirectory() ? posix.join(target, posix.basename(source)) : target);
    return;
  }
  if (!there) await makeDirectories(sftp, target);
  await copyDirectory(sftp, source, source.endsWith("/") ? target : posix.join(target, posix.basename(source)));
}

async function copyDirectory(sftp: SFTPWrapper, source: string, target: string): Promise<void> {
  const there = await stat(sftp, target);
  if (there && !there.isDirectory()) throw new Error(`remote path ${target} exists but is not a directory`);
  if (!there) await named(`failed to create remote directory ${target}`, makeDirectory(sftp, target));
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [posix.join(source, entry.name), posix.join(target, entry.name)];
    if (entry.isDirectory()) await copyDirectory(sftp, from, to);
    else await copyFile(sftp, from, to);
  }
}

async function copyFile(sftp: SFTPWrapper, source: string, target: string): Promise<void> {
  const put = new Promise<void>((resolve, reject) => sftp.fastPut(source, target, (error) => (error ? reject(error) : resolve())));
  await named(`failed to copy file ${source} to remote path ${target}`, put);
}

async function makeDirectories(sftp: SFTPWrapper, path: string): Promise<void> {
  if (path === "." || path === "/" || (await stat(sftp, path))) return;
  await makeDirectories(sftp, posix.dirname(path));
  await named(`failed to create remote directory ${path}`, makeDirectory(sftp, path));
}

function makeDirectory(sftp: SFTPWrapper, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sftp.mkdir(path, (error) => {
      if (!error) return resolve();
      // Another copy may have made it in the meantime.
      stat(sftp, path).then((there) => (there?.isDirectory() ? resolve() : reject(error)), reject);
    });
  });
}

function stat(sftp: SFTPWrapper, path: string): Promise<Stats | undefined> {
  return new Promise((resolve, reject) => {
    sftp.stat(path, (error, stats) => {
      if (!error) resolve(stats);
      else if ((error as Error & { code?: number }).code === NO_SUCH_FILE) resolve(undefined);
      else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
    });
  });
}

async function named<T>(what: string, work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw new Error(`${what}: ${error.message}`);
  });
}
