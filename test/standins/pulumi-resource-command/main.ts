// A stand-in for Pulumi's `command` plugin 1.2.1, for networks where the official one cannot be had. Its behaviour is
// pinned by test/conformance, which can be run against the official one too.
import type grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";

import { exitWithParent, serve } from "../pulumi-plugin/serve.ts";
import { EngineLog } from "./engineLog.ts";
import { handlers } from "./provider.ts";

const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";
const cancelled = new AbortController();
const stop = () => cancelled.abort(new Error("cancelled"));

exitWithParent(stop);
await serve(
  services.ResourceProviderService as unknown as grpc.ServiceDefinition,
  handlers(new EngineLog(engineAddress), cancelled),
);
