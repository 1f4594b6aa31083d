#!/bin/sh
# Builds a Rust program that contains wasmtime into build/wasmtime/NAME: rust-program.sh FOLDER NAME [OPTION-OF-CARGO]...
set -eu
cd "$(dirname "$0")/.."
. .build/lib.sh

folder=$1 name=$2
shift 2
target="${CARGO_TARGET_DIR:-$folder/target}"
[ -e "$target/release/$name" ] || echo "building the command $name (five minutes the first time)"
.build/cargo.sh build --quiet --locked --release --manifest-path "$folder/Cargo.toml" "$@"
replace "$target/release/$name" "build/wasmtime/$name"
