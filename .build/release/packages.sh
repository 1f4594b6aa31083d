#!/bin/sh
# Makes each package as its registry takes it, in build/packages, of what is built: packages.sh [PART]..., of
# npm|crates|memmap2|python|wit|polyfill|commands|lists. Two runs of the same commit give the same bytes.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
root=$PWD

fail() { printf '%s\n' "packages.sh: $*" >&2; exit 1; }

version=$(node -p 'require("./package.json").version')
to=$root/build/packages
tools=$root/build/venv/bin
zig=$cache/ziglang-$(sed -n 's/^ziglang==\([^ ]*\).*/\1/p' .build/pins/zig.txt)
# The time of the commit is that of every file in an archive.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# fresh FOLDER: empties a folder of build/packages, and goes to it as `$folder`.
fresh() {
  folder=$to/$1
  rm -rf "$folder"
  mkdir -p "$folder"
}

# scratch: an empty folder that ends with this run.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# tar_of FILE FOLDER: packs the entries of a folder, the same bytes at every time.
tar_of() {
  (cd "$2" && find . -mindepth 1 -maxdepth 1 -printf '%P\n' | LC_ALL=C sort |
    tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r-w,a+X --mtime="@$SOURCE_DATE_EPOCH" -cf - -T -) | gzip -9 -n >"$1"
}

# The addon for every platform: `make packages` has built them.
npm() {
  fresh npm
  for platform in darwin-arm64 darwin-x64 linux-arm64 linux-x64 win32-arm64 win32-x64; do
    [ -d "prebuilds/$platform" ] || fail "there is no addon for $platform: make prebuilds"
  done
  ts/pack.sh "$folder" >/dev/null
}

