# shellcheck shell=sh
# For tools that want Docker's API (compose, testcontainers, IDEs), run as user nanoclaw. The service itself does not
# use it: NanoClaw calls the command line, which the guard checks.
if [ "$(id -un)" = nanoclaw ]; then
  XDG_RUNTIME_DIR="/run/user/$(id -u)"
  DOCKER_HOST="unix://${XDG_RUNTIME_DIR}/podman/podman.sock"
  export XDG_RUNTIME_DIR DOCKER_HOST
fi
