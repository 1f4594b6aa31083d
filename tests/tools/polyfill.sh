#!/bin/sh
# Builds the polyfill: the component, dist/polyfill/polyfill.wasm, and beside it what jco makes of it for Node and
# browsers. What was made from the same sources stays.
set -eu
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"
output=dist/polyfill
mkdir -p "$output" dist/portable/ts/polyfill/component

# Browsers get the same files by another way.
echo "export * from '../../../../polyfill/component/polyfill.js';" >dist/portable/ts/polyfill/component/polyfill.js

sum=$(find wit guest/polyfill -type f ! -path '*/target/*' | LC_ALL=C sort | xargs cat tests/tools/polyfill.sh package-lock.json | cksum)
[ "$(cat build/polyfill.sources 2>/dev/null)" = "$sum" ] && [ -e "$output/component/polyfill.js" ] && exit
echo 'building the polyfill'

# quietly NAME COMMAND...: shows what a command said only if it failed.
quietly() {
  log="build/$1.log"
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}

# Runtimes have had SIMD since 2021; the search is twice as fast with it.
export RUSTFLAGS='-C target-feature=+simd128'
options='--manifest-path guest/polyfill/Cargo.toml --locked --release --target wasm32-unknown-unknown'
if rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null | xargs -r test -d; then
  export CARGO_TARGET_DIR="$cache/cargo"
  # shellcheck disable=SC2086 # a list
  quietly polyfill-cargo cargo build $options
else
  export CARGO_TARGET_DIR="$cache/cargo-debian"
  # shellcheck disable=SC2086 # a list
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
    quietly polyfill-cargo /usr/bin/cargo build $options -Z build-std=core,alloc,panic_abort
fi
build/venv/bin/wasm-tools component new "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/wasi_mmap_polyfill.wasm" -o "$output/polyfill.wasm"
rm -rf "$output/component"
quietly polyfill-jco node tests/tools/jco.mjs transpile "$output/polyfill.wasm" --instantiation async --no-nodejs-compat --no-typescript --minify -o "$output/component"
rm -rf "$output/component/interfaces" "$output/component"/*.d.ts
echo '{"type":"module"}' >"$output/component/package.json"
printf '%s' "$sum" >build/polyfill.sources
