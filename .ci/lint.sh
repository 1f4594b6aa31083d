#!/bin/sh
# Checks style and types: lint.sh; lint.sh changed: only files that differ from the last commit; lint.sh fix: formats all.
# It calls the linters that .build/setup.sh lint installs, with CARGO_TARGET_DIR as the Makefile sets it.
set -eu
cd "$(dirname "$0")/.."
. .build/lib.sh

cargo() { .build/cargo.sh "$@"; }

# crates COMMAND: calls `COMMAND FOLDER OPTION-OF-CLIPPY...` for each crate. Those that contain wasmtime are checked as they
# are built, in release, so cargo compiles it once.
crates() {
  "$1" .build/shell --all-targets
  "$1" guest/rust --all-targets --features std-file,exit-code
  "$1" guest/rust --all-targets --features p3,std-file
  "$1" guest/rust --all-targets --no-default-features --features p3
  "$1" guest/rust/examples/geo --all-targets
  "$1" guest/polyfill --all-targets
  if has_target wasm32-unknown-unknown; then
    "$1" guest/polyfill --features fused --target wasm32-unknown-unknown
  else
    echo 'SKIPPED the polyfill for fusing: rustc has no target wasm32-unknown-unknown'
  fi
  "$1" guest/polyfill/plug --release --all-targets
  "$1" host/wasmtime --release --all-targets --features cli
  "$1" host/wasmtime --release --all-targets --no-default-features --features cli,tracing
  "$1" tests/tools/guests --lib --bins --examples
  "$1" tests/tools/guests --examples --features p3
  "$1" tests/cli/guests/steps
  "$1" tests/model --all-targets
  "$1" tests/miri --all-targets
  "$1" tests/fuzz/polyfill
  "$1" tests/fuzz/plug
  "$1" tests/bench/wasmtime --release
  "$1" tests/bench/serve
}

check_format() { cargo fmt --check --manifest-path "$1/Cargo.toml"; }
fix_format() { cargo fmt --manifest-path "$1/Cargo.toml"; }
clippy() {
  folder=$1
  shift
  cargo clippy -q --locked --manifest-path "$folder/Cargo.toml" "$@" -- -D warnings
}

# These two crates need sources of others; rustfmt does not.
# shellcheck disable=SC2086 # words
memmap2() { cargo fmt $1 --manifest-path tests/programs/rust/memmap2/native/Cargo.toml -- guest/rust/memmap2/src/lib.rs guest/rust/memmap2/src/*/lib.rs tests/programs/rust/memmap2/src/lib.rs tests/programs/rust/others/probes/src/bin/*.rs tests/programs/rust/others/wasi/*/src/*.rs; }

# changed PATTERN COMMAND...: calls the command with the changed files whose names match, if there are some.
changed() {
  pattern=$1
  shift
  git ls-files --modified --others --exclude-standard | grep -E "$pattern" | while read -r file; do
    [ ! -f "$file" ] || [ -L "$file" ] || printf '%s\n' "$file"
  done | xargs -r "$@"
}

case "${1:-}" in
changed)
  .build/generations.sh check
  node .build/release/manifests.mjs check
  changed '.' prettier --check --ignore-unknown --log-level warn
  changed '^(ts|tests|guest|\.build)/.*\.m?[jt]s$' oxlint --deny-warnings
  changed '\.(cpp|h|c)$' clang-format --dry-run -Werror
  changed '\.rs$' rustfmt --check --edition 2021 --config skip_children=true
  changed '\.sh$' shellcheck -x
  changed '\.py$' ruff check -q
  changed '\.py$' ruff format -q --check
  ;;
fix)
  prettier --write --log-level warn .
  git ls-files '*.cpp' '*.h' '*.c' | xargs clang-format -i
  crates fix_format
  memmap2 ''
  ruff format -q .
  ;;
'')
  set -x
  .build/generations.sh check
  node .build/release/manifests.mjs check
  tsc -p guest/js/examples
  tsc -p tests/contract/guests
  oxlint --type-aware --deny-warnings ts tests guest .build
  prettier --check --log-level warn .
  git ls-files '*.cpp' '*.h' '*.c' | xargs clang-format --dry-run -Werror
  git ls-files 'host/*.cpp' ':!host/*/windows/*' ':!host/*/darwin/*' | xargs clang-tidy --quiet -p build/cmake/addon
  crates check_format
  memmap2 --check
  crates clippy
  git ls-files '*.sh' | xargs shellcheck -x .ci/run
  ruff check -q .
  ruff format -q --check .
  publint --strict --pack npm
  .ci/dependencies.sh
  ;;
*) echo "lint.sh: unknown: $1" >&2; exit 2 ;;
esac
