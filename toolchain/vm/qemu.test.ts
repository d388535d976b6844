import { expect, test } from "vitest";
import { kernelArguments } from "./qemu.ts";

test("an emulated guest is spared what only a real CPU needs", () => {
  expect(kernelArguments("tcg").split(" ")).toEqual(expect.arrayContaining(["root=LABEL=cloudimg-rootfs", "mitigations=off", "init_on_alloc=0"]));
});

test("on a real CPU the guest's kernel keeps all its protections", () => {
  expect(kernelArguments("kvm")).not.toMatch(/mitigations|init_on_alloc/);
});
