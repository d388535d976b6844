// Part of the stand-in for the `command` plugin: lines that a command prints, shown beside its resource while it runs.
import { createRequire } from "node:module";

type Severity = "INFO" | "WARNING" | "ERROR";

interface EngineClient {
  log(request: unknown, done: () => void): void;
}

/** Sends messages to the engine. The client is made at the first one: a run that changes nothing never needs it. */
export class EngineLog {
  readonly #address: string;
  #client: EngineClient | undefined;
  #sent: Promise<void> = Promise.resolve();

  constructor(address: string) {
    this.#address = address;
  }

  /** A line of output: shown in the resource's row, not kept. */
  status(urn: string, message: string): void {
    this.#send(urn, message, "INFO", true);
  }

  /** A message that stays on screen. */
  warning(urn: string, message: string): void {
    this.#send(urn, message, "WARNING", false);
  }

  /** Resolves when the engine has everything that was sent. */
  flushed(): Promise<void> {
    return this.#sent;
  }

  #send(urn: string, message: string, severity: Severity, ephemeral: boolean): void {
    if (!this.#address) return;
    const require = createRequire(import.meta.url);
    const { LogRequest, LogSeverity } = require("@pulumi/pulumi/proto/engine_pb.js");
    this.#client ??= this.#connect(require);
    const request = new LogRequest();
    request.setUrn(urn);
    request.setMessage(message);
    request.setSeverity(LogSeverity[severity]);
    request.setEphemeral(ephemeral);
    const client = this.#client;
    this.#sent = this.#sent.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  }

  #connect(require: NodeJS.Require): EngineClient {
    const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
    const { credentials } = require("@grpc/grpc-js");
    return new EngineClient(this.#address, credentials.createInsecure());
  }
}
