// Part of the stand-in for the `aws` plugin: the plugin's calls (check, diff, create, update, delete, read, invoke).
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

import type { Handler } from "../pulumi-plugin/serve.ts";
import { UNKNOWN } from "../pulumi-resource-command/values.ts";
import { newId, type Account, type Properties } from "./account.ts";
import { answer } from "./calls.ts";
import { create, remove, update } from "./lifeCycle.ts";
import { loginFault } from "./refusals.ts";
import { known, wrongFields } from "./resourceTypes.ts";

const encode = (properties: Properties) => struct.Struct.fromJavaScript(properties);
const decode = (message: { toJavaScript(): unknown } | undefined) => (message?.toJavaScript() ?? {}) as Properties;
const typeOf = (urn: string) => urn.split("::")[2]!.split("$").at(-1)!;

/** The handlers of every call. */
export function handlers(account: Account): Record<string, Handler> {
  let region = "";
  return {
    handshake: () => new rpc.ProviderHandshakeResponse(),
    getPluginInfo: () => {
      const info = new plugin.PluginInfo();
      info.setVersion("7.48.0");
      return info;
    },
    getSchema: () => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: "aws", version: "7.48.0" }));
      return response;
    },
    checkConfig: (request: InstanceType<typeof rpc.CheckRequest>) => {
      const response = new rpc.CheckResponse();
      response.setInputs(request.getNews());
      const { region: wanted, skipCredentialsValidation } = decode(request.getNews());
      const fault = String(skipCredentialsValidation) === "true" ? undefined : loginFault(String(wanted));
      if (fault !== undefined) {
        const failure = new rpc.CheckFailure();
        failure.setReason(fault);
        response.addFailures(failure);
      }
      return response;
    },
    diffConfig: () => new rpc.DiffResponse(),
    configure: (request: InstanceType<typeof rpc.ConfigureRequest>) => {
      region = String(decode(request.getArgs())["region"] ?? "");
      const fault = loginFault(region);
      if (fault !== undefined) throw new Error(fault);
      const response = new rpc.ConfigureResponse();
      response.setSupportspreview(true);
      return response;
    },
    check: (request: InstanceType<typeof rpc.CheckRequest>) => {
      const inputs = decode(request.getNews());
      const response = new rpc.CheckResponse();
      response.setInputs(encode(inputs));
      for (const { property, reason } of wrongFields(typeOf(request.getUrn()), inputs)) {
        const failure = new rpc.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    },
    diff: (request: InstanceType<typeof rpc.DiffRequest>) => {
      const { required, optional, replacing } = known(typeOf(request.getUrn()));
      const [olds, news] = [decode(request.getOldInputs() ?? request.getOlds()), decode(request.getNews())];
      const ignored = request.getIgnorechangesList();
      const changed = [...required, ...optional].filter((field) => !ignored.includes(field) && JSON.stringify(olds[field]) !== JSON.stringify(news[field]));
      const response = new rpc.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
      response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList(changed);
      response.setReplacesList(changed.filter((field) => replacing.includes(field)));
      return response;
    },
    create: async (request: InstanceType<typeof rpc.CreateRequest>) => {
      const type = typeOf(request.getUrn());
      const inputs = decode(request.getProperties());
      const response = new rpc.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(encode({ ...inputs, ...unknown(type) }));
        return response;
      }
      const id = newId(known(type).prefix);
      response.setId(id);
      response.setProperties(encode(await create(account, type, id, request.getName(), inputs)));
      return response;
    },
    update: async (request: InstanceType<typeof rpc.UpdateRequest>) => {
      const type = typeOf(request.getUrn());
      const [olds, news] = [decode(request.getOlds()), decode(request.getNews())];
      const response = new rpc.UpdateResponse();
      response.setProperties(encode(request.getPreview() ? { ...olds, ...news } : await update(account, type, request.getId(), olds, news)));
      return response;
    },
    delete: async (request: InstanceType<typeof rpc.DeleteRequest>) => {
      await remove(account, typeOf(request.getUrn()), request.getId(), decode(request.getProperties()));
      return new empty.Empty();
    },
    read: (request: InstanceType<typeof rpc.ReadRequest>) => {
      const held = account.get(request.getId());
      const response = new rpc.ReadResponse();
      if (!held) return response; // It is gone: no id.
      response.setId(request.getId());
      response.setProperties(encode(held.properties));
      response.setInputs(request.getInputs());
      return response;
    },
    invoke: (request: InstanceType<typeof rpc.InvokeRequest>) => {
      const response = new rpc.InvokeResponse();
      response.setReturn(encode(answer(request.getTok(), decode(request.getArgs()), region, account)));
      return response;
    },
    cancel: () => new empty.Empty(),
  };
}

function unknown(type: string): Properties {
  return Object.fromEntries(known(type).computed.map((field) => [field, UNKNOWN]));
}
