import { createServer } from "node:net";

import { expect, test } from "vitest";

import { listenerInode, portHolder, refuseTakenPort } from "./ports.ts";

const row = (local: string, state: string) =>
  `  sl  local_address rem_address   st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n`;

test("a listener on loopback or on every address holds the port", () => {
  expect(listenerInode(row("0100007F:08AE", "0A"), 2222)).toBe("4711");
  expect(listenerInode(row("00000000:08AE", "0A"), 2222)).toBe("4711");
});

test("another port, another address and a mere connection do not", () => {
  expect(listenerInode(row("0100007F:08AF", "0A"), 2222)).toBeNull();
  expect(listenerInode(row("0500000A:08AE", "0A"), 2222)).toBeNull();
  expect(listenerInode(row("0100007F:08AE", "01"), 2222)).toBeNull();
});

test("a taken port is refused by the name of the setting, and the process is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  expect(() => refuseTakenPort(port, "machine.sshPort")).toThrow(new RegExp(`^machine\\.sshPort: wanted a free port .*; got ${port}, where process ${process.pid}`));
  await new Promise((resolve) => server.close(resolve));
  expect(portHolder(port)).toBeNull();
});