# Cargo takes the files behind the links. Crates are compiled from what is packed by `make packages-test`.
crates() {
  fresh cargo
  for crate in guest/rust host/wasmtime; do
    # What lies in dist and node_modules is in no commit.
    quietly packages-crate .build/cargo.sh package --quiet --locked --no-verify --allow-dirty --target-dir "$scratch/cargo" --manifest-path "$crate/Cargo.toml"
  done
  cp "$scratch"/cargo/package/*.crate "$folder/"
}

# The crates that stand in for memmap2, whose name is another's on crates.io: a folder to name in [patch.crates-io].
memmap2() {
  fresh memmap2
  name=wasi-mmap-memmap2-$version
  mkdir "$scratch/memmap2"
  cp -r guest/rust/memmap2 "$scratch/memmap2/$name"
  cp LICENSE "$scratch/memmap2/$name/"
  # From here on the library comes from crates.io.
  find "$scratch/memmap2" -name Cargo.toml -exec sed -i 's/^\(wasi-mmap = {.*\) path = "[./]*",/\1/' {} +
  # The older lines are compiled from files of the library.
  cp -r guest/rust/src/memmap2 "$scratch/memmap2/$name/src/"
  find "$scratch/memmap2/$name/src" -name lib.rs -exec sed -i 's|"../../../src/memmap2/|"../memmap2/|' {} +
  ! grep -rn 'path = "\.\.[/"]*\.\.*"' "$scratch/memmap2" --include=Cargo.toml || fail 'a path leads out of the folder'
  tar_of "$folder/$name.tar.gz" "$scratch/memmap2"
}

# python_package FOLDER [NAME=VALUE]...: a source distribution, and a wheel of that.
python_package() {
  source=$1
  shift
  rm -rf "$scratch/sdist"
  mkdir "$scratch/sdist"
  (cd "$source" && quietly_python sdist "$tools/python" -c "from setuptools import build_meta; build_meta.build_sdist('$scratch/sdist')")
  mkdir "$scratch/sdist/tree"
  tar -xzf "$scratch"/sdist/*.tar.gz -C "$scratch/sdist/tree"
  sdist=$(basename "$scratch"/sdist/*.tar.gz)
  tar_of "$folder/$sdist" "$scratch/sdist/tree"
  # In a folder with the same name each time, for names can get into what is compiled.
  (cd "$scratch/sdist/tree/${sdist%.tar.gz}" && quietly_python wheel env "$@" "$tools/python" -m pip wheel --quiet --no-build-isolation --no-deps -w "$folder" .)
  rm -rf "$source"/*.egg-info
}
quietly_python() {
  log="$root/build/packages-$1.log"
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}

python() {
  fresh python
  python_package guest/python "PYTHONPATH=$zig" "ZIG_GLOBAL_CACHE_DIR=$cache/zig"
  # The oldest C library that the wheels need is that of the addon.
  for machine in x86_64 aarch64; do
    python_package host/python "WASI_MMAP_PLATFORM=manylinux_2_28_$machine" "CXX=$root/.build/zig.sh c++ -target $machine-linux-gnu.2.28"
  done
}

# oci NAME FILE WASI: an image layout with a component, as registries of components hold it
# (https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/), in a tar.
oci() {
  if [ ! -x "$oras" ]; then
    [ -z "${CI:-}" ] || fail "there is no $oras: .build/setup.sh packages"
    echo "SKIPPED the image of $1: there is no oras"
    return
  fi
  layout=$scratch/oci-$1
  rm -rf "$layout" "$scratch/config.json"
  created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
  node .build/release/oci-config.mjs "$2" "$3" "$created" >"$scratch/config.json"
  (cd "$(dirname "$2")" && "$oras" push --no-tty --oci-layout "$layout:$version" --disable-path-validation \
    --config "$scratch/config.json:application/vnd.wasm.config.v0+json" --annotation "org.opencontainers.image.created=$created" \
    --annotation org.opencontainers.image.licenses='Apache-2.0 WITH LLVM-exception' "$(basename "$2"):application/wasm") >build/packages-oci.log
  rm -rf "$layout/ingest"
  tar_of "$folder/$1.oci.tar.gz" "$layout"
}

# The contract in its binary form, for `wkg publish` and `wasm-tools`, and as images of a registry.
wit() {
  fresh wit
  for source in wit wit/0.3; do
    contract=$(sed -n 's/^package wasi-mmap:mmap@\(.*\);/\1/p' "$source/mmap.wit")
    file=$folder/wasi-mmap-mmap-$contract.wasm
    "$tools/wasm-tools" component wit "$source" --wasm -o "$file"
    oci "wasi-mmap-mmap-$contract" "$file" "wasip${contract%.*}"
  done
}

polyfill() {
  fresh polyfill
  cp dist/polyfill/polyfill.wasm "$folder/wasi-mmap-polyfill-$version.wasm"
  oci "wasi-mmap-polyfill-$version" "$folder/wasi-mmap-polyfill-$version.wasm" wasip0.2
}

# The command for wasmtime, for each system on which it is tested.
commands() {
  fresh commands
  node .build/release/licences.mjs "$scratch/licences" "$zig/ziglang"
  for platform in linux-x64 linux-x64-musl windows-x64; do
    built=$(find "build/wasmtime/$platform" -name 'wasi-mmap*' 2>/dev/null || true)
    if [ -z "$built" ]; then
      [ -z "${CI:-}" ] || fail "there is no command for $platform: make packages"
      echo "SKIPPED the command for $platform: it is not built"
      continue
    fi
    name=wasi-mmap-$version-$platform
    mkdir -p "$scratch/commands/$name"
    cp "$built" LICENSE "$scratch/commands/$name/"
    cp host/wasmtime/README.md "$scratch/commands/$name/"
    cp "$scratch/licences" "$scratch/commands/$name/LICENSES-OF-OTHERS"
    # Completions, and the manual page.
    cp -r dist/shell "$scratch/commands/$name/"
    rm "$scratch/commands/$name/shell/help.txt"
    tar_of "$folder/$name.tar.gz" "$scratch/commands"
    rm -rf "$scratch/commands"
  done
}

# What is in the packages, and their checksums.
lists() {
  node .build/release/sbom.mjs "$to/wasi-mmap-$version.cdx.json"
  rm -f "$to/SHA256SUMS"
  (cd "$to" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum) >"$scratch/sums"
  mv "$scratch/sums" "$to/SHA256SUMS"
}

[ $# -gt 0 ] || set -- npm crates memmap2 python wit polyfill commands lists
for part in "$@"; do
  case $part in
  npm | crates | memmap2 | python | wit | polyfill | commands | lists) "$part" ;;
  *) fail "unknown: $part" ;;
  esac
done
(cd "$to" && find . -type f -printf '%s %P\n' | LC_ALL=C sort -k 2 | awk '{ printf "packages: %s, %d KiB\n", $2, ($1 + 1023) / 1024 }')
