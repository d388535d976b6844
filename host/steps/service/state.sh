# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh
# NanoClaw's project root is the state directory, so that its relative paths do not move with a release: real
# directories for what it writes, links into `current` for all that is code. Nothing here deletes state.

readonly STATE_DIRECTORIES=(store data groups logs config)

is_state() {
  local name
  for name in "${STATE_DIRECTORIES[@]}" .env .git; do
    [[ $1 != "${name}" ]] || return 0
  done
  return 1
}

# The release brings first contents of some state directories (groups/main/CLAUDE.md): copied where there is nothing yet.
seed() {
  local name=$1 file
  [[ -d ${CURRENT}/${name} ]] || return 0
  while IFS= read -r file; do
    [[ ! -e ${STATE}/${name}/${file} ]] || continue
    as_nanoclaw mkdir -p "$(dirname "${STATE}/${name}/${file}")"
    as_nanoclaw cp "${CURRENT}/${name}/${file}" "${STATE}/${name}/${file}"
    changed "${name}/${file}"
  done < <(cd "${CURRENT}/${name}" && find . -type f -printf '%P\n')
}

ensure_state() {
  local name entry
  for name in "${STATE_DIRECTORIES[@]}"; do
    make_directory "${STATE}/${name}" 0750 "${NANOCLAW_USER}:${NANOCLAW_USER}"
    seed "${name}"
  done
  for entry in "${CURRENT}"/* "${CURRENT}"/.[!.]*; do
    name=${entry##*/}
    [[ -e ${entry} ]] || continue
    is_state "${name}" && continue
    [[ ! -e ${STATE}/${name} || -L ${STATE}/${name} ]] ||
      die "${STATE}/${name}" "a link into the release" "a file or directory of its own" "move it away: the release has one of this name"
    link "${CURRENT}/${name}" "${STATE}/${name}"
  done
  # Links to what this release no longer has.
  for entry in "${STATE}"/* "${STATE}"/.[!.]*; do
    [[ -L ${entry} && ! -e ${entry} && $(readlink "${entry}") == "${CURRENT}"/* ]] && remove_path "${entry}"
  done
  make_directory "$(nanoclaw_home)/.config" 0755 "${NANOCLAW_USER}:${NANOCLAW_USER}"
  # The mount allowlist, which NanoClaw looks for in the home directory, is state too.
  link "${STATE}/config" "$(nanoclaw_home)/.config/nanoclaw"
}
