#!/bin/sh
# Makes completions and the manual page of the command of its help, in dist/shell. They stay while their sources do.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

! is_current build/shell.sources .build/shell ts/cli/help.txt package.json || [ ! -e dist/shell/wasi-mmap.1 ] || exit 0
echo 'making completions and the manual page'
version=$(node -p 'require("./package.json").version')
rm -rf build/shell
mkdir -p build/shell
quietly shell-cargo .build/cargo.sh run --quiet --locked --manifest-path .build/shell/Cargo.toml -- ts/cli/help.txt "$version" build/shell
for file in build/shell/*; do replace "$file" "dist/shell/$(basename "$file")"; done
built
