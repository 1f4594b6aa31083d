#!/bin/sh
# Builds what `make demo` shows: guests in C and JavaScript and, where rustc has the target, the polyfill.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

tests/tools/guests.sh demo
if command -v cargo >/dev/null && has_target wasm32-unknown-unknown; then guest/polyfill/build.sh polyfill; fi
