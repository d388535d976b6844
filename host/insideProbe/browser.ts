import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What became of opening a page. */
export interface BrowserFacts {
  /** The browser's path; null when the image has none. */
  browser: string | null;
  /** The page after its script has run. */
  page: string;
  /** The end of what the browser complained about. */
  complaint: string;
  /** The most processes and threads in the container meanwhile. */
  mostPids: number;
}

const candidates = [process.env["AGENT_BROWSER_EXECUTABLE_PATH"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** As agent-browser starts it in a container: the container is its sandbox. */
const flags = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--user-data-dir=/tmp/nanoclaw-probe-browser"];

/** Serves a page on the container's loopback and has the browser print it, its script run. */
export async function openPage(): Promise<BrowserFacts> {
  const browser = candidates.find((path) => path !== "" && existsSync(path));
  if (browser === undefined) return { browser: null, page: "", complaint: "", mostPids: 0 };
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end('<title>probe</title><p id="p"></p><script>document.getElementById("p").append("opened " + 6 * 7)</script>');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const child = spawn(browser, [...flags, "--dump-dom", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`], { stdio: ["ignore", "pipe", "pipe"] });
  let [page, complaint, mostPids] = ["", "", 0];
  child.stdout.on("data", (chunk: Buffer) => void (page += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (complaint = (complaint + chunk.toString()).slice(-500)));
  const watch = setInterval(() => void (mostPids = Math.max(mostPids, Number(readFileSync("/sys/fs/cgroup/pids.current", "utf8")))), 20);
  await once(child, "close");
  clearInterval(watch);
  server.close();
  return { browser, page: page.slice(0, 1000), complaint, mostPids };
}
