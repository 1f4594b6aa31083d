#!/bin/sh
# Tests the guest library for Rust with other toolchains than the machine's: rusts.sh [TOOLCHAIN]. They are in
# .build/pins/rusts; a toolchain can be named as rustup does, such as beta, which takes the newest one. They and what they
# build are kept beside the other caches.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

fail() { printf '%s\n' "rusts.sh: $*" >&2; exit 1; }

command -v rustup >/dev/null || fail 'rustup is missing (https://rustup.rs)'
[ -e build/crates/sources ] || fail 'the crates are not built (make crates)'
export RUSTUP_HOME="$cache/rustup" CARGO_TARGET_DIR="$cache/rusts"
target=wasm32-wasip2

# is_here TOOLCHAIN: tells whether nothing is to be fetched. A name without a version is that of the newest.
is_here() {
  case $1 in *[0-9]*) rustup target list --installed --toolchain "$1" 2>/dev/null | grep -qx $target ;; *) false ;; esac
}

# build FOLDER NAME OPTION...: the programs of a crate. A newer compiler finds more, which is mended.
build() {
  output=rusts/$1-$2
  shift 2
  quietly "$output" .build/cargo.sh build --locked --release --target $target --manifest-path "$@"
  ! grep -A 9 '^warning' "build/$output.log" || fail 'the compiler warns'
}

try() {
  echo "Rust $1"
  is_here "$1" || quietly rustup rustup toolchain install "$1" --profile minimal --target $target --no-self-update
  export RUSTUP_TOOLCHAIN="$1"
  rustc --version
  folder=build/rusts/$1
  rm -rf "$folder"
  mkdir -p "$folder"
  for given in maxminddb-0.32.0 mmdb mmdb-stub.wasm test-data; do cp -R "build/crates/$given" "$folder/"; done
  build "$1" library guest/rust/Cargo.toml --example std_file --example exit_code --features std-file,exit-code
  build "$1" contract tests/tools/guests/Cargo.toml --bin contract
  release="$CARGO_TARGET_DIR/$target/release"
  cp "$release/contract.wasm" "$release/examples/std_file.wasm" "$release/examples/exit_code.wasm" "$folder/"
  tests/tools/crates.sh programs "$folder"
  # A C library without a table that is known is refused with its name.
  ! WASI_MMAP_LIBC=/dev/null .build/cargo.sh check --locked --target $target --manifest-path guest/rust/Cargo.toml \
    --features std-file 2>"$folder/refused" || fail 'any C library is taken'
  grep -q '/dev/null: .* WASI_MMAP_LIBC names another' "$folder/refused" || fail "$(cat "$folder/refused")"
  RUST_BUILT="$folder" node build/tests/programs/rust/toolchain.mjs
  RUST_BUILT="$folder" node build/tests/programs/rust/memmap2/memmap2.test.mjs
}

toolchains=${1:-$(grep -v '^#' .build/pins/rusts)}
while read -r toolchain; do try "$toolchain" </dev/null; done <<EOF
$toolchains
EOF
