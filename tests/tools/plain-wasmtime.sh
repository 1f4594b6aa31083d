#!/bin/sh
# Builds the plain command of wasmtime, which runs plugged components, into build/wasmtime/wasmtime.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/wasmtime
target="${CARGO_TARGET_DIR:-tests/programs/wasmtime/target}"
[ -e "$target/release/wasmtime" ] || echo 'building the plain command of wasmtime (five minutes the first time)'
tests/tools/cargo.sh build --quiet --locked --release --manifest-path tests/programs/wasmtime/Cargo.toml
cmp -s "$target/release/wasmtime" build/wasmtime/wasmtime && exit
# A program that runs cannot be overwritten, but replaced.
cp "$target/release/wasmtime" build/wasmtime/wasmtime.new
mv build/wasmtime/wasmtime.new build/wasmtime/wasmtime
