#!/bin/sh
# Plugs the suite's runner of each guest language, and compiles it for the plain wasmtime, which would take a minute each
# time: build/guests/LANGUAGE/contract.plugged.cwasm. What was made from the same files stays.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

for language in c rust javascript python; do
  runner="build/guests/$language/contract"
  is_current "$runner.plugged" "$runner.wasm" dist/polyfill/polyfill.wasm dist/polyfill/fused.wasm dist/polyfill/plug.wasm .build/pins/engines.txt && continue
  echo "plugging the runner in $language"
  node dist/cli/main.mjs plug "$runner.wasm" -o "$runner.plugged.wasm"
  build/wasmtime/wasmtime compile "$runner.plugged.wasm" -o "$runner.plugged.cwasm"
  built
done
