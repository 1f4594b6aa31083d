#!/bin/sh
# Builds what `make demo` shows: guests in C and JavaScript, and the polyfill. Both need cargo with a target for WebAssembly.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

if ! command -v cargo >/dev/null || ! has_target wasm32-unknown-unknown; then
  exit
fi
tests/tools/guests.sh demo
guest/polyfill/build.sh
