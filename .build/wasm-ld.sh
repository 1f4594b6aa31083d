#!/bin/sh
# The linker for rustc with Debian's C library for WASI, whose start files rustc names without a folder.
set -eu
library=/usr/lib/wasm32-wasi
for word in "$@"; do
  shift
  case $word in crt1-*.o) word=$library/$word ;; esac
  set -- "$@" "$word"
done
exec wasm-ld-19 "$@" -L"$library"
