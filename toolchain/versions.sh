# shellcheck shell=bash disable=SC2034
# What the toolchain gets when the machine has nothing suitable: exact versions and what each file must hash to.
# Data only; sourced by setup.sh. Every hash is of a published file and was read in a second place (formulae, release posts).

# Node runs our TypeScript without a build step: type stripping is on by default from this version.
NODE_MINIMUM="22.18.0"

# Official downloads, <distUrl>/v<version>/node-v<version>-linux-<arch>.tar.gz.
NODE_OFFICIAL_VERSION="24.19.0"
NODE_OFFICIAL_SHA256_x64="f625d97cd707df4ff96254916fbc5ff014f09c09effe5a1e0ca8f6d41a8789d4"
NODE_OFFICIAL_SHA256_arm64="d28c8a5bf0a808f0ed434a1dce8c54ae98f0371c0bd86ac58abc613f73e6643f"

# The same binary as an npm package (node-linux-<arch>): for networks that have a registry and nothing else.
NODE_NPM_VERSION="24.21.0"
NODE_NPM_INTEGRITY_x64="sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=="
NODE_NPM_INTEGRITY_arm64="sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g=="

# npm itself, where Node came from the registry and the machine has no npm that fits.
NPM_MINIMUM="10.0.0"
NPM_VERSION="11.21.2"
NPM_INTEGRITY="sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A=="

# Pulumi's CLI: the newest version that the Go module proxy serves too, so that both ways give the same program.
PULUMI_MINIMUM="3.259.0"
PULUMI_VERSION="3.259.0"
PULUMI_SHA256_x64="94ba357acac23d01474084c4b00098dc0f7bc70ce13f34c777459254a5f718e5"
PULUMI_SHA256_arm64="edc8327463a72160bb36cf82cf5062da9c8a244290a706d9980988e7bf486853"

# The plugin of @pulumi/command; the same version as in package.json (a test compares them).
COMMAND_PLUGIN_VERSION="1.2.1"
