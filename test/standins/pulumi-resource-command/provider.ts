// Part of the stand-in for the `command` plugin: the plugin's calls (check, diff, create, update, delete, read, invoke).
import { randomBytes } from "node:crypto";

import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

import type { Handler } from "../pulumi-plugin/serve.ts";
import type { EngineLog } from "./engineLog.ts";
import { check, diff, RESOURCES } from "./resources.ts";
import { runStep } from "./steps.ts";
import type { Context } from "./steps.ts";
import { UNKNOWN } from "./values.ts";
import type { Properties } from "./values.ts";

/** The version of pulumi-command whose behaviour this is. */
const VERSION = "1.2.1";

const encode = (properties: Properties) => struct.Struct.fromJavaScript(properties as never);
const decode = (message: { toJavaScript(): unknown } | undefined) => (message?.toJavaScript() ?? {}) as Properties;
const typeOf = (urn: string) => urn.split("::")[2]!.split("$").at(-1)!;
const nothing = () => new empty.Empty();

/** The handlers of every call; `cancelled` ends what runs. */
export function handlers(log: EngineLog, cancelled: AbortController): Record<string, Handler> {
  const context = (urn: string): Context => ({ urn, log, signal: cancelled.signal });
  const typed = (urn: string): string => {
    const type = typeOf(urn);
    if (!RESOURCES[type]) throw new Error(`${type}: this stand-in has only ${Object.keys(RESOURCES).join(", ")}`);
    return type;
  };

  return {
    handshake: () => {
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    },
    getPluginInfo: () => {
      const info = new plugin.PluginInfo();
      info.setVersion(VERSION);
      return info;
    },
    getSchema: () => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: "command", version: VERSION }));
      return response;
    },
    checkConfig: (request: InstanceType<typeof rpc.CheckRequest>) => {
      const response = new rpc.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    },
    diffConfig: () => new rpc.DiffResponse(),
    configure: () => {
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    },
    check: (request: InstanceType<typeof rpc.CheckRequest>) => {
      const { inputs, failures } = check(typed(request.getUrn()), decode(request.getNews()));
      const response = new rpc.CheckResponse();
      response.setInputs(encode(inputs));
      for (const { property, reason } of failures) {
        const failure = new rpc.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    },
    diff: diffCall,
    create: async (request: InstanceType<typeof rpc.CreateRequest>) => {
      const type = typed(request.getUrn());
      const inputs = decode(request.getProperties());
      const response = new rpc.CreateResponse();
      response.setId(`${request.getName()}${randomBytes(4).toString("hex")}`);
      const outputs = request.getPreview() ? unknownOutputs(type) : await runStep(type, "create", {}, inputs, context(request.getUrn()));
      response.setProperties(encode({ ...inputs, ...outputs }));
      return response;
    },
    update: async (request: InstanceType<typeof rpc.UpdateRequest>) => {
      const type = typed(request.getUrn());
      const [olds, news] = [decode(request.getOlds()), decode(request.getNews())];
      const response = new rpc.UpdateResponse();
      const outputs = request.getPreview() ? unknownOutputs(type) : await runStep(type, "update", olds, news, context(request.getUrn()));
      response.setProperties(encode({ ...news, ...outputs }));
      return response;
    },
    delete: async (request: InstanceType<typeof rpc.DeleteRequest>) => {
      const state = decode(request.getProperties());
      await runStep(typed(request.getUrn()), "delete", state, state, context(request.getUrn()));
      return nothing();
    },
    // What a command did cannot be read back: the state stands.
    read: (request: InstanceType<typeof rpc.ReadRequest>) => {
      const response = new rpc.ReadResponse();
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    },
    invoke: async (request: InstanceType<typeof rpc.InvokeRequest>) => {
      if (request.getTok() !== "command:local:run") throw new Error(`${request.getTok()}: this stand-in has only command:local:run`);
      const inputs = decode(request.getArgs());
      const outputs = await runStep("command:local:Command", "create", {}, { ...inputs, create: inputs["command"] }, context(""));
      const response = new rpc.InvokeResponse();
      response.setReturn(encode({ ...inputs, ...outputs }));
      return response;
    },
    cancel: () => {
      cancelled.abort(new Error("cancelled"));
      return nothing();
    },
  };

  function diffCall(request: InstanceType<typeof rpc.DiffRequest>) {
    const changed = diff(typed(request.getUrn()), decode(request.getOlds()), decode(request.getNews()));
    const response = new rpc.DiffResponse();
    const fields = Object.entries(changed).filter(([field]) => !request.getIgnorechangesList().includes(field));
    const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
    response.setChanges(fields.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setHasdetaileddiff(true);
    for (const [field, how] of fields) {
      const replaces = field === "triggers";
      const kind = `${how.toUpperCase()}${replaces ? "_REPLACE" : ""}` as keyof typeof rpc.PropertyDiff.Kind;
      const detail = new rpc.PropertyDiff();
      detail.setKind(rpc.PropertyDiff.Kind[kind]);
      detail.setInputdiff(true);
      response.getDetaileddiffMap().set(field, detail);
      response.addDiffs(field);
      if (replaces) response.addReplaces(field);
    }
    return response;
  }
}

/** At preview nothing runs, so what a command will print is not known. */
function unknownOutputs(type: string): Properties {
  return Object.fromEntries(["stdout", "stderr"].filter((name) => RESOURCES[type]!.outputs.includes(name)).map((name) => [name, UNKNOWN]));
}
