import { asService, type ServiceUser } from "../agentRun/serviceUser.ts";
import { readContainerProcess, type ContainerProcess } from "./containerProcess.ts";

/** A running container, looked at from outside. */
export interface SeenContainer {
  imageId: string;
  /** Its first process's id on the host. */
  pid: number;
  process: ContainerProcess;
}

/** A container, by the name that NanoClaw gave it. @throws Error when it does not run */
export function lookAt(user: ServiceUser, name: string): SeenContainer {
  // The guard puts the install's id after the name: hence by the beginning of the name.
  const running = asService(user, "podman", ["ps", "--no-trunc", "--filter", `name=^${name}`, "--format", "{{.Pid}} {{.ImageID}}"]).trim();
  if (running === "") throw new Error(`no container is named ${name}`);
  const [pid = "", imageId = ""] = running.split(/\s+/);
  return { imageId: imageId.replace("sha256:", ""), pid: Number(pid), process: readContainerProcess(Number(pid)) };
}
