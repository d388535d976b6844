import { createServer } from "node:net";

/**
 * A TCP port on loopback that nobody listens on now. Outside the range from which the kernel gives ports (32768 and
 * up), so that no program beside this test is given it before it is used.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new Error("none of 100 ports of loopback from 20000 to 32000 is free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
