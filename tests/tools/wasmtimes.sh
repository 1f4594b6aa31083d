#!/bin/sh
# Tests the crate for wasmtime with each version that it supports: wasmtimes.sh [WORD]. They are in .build/pins/wasmtimes.
# The toolchains and what they build are kept beside the other caches.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

fail() { printf '%s\n' "wasmtimes.sh: $*" >&2; exit 1; }

command -v rustup >/dev/null || fail 'rustup is missing (https://rustup.rs)'
export RUSTUP_HOME="$cache/rustup" CARGO_TARGET_DIR="$cache/wasmtimes"

# Cargo takes the newest version of a range, unless that needs a newer Rust than the package: what the README says.
resolves() {
  mkdir -p "$copy/embedder/src"
  echo 'fn main() {}' >"$copy/embedder/src/main.rs"
  {
    printf '[package]\nname = "embedder"\nversion = "0.0.0"\nedition = "2024"\nrust-version = "%s"\n\n' "${rust%.*}"
    printf '[workspace]\n\n[dependencies]\n'
    for part in wasmtime wasmtime-wasi; do printf '%s = { version = "%s", default-features = false }\n' "$part" "${wasmtime%%.*}"; done
    printf 'wasmtime-wasi-mmap = { path = "%s" }\n' "$PWD/host/wasmtime"
  } >"$copy/embedder/Cargo.toml"
  found=$(.build/cargo.sh tree --quiet --manifest-path "$copy/embedder/Cargo.toml" --prefix none |
    sed -nE 's/^wasmtime(-wasi)? v([0-9]+).*/\2/p' | sort -u)
  [ "$found" = "${wasmtime%%.*}" ] || fail "a package for Rust ${rust%.*} gets these versions of wasmtime: $found"
}

try() {
  echo "wasmtime $wasmtime, Rust $rust"
  export RUSTUP_TOOLCHAIN="$rust"
  rustup run "$rust" cargo --version >/dev/null 2>&1 ||
    quietly rustup rustup toolchain install "$rust" --profile minimal --no-self-update
  copy=build/wasmtime-$wasmtime
  rm -rf "$copy"
  mkdir -p "$copy"
  for part in build.rs core polyfill shell src stringzilla tests wit; do ln -s "../../host/wasmtime/$part" "$copy/"; done
  sed "s/\"$range\"/\"=$wasmtime\"/" host/wasmtime/Cargo.toml >"$copy/Cargo.toml"
  # Cargo keeps of the lock file what still fits.
  cp host/wasmtime/Cargo.lock "$copy/"
  .build/cargo.sh fetch --quiet --manifest-path "$copy/Cargo.toml"
  for features in cli,single-copy cli,tracing; do
    .build/cargo.sh test --locked --release --no-default-features --features "$features" --manifest-path "$copy/Cargo.toml"
  done
  resolves
  WASMTIME=$wasmtime node build/tests/wasmtime/readme.test.mjs
}

range=$(sed -n 's/^wasmtime = { version = "\([^"]*\)".*/\1/p' host/wasmtime/Cargo.toml | head -n 1)
pins=$(grep -v '^#' .build/pins/wasmtimes | grep -e "${1:-.}") || fail "no version has $1"
while read -r wasmtime rust; do try </dev/null; done <<EOF
$pins
EOF
