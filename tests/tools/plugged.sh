#!/bin/sh
# Plugs the suite's runner of each guest language, and compiles it for the plain wasmtime, which would take a minute each
# time: build/guests/LANGUAGE/contract.plugged.cwasm. What was made from the same files stays.
set -eu
cd "$(dirname "$0")/../.."

for language in c rust javascript python; do
  runner="build/guests/$language/contract"
  sum=$(cat "$runner.wasm" dist/polyfill/polyfill.wasm dist/polyfill/plug.wasm tests/programs/wasmtime/Cargo.lock | cksum)
  [ "$(cat "$runner.plugged" 2>/dev/null)" = "$sum" ] && continue
  echo "plugging the runner in $language"
  node dist/cli/main.mjs plug "$runner.wasm" -o "$runner.plugged.wasm"
  build/wasmtime/wasmtime compile "$runner.plugged.wasm" -o "$runner.plugged.cwasm"
  printf '%s' "$sum" >"$runner.plugged"
done
