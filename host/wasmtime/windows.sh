#!/bin/sh
# Builds the command for Windows with zig, as build/wasmtime/windows-MACHINE/wasi-mmap.exe: windows.sh x64|arm64.
# `windows.sh MACHINE again` builds it a second time, elsewhere, which is to give the same bytes, and `windows.sh MACHINE
# tests` builds the tests of the crate, `windows.sh MACHINE check` only checks that it compiles.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

fail() { printf '%s\n' "windows.sh: $*" >&2; exit 1; }

case "${1:-}" in
x64) machine=x86_64 ;;
arm64) machine=aarch64 ;;
*) fail 'the machine is x64 or arm64' ;;
esac
result=build/wasmtime/windows-$1/wasi-mmap.exe
rust_target=$machine-pc-windows-gnullvm
program=$rust_target/release/wasi-mmap.exe

# cargo CLONE COMMAND [OPTION]...
cargo() {
  clone=$1
  shift
  "$clone/.build/cargo-windows.sh" "$machine" "$@" --quiet --locked --release --features cli --manifest-path "$clone/host/wasmtime/Cargo.toml"
}

if ! has_target "$rust_target"; then
  [ -z "${CI:-}" ] || fail "rustc has no target $rust_target"
  echo "SKIPPED the command for Windows: rustc has no target $rust_target (rustup target add it)"
  exit
fi

case "${2:-}" in
check) cargo "$PWD" check ;;
again)
  [ -e "$result" ] || fail "there is no $result: make windows"
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  ln -s "$PWD/node_modules" "$PWD/dist" "$copy/"
  cp -r host wit .build "$copy/"
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
  [ -e "$target/$program" ] || echo "building the command wasi-mmap for Windows on $1 (ten minutes the first time)"
  cargo "$PWD" build
  keep_program "$target/$program" "$result"
  ;;
*) fail "unknown: $2" ;;
esac
