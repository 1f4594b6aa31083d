#!/bin/sh
# Builds the command for any Linux of a processor with zig, as build/wasmtime/linux-MACHINE/wasi-mmap: linux.sh x64|x64-musl.
# x64 needs glibc 2.28 (of 2018) or later, x64-musl nothing. `linux.sh MACHINE again` builds it a second time, elsewhere, which
# is to give the same bytes.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

fail() { printf '%s\n' "linux.sh: $*" >&2; exit 1; }

case "${1:-}" in
x64) rust_target=x86_64-unknown-linux-gnu glibc=.2.28 ;;
x64-musl) rust_target=x86_64-unknown-linux-musl glibc= ;;
*) fail 'the machine is x64 or x64-musl' ;;
esac
result=build/wasmtime/linux-$1/wasi-mmap
program=$rust_target/release/wasi-mmap

# cargo CLONE: builds the command there. cargo-zigbuild makes zig take the words of gcc and name the version of glibc.
cargo() {
  name=$(printf '%s' "$rust_target" | tr - _)
  results="$CARGO_TARGET_DIR=/target"
  CARGO_ENCODED_RUSTFLAGS=$(rust_flags "--remap-path-prefix=$results")
  export CARGO_ENCODED_RUSTFLAGS
  flags="-ffile-prefix-map=${CARGO_HOME:-$HOME/.cargo}=/cargo -ffile-prefix-map=$results"
  env "CFLAGS_$name=$flags" "CXXFLAGS_$name=$flags" "CXXSTDLIB_$name=c++" CARGO_ZIGBUILD_ZIG_PATH="$1/.build/zig.sh" \
    CARGO="$1/.build/cargo.sh" build/venv/bin/cargo-zigbuild zigbuild --quiet --locked --release --features cli --target "$rust_target$glibc" \
    --manifest-path "$1/host/wasmtime/Cargo.toml"
}

if ! has_target "$rust_target"; then
  [ -z "${CI:-}" ] || fail "rustc has no target $rust_target"
  echo "SKIPPED the command for Linux on $1: rustc has no target $rust_target (rustup target add it)"
  exit
fi

case "${2:-}" in
again)
  [ -e "$result" ] || fail "there is no $result: make packages"
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  ln -s "$PWD/node_modules" "$PWD/dist" "$copy/"
  cp -r host wit .build LICENSE "$copy/"
  rm -rf "$copy/host/wasmtime/target"
  export CARGO_TARGET_DIR="$copy/target"
  cargo "$copy"
  cmp "$copy/target/$program" "$result" || fail 'two builds differ'
  ;;
'')
  export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/host/wasmtime/target}"
  [ -e "$CARGO_TARGET_DIR/$program" ] || echo "building the command wasi-mmap for Linux on $1 (ten minutes the first time)"
  moving cargo "$PWD"
  keep_program "$CARGO_TARGET_DIR/$program" "$result"
  ;;
*) fail "unknown: $2" ;;
esac
