#!/bin/sh
# Builds the tests of tests/programs/rust/memmap2 as components, build/crates/NAME.wasm, and the program that they are compared with,
# build/crates/mmdb. Sources of others come from crates.io and PyPI. What was made from the same sources stays.
# crates.sh programs FOLDER: builds only the components, from the sources that are there, into another folder.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
output=build/crates
folder=tests/programs/rust/memmap2

# programs FOLDER: a program, and tests, as components.
programs() {
  to=$1
  set -- --locked --release --manifest-path $folder/Cargo.toml --target wasm32-wasip2
  quietly crates/programs .build/cargo.sh build "$@" --bins
  cp "$CARGO_TARGET_DIR/wasm32-wasip2/release/mmdb.wasm" "$to/"
  quietly crates/tests .build/cargo.sh test "$@" --workspace --features maxminddb-tests/mmap --no-run --message-format json
  # shellcheck disable=SC2016 # JavaScript
  node -e 'for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line.startsWith("{"))) {
      const { executable, profile, package_id: id } = JSON.parse(line);
      const name = /memmap2-tests/.test(id) ? "memmap2" : "maxminddb";
      if (executable && profile.test) require("fs").copyFileSync(executable, `${process.argv[1]}/${name}.wasm`);
    }' "$to" <build/crates/tests.log
}

if [ "${1:-}" = programs ]; then
  programs "$2"
  exit
fi

export CARGO_TARGET_DIR="$cache/cargo"
mkdir -p "$output"

if ! has_target wasm32-wasip2; then
  rm -f "$output"/*.wasm "$output/sources"
  echo "crates: SKIPPED: files of Rust's standard library are mapped on wasm32-wasip2 only, which comes with rustup" >&2
  [ -z "${CI:-}" ]
  exit
fi

is_current "$output/sources" tests/tools/crates.sh wit guest/rust $folder && exit
echo 'building crates that use memmap2 (a minute the first time)'

# crate NAME VERSION: its published sources, as build/crates/NAME-VERSION.
quietly crates/fetch .build/cargo.sh fetch --locked --manifest-path $folder/native/Cargo.toml
crate() {
  rm -rf "$output/$1-$2"
  .build/cargo.sh metadata --format-version 1 --locked --offline --manifest-path $folder/native/Cargo.toml |
    node -e 'const [, name, version, to] = process.argv;
      const { packages } = JSON.parse(require("fs").readFileSync(0));
      const found = packages.find((one) => one.name === name && one.version === version && one.source.startsWith("registry+"));
      require("fs").cpSync(require("path").dirname(found.manifest_path), to, { recursive: true, preserveTimestamps: true });' "$1" "$2" "$output/$1-$2"
}
crate memmap2 0.9.12
crate maxminddb 0.32.0

# tests_of VERSION INDENT: its tests with those for Unix and Linux, but for what they ask /proc, which WASI lacks.
tests_of() {
  sed -e 's/cfg(unix)/cfg(all())/' -e "s/^$2#\[cfg(target_os = \"linux\")\]$/#[cfg(all())]/" -e 's/std::os::unix::io/std::os::fd/' >"$output/tests-$1.rs"
}
tests_of 0.9.12 '' <"$output/memmap2-0.9.12/test/map.rs"
# Before, they were in a module of the library itself.
for version in 0.5.10 0.6.2 0.7.1 0.8.0; do
  crate memmap2 $version
  sed -n '/^mod test {$/,/^}$/p' "$output/memmap2-$version/src/lib.rs" | sed -e '1d;$d' -e 's/crate::/super::/' -e 's/extern crate tempfile;/use crate as tempfile;/' | tests_of $version '    '
done

# interface NAME CRATE OPTION...: what rustdoc writes about a crate. On a stable compiler that needs leave.
interface() {
  name=$1 crate=$2
  shift 2
  RUSTDOC="$PWD/tests/tools/rustdoc.sh" quietly crates/interface .build/cargo.sh rustdoc --locked -p "$crate" "$@" -- -A rustdoc::all -Z unstable-options --output-format json
  mkdir -p "$output/interface"
  documentation=$CARGO_TARGET_DIR/doc
  case "$*" in *wasm32*) documentation=$CARGO_TARGET_DIR/wasm32-wasip2/doc ;; esac
  cp "$documentation/$(printf %s "${crate%@*}" | tr - _).json" "$output/interface/$name.json"
}
for version in 0.5.10 0.6.2 0.7.1 0.8.0 0.9.12; do
  interface memmap2-$version memmap2@$version --manifest-path $folder/native/Cargo.toml
  interface ours-$version memmap2@$version --manifest-path $folder/Cargo.toml --target wasm32-wasip2
done
interface wasi_mmap wasi-mmap --manifest-path $folder/Cargo.toml --target wasm32-wasip2

# The crate has its data in a repository that is not published with it; the package for Python has the same.
if [ ! -d "$output/test-data" ]; then
  quietly crates/data build/venv/bin/pip download --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation --require-hashes -r $folder/requirements.txt -d "$output"
  tar xzf "$output/maxminddb-3.2.0.tar.gz" -C "$output" --strip-components 2 maxminddb-3.2.0/tests/data
  mv "$output/data" "$output/test-data"
  rm "$output/maxminddb-3.2.0.tar.gz"
fi

programs "$output"
# As built where the place of memmap2 is not used: with its stub for systems without maps.
quietly crates/stub .build/cargo.sh build --locked --release --manifest-path $folder/native/Cargo.toml --target wasm32-wasip2
cp "$CARGO_TARGET_DIR/wasm32-wasip2/release/mmdb.wasm" "$output/mmdb-stub.wasm"
quietly crates/native .build/cargo.sh test --locked --release --manifest-path $folder/native/Cargo.toml
cp "$CARGO_TARGET_DIR/release/mmdb" "$output/"
built
