#!/bin/sh
# Builds the polyfill: the component, dist/polyfill/polyfill.wasm, beside it what jco makes of it for Node and browsers,
# the module that a guest's component takes in, fused.wasm, and the module that gives a guest one of the two, plug.wasm, with the
# components that tell it what hosts provide, provided.wasm and provided-0-3.wasm. What was made from the same sources stays.
# build.sh [polyfill] [fused] [plug] [provided]
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
output=dist/polyfill
mkdir -p "$output" dist/portable/ts/polyfill/component

# Browsers get the same files by another way.
for name in polyfill modules; do
  echo "export * from '../../../../polyfill/component/$name.js';" >"dist/portable/ts/polyfill/component/$name.js"
done

# module FOLDER LIBRARIES FLAGS [OPTIONS]: builds the crate; `$module` is the folder of its core module. Without rustup's
# target Debian's compiler builds these libraries of Rust too.
module() {
  options="--manifest-path $1/Cargo.toml --locked --release --target wasm32-unknown-unknown ${4-}"
  name=$(basename "$1")
  # shellcheck disable=SC2086 # a list
  CARGO_ENCODED_RUSTFLAGS=$(rust_flags $3)
  export CARGO_ENCODED_RUSTFLAGS
  if has_target wasm32-unknown-unknown; then
    export CARGO_TARGET_DIR="$cache/cargo"
    # shellcheck disable=SC2086 # a list
    quietly "$name-cargo" .build/cargo.sh build $options
  else
    export CARGO_TARGET_DIR="$cache/cargo-debian"
    # shellcheck disable=SC2086 # a list
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
      quietly "$name-cargo" /usr/bin/cargo build $options -Z "build-std=$2"
  fi
  module="$CARGO_TARGET_DIR/wasm32-unknown-unknown/release"
}

build_polyfill() {
  # Runtimes have had SIMD since 2021; the search is twice as fast with it.
  # An object is known by its address, of which jco keeps 30 bits.
  module guest/polyfill core,alloc,panic_abort '-C target-feature=+simd128 -C link-arg=--max-memory=1073741824'
  build/venv/bin/wasm-tools component new "$module/wasi_mmap_polyfill.wasm" -o "$output/polyfill.wasm"
  rm -rf "$output/component"
  quietly polyfill-jco node .build/jco.mjs transpile "$output/polyfill.wasm" --instantiation async --no-nodejs-compat --no-typescript --minify -o "$output/component"
  node .build/mend-loops.mjs "$output/component/polyfill.js"
  rm -rf "$output/component/interfaces" "$output/component"/*.d.ts
  echo '{"type":"module"}' >"$output/component/package.json"
}

# The same interfaces with lists that stay in the guest's memory: an address and a length instead of bytes.
fused_wit() {
  wit_folder build/fused-wit guest/polyfill/wit/polyfill.wit
  sed -e 's/list<u8>/bytes/' -e 's/^\( *use mapping\.{\)/\1bytes, /' \
    -e 's/^interface mapping {/&\n  @since(version = 0.2.0)\n  record bytes { address: u32, length: u32 }\n/' \
    wit/mmap.wit >build/fused-wit/deps/wasi-mmap/mmap.wit
}

# Its memory is made before it, for the functions of the host that store there.
build_fused() {
  fused_wit
  module guest/polyfill core,alloc,panic_abort \
    '-C target-feature=+simd128 -C link-arg=--import-memory -C link-arg=-zstack-size=131072' '--features fused'
  build/venv/bin/wasm-tools strip --all "$module/wasi_mmap_polyfill.wasm" -o "$output/fused.wasm"
}

build_plug() {
  # A component that makes it want more than 1 GiB is refused.
  module guest/polyfill/plug std,panic_abort '-C link-arg=--max-memory=1073741824'
  install -m 644 "$module/wasi_mmap_plug.wasm" "$output/plug.wasm"
}

# It calls everything that it imports, as nothing else does; who reads it looks at the imports alone.
build_provided() {
  wit=build/provided-wit
  wit_folder_p3 "$wit" guest/polyfill/plug/wit/provided.wit
  for world in provided provided-0-3; do
    build/venv/bin/wasm-tools component embed --dummy --world "$world" "$wit" -o "build/$world.core.wasm"
    build/venv/bin/wasm-tools component new "build/$world.core.wasm" -o "build/$world.wasm"
    build/venv/bin/wasm-tools strip --all "build/$world.wasm" -o "$output/$world.wasm"
  done
}

[ $# -gt 0 ] || set -- polyfill fused plug provided
for part in "$@"; do
  case $part in
  polyfill) sources='wit guest/polyfill/Cargo.toml guest/polyfill/Cargo.lock guest/polyfill/src guest/polyfill/wit' result=component/polyfill.js ;;
  fused) sources='wit guest/polyfill/Cargo.toml guest/polyfill/Cargo.lock guest/polyfill/src guest/polyfill/wit' result=fused.wasm ;;
  plug) sources='guest/polyfill/plug' result=plug.wasm ;;
  provided) sources='wit guest/polyfill/plug/wit' result=provided-0-3.wasm ;;
  esac
  # shellcheck disable=SC2086 # a list
  is_current "build/$part.sources" guest/polyfill/build.sh .build/mend-loops.mjs package-lock.json $sources && [ -e "$output/$result" ] && continue
  case $part in
  polyfill) echo 'building the polyfill' ;;
  fused) echo 'building the polyfill for fusing' ;;
  plug) echo 'building what plugs the polyfill' ;;
  esac
  "build_$part"
  built
done

# Where its core modules are, in the words by which bundlers know a file that they have to copy.
{
  echo 'export const modules = {'
  for path in "$output"/component/*.wasm; do
    name=$(basename "$path")
    echo "  '$name': () => new URL('./$name', import.meta.url),"
  done
  echo '};'
} >"$output/component/modules.js"
