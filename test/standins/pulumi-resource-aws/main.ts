// A stand-in for Pulumi's `aws` plugin 7.48.0, for tests: a make-believe account in the folder AWS_STANDIN_DIR, whose
// EC2 instances are local VMs. It is never installed by the toolchain: only a test that says so runs it.
import type grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";

import { exitWithParent, serve } from "../pulumi-plugin/serve.ts";
import { Account } from "./account.ts";
import { handlers } from "./provider.ts";

const directory = process.env["AWS_STANDIN_DIR"];
if (!directory) throw new Error("the stand-in of the aws plugin wants AWS_STANDIN_DIR, a folder for its make-believe account");

exitWithParent(() => undefined);
await serve(services.ResourceProviderService as unknown as grpc.ServiceDefinition, handlers(new Account(directory)));
