#!/bin/sh
# Builds the addon into prebuilds/: for every platform with zig (`prebuilds.sh all`), or, where there is none yet, takes
# the one that was built for this machine (`prebuilds.sh here`). What was made from the same sources stays.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
root=$PWD
# The oldest C library that the addons for Linux need, of 2018: Debian 10, RHEL 8, Ubuntu 20.04.
glibc=2.28

say() { printf '%s\n' "prebuilds: $*"; }
fail() { say "$*" >&2; exit 1; }

# compile PLATFORM ZIG-TARGET CMAKE-SYSTEM PROCESSOR SOURCES: to build/cmake/PLATFORM/addon, or to addon/ beside the sources.
compile() {
  tree="$root/build/cmake/$1"
  [ "$5" = "$root" ] || tree="$5/build"
  rm -rf "$tree/CMakeCache.txt" "$tree/CMakeFiles" # The compiler may be another one than last time.
  # CXXFLAGS apply to CMake's own tests of the compiler too; without them zig would build a second C++ library for those.
  # CMake wants a compiler of resources for Windows, though there are no resources.
  quietly "prebuild-$1" env CXXFLAGS='-O3 -s' CXX="$root/.build/zig.sh c++ -target $2" cmake -S "$5/host" -B "$tree" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME="$3" -DCMAKE_SYSTEM_PROCESSOR="$4" -DCMAKE_RC_COMPILER=false -DADDON_DIRECTORY="$tree/addon"
  quietly "prebuild-$1" cmake --build "$tree" -j2
}

# The newest version of glibc whose symbols the addon needs.
needed_glibc() {
  readelf --version-info --wide "$1" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -Vu | tail -n 1
}

# build PLATFORM ZIG-TARGET CMAKE-SYSTEM PROCESSOR: twice, the second time elsewhere, which is to give the same bytes.
build() {
  say "building for $1 (some minutes the first time)"
  compile "$@" "$root"
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  ln -s "$root/node_modules" "$copy/node_modules"
  cp -r host "$copy/host"
  compile "$@" "$copy"
  cmp "build/cmake/$1/addon/wasi_mmap.node" "$copy/build/addon/wasi_mmap.node" || fail "two builds for $1 differ"
  rm -rf "$copy"
  suffix=
  [ "$3" = Linux ] && suffix=.glibc
  mkdir -p "prebuilds/$1"
  cp "build/cmake/$1/addon/wasi_mmap.node" "prebuilds/$1/wasi-mmap$suffix.node"
}

report() {
  needs=
  case $1 in
  *.glibc.node)
    version=$(needed_glibc "$1")
    [ "$(printf '%s\n' "$version" "$glibc" | sort -V | tail -n 1)" = "$glibc" ] || fail "$1 needs glibc $version, newer than $glibc"
    needs=", needs glibc $version"
    ;;
  esac
  say "$1: $(($(wc -c <"$1") / 1024)) KiB$needs, sha256 $(sha256sum "$1" | cut -d' ' -f1)"
}

prebuilds_are_current() {
  is_current build/prebuilds.sources host/CMakeLists.txt host/core host/node package-lock.json && [ -d prebuilds ]
}

case "$1" in
all)
  if ! prebuilds_are_current; then
    rm -rf prebuilds build/prebuilds.sources
    build linux-x64 "x86_64-linux-gnu.$glibc" Linux x86_64
    build linux-arm64 "aarch64-linux-gnu.$glibc" Linux aarch64
    # The oldest macOS of Node 20.
    build darwin-x64 x86_64-macos.10.15 Darwin x86_64
    build darwin-arm64 aarch64-macos.11.0 Darwin arm64
    build win32-x64 x86_64-windows-gnu Windows AMD64
    build win32-arm64 aarch64-windows-gnu Windows ARM64
    built
  fi
  for file in prebuilds/*/*.node; do report "$file"; done
  ;;
here)
  prebuilds_are_current && exit
  [ ! -e build/prebuilds.sources ] || say 'prebuilds/ is older than the sources and left out; "make prebuilds" makes it anew'
  platform=$(node -p 'process.platform + "-" + process.arch')
  suffix=
  case "$platform" in
  linux-*) if ldd --version 2>&1 | grep -q musl; then suffix=.musl; else suffix=.glibc; fi ;;
  esac
  rm -rf prebuilds build/prebuilds.sources
  mkdir -p "prebuilds/$platform"
  cp "build/addon/$platform/wasi_mmap.node" "prebuilds/$platform/wasi-mmap$suffix.node"
  ;;
*) fail "unknown: $1" ;;
esac
