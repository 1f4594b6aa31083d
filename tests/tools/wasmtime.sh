#!/bin/sh
# Builds the command for wasmtime into build/wasmtime/wasi-mmap.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/wasmtime
target="${CARGO_TARGET_DIR:-host/wasmtime/target}"
[ -e "$target/release/wasi-mmap" ] || echo 'building the command for wasmtime (five minutes the first time)'
tests/tools/cargo.sh build --quiet --locked --release --manifest-path host/wasmtime/Cargo.toml --features cli
# A program that runs cannot be overwritten, but replaced.
cmp -s "$target/release/wasi-mmap" build/wasmtime/wasi-mmap && exit
cp "$target/release/wasi-mmap" build/wasmtime/wasi-mmap.new
mv build/wasmtime/wasi-mmap.new build/wasmtime/wasi-mmap
