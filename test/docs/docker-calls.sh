#!/bin/bash
# Runs docker calls on a host as the service user, with the service's PATH. stdin: one JSON array of arguments a line;
# stdout: for each a JSON object {code, output, name}. `NAME` among the arguments stands for a container that runs.
set -uo pipefail
cd / || exit 1
running=""

# What runs is in the way where one container is the cap: it is an orphan for us.
docker ps --filter name=nanoclaw- --format '{{.Names}}' </dev/null | while IFS= read -r name; do docker stop -t 1 "${name}" </dev/null >/dev/null; done

is_running() {
  [[ -n ${running} && -n $(docker ps --filter "name=${running}" --format '{{.Names}}' </dev/null) ]]
}

ensure_running() {
  ! is_running || return 0
  running=nanoclaw-docs-$(date +%s%N)
  docker run --rm --name "${running}" --entrypoint /bin/sleep nanoclaw-agent:latest 600 </dev/null >/dev/null 2>&1 &
  local attempt
  for attempt in {1..120}; do
    ! is_running || return 0
    sleep 1
  done
  echo "no container came up in ${attempt} s" >&2
  exit 1
}

ends_running() {
  local attempt
  for attempt in {1..20}; do
    is_running || return 0
    sleep 1
  done
  echo "it runs ${attempt} s later" >&2
  return 1
}

while IFS= read -r call; do
  mapfile -t words < <(jq -r '.[]' <<<"${call}")
  # Listings are asked for a container that runs, too.
  case ${words[0]} in ps | ls | inspect | logs | stop | kill | rm) ensure_running ;; *) ;; esac
  code=0
  output=$(docker "${words[@]/#NAME/${running}}" 2>&1 <<<'{}') || code=$?
  # What ends a container has done so only when it is gone.
  case ${words[0]} in stop | kill | rm) ends_running || { code=99 && output="${running} still runs; ${output}"; } ;; *) ;; esac
  jq -cn --arg output "${output}" --argjson code "${code}" --arg name "${running}" '{code: $code, output: $output, name: $name}'
done
