#!/bin/sh
# Builds the command for Windows with zig, as build/wasmtime/windows-x64/wasi-mmap.exe. `windows.sh again` builds it a
# second time, elsewhere, which is to give the same bytes. `windows.sh tests` builds the tests of the crate.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
result=build/wasmtime/windows-x64/wasi-mmap.exe
program=x86_64-pc-windows-gnullvm/release/wasi-mmap.exe

fail() { printf '%s\n' "windows.sh: $*" >&2; exit 1; }

# cargo CLONE COMMAND [OPTION]...
cargo() {
  clone=$1
  shift
  "$clone/.build/cargo-windows.sh" x86_64 "$@" --quiet --locked --release --features cli --manifest-path "$clone/host/wasmtime/Cargo.toml"
}

if ! has_target x86_64-pc-windows-gnullvm; then
  [ -z "${CI:-}" ] || fail 'rustc has no target x86_64-pc-windows-gnullvm'
  echo 'SKIPPED the command for Windows: rustc has no target x86_64-pc-windows-gnullvm (rustup target add it)'
  exit
fi

case "${1:-}" in
again)
  [ -e "$result" ] || fail "there is no $result: make windows"
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  ln -s "$PWD/node_modules" "$PWD/dist" "$copy/"
  cp -r host wit .build "$copy/"
  mkdir "$copy/guest" "$copy/tests" # Where cargo.sh looks for sources.
  rm -rf "$copy/host/wasmtime/target"
  CARGO_TARGET_DIR="$copy/target" cargo "$copy" build
  cmp "$copy/target/$program" "$result" || fail 'two builds differ'
  ;;
tests)
  # What the command is made of is there.
  quietly windows-tests cargo "$PWD" test --no-run --lib --bins --tests
  ;;
'')
  target="${CARGO_TARGET_DIR:-host/wasmtime/target}"
  [ -e "$target/$program" ] || echo 'building the command wasi-mmap for Windows (ten minutes the first time)'
  cargo "$PWD" build
  for path in "$HOME" "$PWD"; do
    ! grep -q -a -F "$path/" "$target/$program" || fail "the command names $path, a path of this machine"
  done
  replace "$target/$program" "$result"
  ;;
*) fail "unknown: $1" ;;
esac
