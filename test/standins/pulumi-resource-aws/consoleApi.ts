// Part of the stand-in for AWS: EC2's own API, as far as the program calls it by itself (GetConsoleOutput), for a test to
// start and name as AWS_ENDPOINT_URL_EC2. Signatures are not checked, but a request without one is refused.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { vmFiles } from "../../../toolchain/vm/vmDir.ts";

/** Serves the consoles of the account's instances on a free port of loopback. */
export async function serveConsoles(directory: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const fields = new URLSearchParams(body);
      const id = fields.get("InstanceId") ?? "";
      const signed = (request.headers.authorization ?? "").startsWith("AWS4-HMAC-SHA256 ");
      const [status, text] = !signed
        ? [401, failure("AuthFailure", "AWS was not able to validate the provided access credentials")]
        : fields.get("Action") !== "GetConsoleOutput"
          ? [400, failure("InvalidAction", `The action ${fields.get("Action")} is not valid for this web service.`)]
          : consoleOf(directory, id);
      response.writeHead(status, { "content-type": "text/xml" }).end(text);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

function consoleOf(directory: string, id: string): [number, string] {
  const files = vmFiles({ name: id, stateDir: directory });
  if (!/^i-[0-9a-f]+$/.test(id) || !existsSync(join(files.dir))) return [400, failure("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`)];
  const text = existsSync(files.console) ? readFileSync(files.console).subarray(-65_536).toString("base64") : "";
  return [200, `<?xml version="1.0" encoding="UTF-8"?><GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId><instanceId>${id}</instanceId><timestamp>2026-01-01T00:00:00.000Z</timestamp><output>${text}</output></GetConsoleOutputResponse>`];
}

function failure(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`;
}
