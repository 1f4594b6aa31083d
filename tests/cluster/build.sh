#!/bin/sh
# Builds service.c as a component, build/cluster/service.wasm.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

is_current build/cluster.sources tests/cluster guest/c wit build/guests/wit && [ -e build/cluster/service.wasm ] && exit
echo 'building the component for wasmCloud'
mkdir -p build/cluster/wit
cp tests/cluster/world.wit build/cluster/wit/
cp -R build/guests/wit/deps build/cluster/wit/
part=build/cluster/service
quietly cluster .build/zig.sh cc -target wasm32-wasi -mexec-model=reactor -O2 -s -Wall -Wextra -Iguest/c \
  tests/cluster/service.c guest/c/wasi_mmap.c -o $part.core.wasm
build/venv/bin/wasm-tools component embed build/cluster/wit $part.core.wasm -o $part.typed.wasm
build/venv/bin/wasm-tools component new $part.typed.wasm -o $part.wasm \
  --adapt wasi_snapshot_preview1=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm
built
