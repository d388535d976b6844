#!/bin/sh
# `podman info ARGUMENT…` for the user who runs this, after which podman is ready: in the podman step, and before NanoClaw.
#
# Podman's first call after a boot leaves a pause process, which holds the user namespace for all later ones. When it is
# killed (with a call that took too long, or by the kernel), podman goes on looking for the process whose id it wrote
# down, and every call fails: "cannot re-exec process to join the existing user namespace" (podman 5.4).
file=${XDG_RUNTIME_DIR:?}/libpod/tmp/pause.pid
if [ -s "${file}" ]; then
  case $(cat "/proc/$(cat "${file}")/comm" 2>/dev/null) in
    catatonit | podman*) ;;
    *)
      echo "podman's pause process was killed: forgetting it" >&2
      rm -f "${file}"
      ;;
  esac
fi
exec podman info "$@"
