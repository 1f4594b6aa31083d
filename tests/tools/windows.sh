#!/bin/sh
# Checks that the crate for wasmtime compiles for Windows on arm64, where nothing runs it here. What runs on x64 is built
# by host/wasmtime/windows.sh.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

if ! has_target aarch64-pc-windows-gnullvm; then
  echo 'SKIPPED the crate for wasmtime on Windows, arm64: rustc has no target aarch64-pc-windows-gnullvm (rustup target add it)' >&2
  [ -z "${CI:-}" ]
  exit
fi
exec .build/cargo-windows.sh aarch64 check --quiet --locked --release --features cli --manifest-path host/wasmtime/Cargo.toml
