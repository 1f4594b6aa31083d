#!/bin/sh
# Checks that the crate for wasmtime compiles for Windows, where it has no core yet and every mmap is `unsupported`.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
target=x86_64-pc-windows-gnu

skip() { printf '%s\n' "SKIPPED: the crate for wasmtime was not checked for Windows: $1" >&2; exit 0; }

# wasmtime has a file in C.
command -v x86_64-w64-mingw32-gcc >/dev/null || skip 'there is no mingw (on Debian and Ubuntu: apt-get install g++-mingw-w64-x86-64)'
if ! has_target "$target"; then
  command -v rustup >/dev/null || skip "there is no rustup to add the target $target with"
  rustup target add "$target" >build/rustup.log 2>&1 || skip "rustup cannot add the target $target here"
fi
exec .build/cargo.sh check --quiet --locked --release --manifest-path host/wasmtime/Cargo.toml --target "$target"
