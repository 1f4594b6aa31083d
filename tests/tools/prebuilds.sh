#!/bin/sh
# Builds the addon into prebuilds/: for every platform with zig (`prebuilds.sh all`), or, where there is none yet, takes
# the one that was built for this machine (`prebuilds.sh here`). What was made from the same sources stays.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
# The oldest C library that the addons for Linux need, of 2018: Debian 10, RHEL 8, Ubuntu 20.04.
glibc=2.28

say() { printf '%s\n' "prebuilds: $*"; }
fail() { say "$*" >&2; exit 1; }

# compile PLATFORM ZIG-TARGET CMAKE-SYSTEM PROCESSOR SOURCES: to build/cmake/PLATFORM/addon, or to addon/ beside the sources.
compile() {
  tree="$root/build/cmake/$1"
  [ "$5" = "$root" ] || tree="$5/build"
  log="$root/build/prebuild-$1.log"
  rm -rf "$tree/CMakeCache.txt" "$tree/CMakeFiles" # The compiler may be another one than last time.
  # CXXFLAGS: also for what CMake compiles to know the compiler, or zig makes its C++ library another time for that.
  {
    # Windows: CMake asks for a compiler of resources, and there are none.
    CXXFLAGS='-O3 -s' CXX="$root/tests/tools/zig.sh c++ -target $2" cmake -S "$5/host" -B "$tree" -DBUILD_CHECKS=OFF -DCMAKE_RC_COMPILER=false \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME="$3" -DCMAKE_SYSTEM_PROCESSOR="$4" -DADDON_DIRECTORY="$tree/addon" &&
      cmake --build "$tree" -j2
  } >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
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

# What the addons depend on.
sum_of_sources() {
  find host/CMakeLists.txt host/core host/node -type f | LC_ALL=C sort | xargs cat tests/tools/prebuilds.sh package-lock.json | cksum
}

is_current() { [ -d prebuilds ] && [ "$(cat build/prebuilds.sources 2>/dev/null)" = "$1" ]; }

case "$1" in
all)
  sum=$(sum_of_sources)
  if ! is_current "$sum"; then
    rm -rf prebuilds build/prebuilds.sources
    build linux-x64 "x86_64-linux-gnu.$glibc" Linux x86_64
    build linux-arm64 "aarch64-linux-gnu.$glibc" Linux aarch64
    build win32-x64 x86_64-windows-gnu Windows AMD64
    build win32-arm64 aarch64-windows-gnu Windows ARM64
    printf '%s' "$sum" >build/prebuilds.sources
  fi
  for file in prebuilds/*/*.node; do report "$file"; done
  ;;
here)
  is_current "$(sum_of_sources)" && exit
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
