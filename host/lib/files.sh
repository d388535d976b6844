# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# Files that a step manages: written whole, renamed into place, touched only when they differ.

# install_file SOURCE DESTINATION [MODE [OWNER:GROUP]]
install_file() {
  local source=$1 destination=$2 mode=${3:-0644} owner=${4:-root:root}
  if [[ -f ${destination} && ! -L ${destination} && $(stat -c '%a %U:%G' "${destination}") == "${mode#0} ${owner}" ]] &&
    cmp -s "${source}" "${destination}"; then
    return
  fi
  mkdir -p "$(dirname "${destination}")"
  # Its name has a dot and ends in .new, which no program that reads a configuration directory picks up.
  local new
  new=$(dirname "${destination}")/.$(basename "${destination}").new
  # Made by install with owner and mode at once: in a directory that the service user may write to, a later chown by
  # name could be led elsewhere by a link.
  rm -f "${new}"
  install -m "${mode}" -o "${owner%%:*}" -g "${owner##*:}" "${source}" "${new}"
  mv -fT "${new}" "${destination}"
  changed "${destination}"
}

# render SOURCE KEY=VALUE…: prints SOURCE with @KEY@ replaced; a placeholder without a value is an error.
render() {
  local text pair
  text=$(<"$1")
  shift
  for pair in "$@"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  if [[ ${text} =~ @[A-Z][A-Z_]*@ ]]; then
    die "template" "a value for every placeholder" "none for ${BASH_REMATCH[0]}" "report it as a bug"
  fi
  printf '%s\n' "${text}"
}

# install_rootfs KEY=VALUE…: installs everything below the step's rootfs/, where the path is the path on the host.
# Files that start with #! are executable; those that end in .in are rendered.
install_rootfs() {
  local source destination mode root=${NANOCLAW_STEP_DIR}/rootfs
  while IFS= read -r source; do
    destination=${source#"${root}"}
    if [[ ${source} == *.in ]]; then
      render "${source}" "$@" >"${NANOCLAW_WORK}/rendered"
      destination=${destination%.in}
      source=${NANOCLAW_WORK}/rendered
    fi
    mode=0644
    [[ $(head -c 2 "${source}") != '#!' ]] || mode=0755
    install_file "${source}" "${destination}" "${mode}"
  done < <(find "${root}" -type f | sort)
}

# remove_rootfs: removes what install_rootfs put there.
remove_rootfs() {
  local source root=${NANOCLAW_STEP_DIR}/rootfs
  while IFS= read -r source; do
    source=${source#"${root}"}
    remove_path "${source%.in}"
  done < <(find "${root}" -type f)
}

# remove_path PATH…: removes files, links or trees that are there.
remove_path() {
  local path
  for path in "$@"; do
    [[ -e ${path} || -L ${path} ]] || continue
    rm -rf --one-file-system "${path}"
    changed "${path} removed"
  done
}

# link TARGET PATH: makes PATH a symbolic link to TARGET, atomically.
link() {
  [[ $(readlink "$2" 2>/dev/null) == "$1" ]] && return
  mkdir -p "$(dirname "$2")"
  ln -sfnT "$1" "$2.new"
  mv -fT "$2.new" "$2"
  changed "$2"
}

# make_directory PATH MODE OWNER:GROUP
make_directory() {
  [[ -d $1 && $(stat -c '%a %U:%G' "$1") == "${2#0} $3" ]] && return
  mkdir -p "$1"
  chown "$3" "$1"
  chmod "$2" "$1"
  changed "$1"
}

# fetch URL FILE: downloads; false with curl's message on stderr when it cannot.
fetch() {
  curl --fail --silent --show-error --location --retry 2 --retry-connrefused --connect-timeout 20 --speed-limit 1000 --speed-time 60 \
    --output "$2" "$1" 9>&-
}

# note_upload PATH: what the step's facts.sh looks for where logins begin, so that a lost upload is drift; nothing = no upload.
note_upload() {
  printf '%s\n' "$1" >"/var/lib/nanoclaw-runtime/steps/${NANOCLAW_STEP}/upload"
}

# uploaded PATH: where a file that the operator uploaded lies; relative paths are relative to the bundle's directory.
uploaded() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "${NANOCLAW_UPLOADS:?}" "$1" ;;
  esac
}
