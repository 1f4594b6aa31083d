#!/bin/sh
# Writes the contract for WASI 0.3, wit/0.3/mmap.wit, which is the one for 0.2 with other versions. generations.sh check: only
# says whether it is up to date.
set -eu
cd "$(dirname "$0")/.."

twin() {
  sed 's|wasi-mmap:mmap@0\.2\.0|wasi-mmap:mmap@0.3.0|
    s|@since(version = 0\.2\.0)|@since(version = 0.3.0)|
    s|\(wasi:filesystem/[a-z]*\)@0\.2\.[0-9]*|\1@0.3.0|' wit/mmap.wit
}

if [ "${1:-}" != check ]; then
  twin >wit/0.3/mmap.wit
elif ! twin | cmp -s - wit/0.3/mmap.wit; then
  echo 'wit/0.3/mmap.wit is not wit/mmap.wit for WASI 0.3: run .build/generations.sh' >&2
  exit 1
fi
