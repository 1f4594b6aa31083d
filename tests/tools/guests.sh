#!/bin/sh
# Builds the example programs and the suite's runner of each guest language into build/guests/LANGUAGE/NAME.wasm:
# guests.sh [rust] [c] [javascript]. What is newer than its sources stays.
set -eu
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"
adapter=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm
programs='mgrep mreplace contract'

wit=build/guests/wit

say() { printf '%s\n' "guests: $*"; }

# current LANGUAGE FILE...: whether all programs of the language are newer than the files.
current() {
  language=$1
  shift
  for program in $programs; do
    [ -e "build/guests/$language/$program.wasm" ] || return 1
    [ -z "$(find "$@" -newer "build/guests/$language/$program.wasm" -type f 2>/dev/null)" ] || return 1
  done
}

# quietly NAME COMMAND...: shows what a command said only if it failed.
quietly() {
  log="build/guests/$1.log"
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}

# component CORE OUTPUT: a component of a core module that was built for WASI 0.1.
component() {
  build/venv/bin/wasm-tools component embed "$wit" --world imports "$1" -o "$1.embedded"
  build/venv/bin/wasm-tools component new "$1.embedded" --adapt "wasi_snapshot_preview1=$adapter" -o "$2"
}

build_c() {
  for program in $programs; do
    source=guest/c/examples/$program.c
    [ "$program" = contract ] && source=tests/contract/guests/contract.c
    ZIG_GLOBAL_CACHE_DIR="$cache/zig" quietly "c-$program" build/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -s -Wall -Wextra \
      -Wno-sign-compare -Iguest/c "$source" guest/c/wasi_mmap.c -o "build/guests/c/$program.core.wasm"
    component "build/guests/c/$program.core.wasm" "build/guests/c/$program.wasm"
  done
}

build_rust() {
  export CARGO_TARGET_DIR="$cache/cargo"
  if rustc --print target-libdir --target wasm32-wasip2 2>/dev/null | xargs test -d; then
    quietly rust cargo build --manifest-path guest/rust/Cargo.toml --locked --release --target wasm32-wasip2 --examples
    for program in $programs; do
      cp "$CARGO_TARGET_DIR/wasm32-wasip2/release/examples/$program.wasm" "build/guests/rust/$program.wasm"
    done
  fi
}

build_javascript() {
  for program in $programs; do
    source=guest/js/examples/$program.ts
    [ "$program" = contract ] && source=tests/contract/guests/contract.ts
    quietly "javascript-$program" node tests/tools/jco.mjs componentize "$source" --wit "$wit" --world-name command --bundle \
      -o "build/guests/javascript/$program.wasm"
  done
}

# The worlds of the programs, beside the contract and the interfaces of WASI.
rm -rf "$wit"
mkdir -p "$wit/deps/wasi-mmap"
cp guest/wit/examples.wit "$wit/"
cp wit/mmap.wit "$wit/deps/wasi-mmap/"
cp -r node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12/* "$wit/deps/"

[ $# -gt 0 ] || set -- c rust javascript
for language in "$@"; do
  case $language in
  c) sources='guest/c tests/contract/guests/contract.c' ;;
  rust) sources='guest/rust tests/contract/guests/contract.rs' ;;
  javascript) sources='guest/js dist/portable tests/contract/guests/contract.ts tests/contract/steps.mts' ;;
  *) echo "guests.sh: no language $language" >&2; exit 2 ;;
  esac
  mkdir -p "build/guests/$language"
  # shellcheck disable=SC2086 # a list
  current "$language" wit guest/wit $sources && continue
  say "building the programs in $language"
  "build_$language"
done
