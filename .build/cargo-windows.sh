#!/bin/sh
# Calls cargo for Windows, with zig for what is in C or C++: cargo-windows.sh x86_64|aarch64 COMMAND [OPTION]...
# Programs, such as tests, run under Wine; WINE_VERSION=10 takes the one that has spans.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.build/lib.sh"
target=$1-pc-windows-gnullvm
export ZIG_TARGET="$1-windows-gnu"
command=$2
shift 2

name=$(printf '%s' "$target" | tr - _)
NAME=$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
# No path of this machine goes into what is given away. Paths in the clone are relative: naming it here would have cargo
# compile everything anew for each clone.
crates="${CARGO_HOME:-$HOME/.cargo}=/cargo"
results="${CARGO_TARGET_DIR:-$root/host/wasmtime/target}=/target"
CARGO_ENCODED_RUSTFLAGS=$(rust_flags "--remap-path-prefix=$results")
export CARGO_ENCODED_RUSTFLAGS
flags="-ffile-prefix-map=$crates -ffile-prefix-map=$results"
exec env "CC_$name=$root/.build/zig-windows.sh cc" "CXX_$name=$root/.build/zig-windows.sh c++" "AR_$name=$root/.build/zig.sh ar" \
  "CXXSTDLIB_$name=c++" "CFLAGS_$name=$flags" "CXXFLAGS_$name=$flags" "CARGO_TARGET_${NAME}_LINKER=$root/.build/zig-windows.sh" \
  "CARGO_TARGET_${NAME}_RUNNER=$root/tests/tools/wine.sh" "$root/.build/cargo.sh" "$command" --target "$target" "$@"
