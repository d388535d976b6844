// Part of the stand-ins for Pulumi plugins: the gRPC server that every plugin is.
import grpc from "@grpc/grpc-js";

/** Calls that are being answered. */
let active = 0;

/** Answers one request; what it throws becomes the error that the engine shows. */
export type Handler = (request: never) => unknown;

/** Serves a plugin's calls on a free port of this machine and prints the port, which is how the engine finds it. */
export async function serve(definition: grpc.ServiceDefinition, handlers: Record<string, Handler>): Promise<void> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  const methods: grpc.UntypedServiceImplementation = {};
  for (const name of Object.keys(definition)) {
    const handler = handlers[name[0]!.toLowerCase() + name.slice(1)];
    const unary: grpc.handleUnaryCall<never, unknown> = (call, done) => {
      if (!handler) {
        done({ code: grpc.status.UNIMPLEMENTED, details: `${name}: this stand-in does not have it` });
        return;
      }
      active++;
      Promise.resolve()
        .then(() => handler(call.request))
        .finally(() => active--)
        .then((response) => done(null, response))
        .catch((error: unknown) => done({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }));
    };
    methods[name] = unary as grpc.UntypedHandleCall;
  }
  server.addService(definition, methods);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  process.stdout.write(`${port}\n`);
}

/** Ends this process, after `stop`, when the engine asks for it or is gone: nobody else would. */
export function exitWithParent(stop: () => void): void {
  const parent = process.ppid;
  const leave = () => {
    stop();
    // What is running gets a moment to tell the other side; without any, the engine is not kept waiting.
    setTimeout(() => process.exit(0), active > 0 ? 500 : 0);
  };
  setInterval(() => {
    if (process.ppid !== parent) leave();
  }, 1000).unref();
  // SIGINT is how the engine ends a plugin (in a process group of its own: a terminal's Ctrl-C does not come here).
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
}
