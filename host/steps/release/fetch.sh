# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of and for apply.sh and step.sh
# The sources of a release, from git or from an archive, into ${BUILDING}/source; sets ID.

# Prints the id when the settings alone tell it and that release is here: then nothing needs to be fetched.
known_release() {
  local id=""
  case $(required source.kind) in
    git) [[ ! $(required source.commit) =~ ^[0-9a-f]{40}$ ]] || id=$(required source.commit) ;;
    archive) id=$(required source.sha256) ;;
  esac
  [[ -z ${id} || ! -d ${RELEASES}/${id:0:12} ]] || printf '%s\n' "${id:0:12}"
}

fetch_source() {
  case $(required source.kind) in
    git) fetch_git ;;
    archive) fetch_archive ;;
    *) die "nanoclaw.source.kind" "git or archive" "$(required source.kind)" "correct it" ;;
  esac
}

fetch_git() {
  local repository commit resolved
  repository=$(required source.repository)
  commit=$(required source.commit)
  apt_install git
  log "fetching ${commit} from ${repository}"
  run_build git init -q .
  run_build git remote add origin "${repository}"
  # One commit by its full id or a tag; servers that refuse that, and short ids, need the history.
  if ! run_build git fetch -q --depth 1 origin "${commit}" 2>"${NANOCLAW_WORK}/git.log"; then
    run_build git fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*' 2>"${NANOCLAW_WORK}/git.log" ||
      die "nanoclaw.repository" "a git repository that this host can read" "${repository}: $(paste -sd' ' "${NANOCLAW_WORK}/git.log" | tail -c 300)" \
        "check the address and the host's network, or use an archive (nanoclaw.archive)"
  fi
  resolved=$(run_build git rev-parse -q --verify 'FETCH_HEAD^{commit}' 2>/dev/null || true)
  [[ ! ${commit} =~ ^[0-9a-f]{7,40}$ || ${resolved} == "${commit}"* ]] || resolved=$(run_build git rev-parse -q --verify "${commit}^{commit}" 2>/dev/null || true)
  [[ -n ${resolved} ]] || die "nanoclaw.commit" "a commit of ${repository}" "${commit}, which it does not have" \
    "check it with \`git ls-remote ${repository}\`; a commit that was only on a deleted branch is gone"
  run_build git checkout -q "${resolved}"
  rm -rf "${BUILDING}/source/.git"
  ID=${resolved:0:12}
}

fetch_archive() {
  local path sum wanted inner
  path=$(required source.path)
  wanted=$(required source.sha256)
  path=$(uploaded "${path}")
  [[ -f ${path} ]] || die "nanoclaw.archive" "the archive at ${path} on the host" "no such file" "run \`pulumi up\`, which uploads it"
  # Verified after the copy: nobody but root can exchange the copy.
  install -m 0644 "${path}" "${BUILDING}/archive"
  sum=$(sha256sum "${BUILDING}/archive")
  [[ ${sum%% *} == "${wanted}" ]] || die "nanoclaw.archive.sha256" "${wanted}" "${sum%% *}" "the file is not the one that was pinned: correct the checksum, or the file"
  log "unpacking the archive"
  run_build tar -xf "${BUILDING}/archive" --no-same-owner -C "${BUILDING}/source" ||
    die "nanoclaw.archive" "a tar archive" "one that tar cannot unpack" "make it with \`git archive --format=tar.gz\`"
  # An archive with one directory around everything, as GitHub makes them.
  inner=$(find "${BUILDING}/source" -mindepth 1 -maxdepth 1)
  if [[ ! -f ${BUILDING}/source/package.json && -d ${inner} ]]; then
    mv "${inner}" "${BUILDING}/inner"
    rmdir "${BUILDING}/source"
    mv "${BUILDING}/inner" "${BUILDING}/source"
  fi
  rm -f "${BUILDING}/archive"
  ID=${wanted:0:12}
}
