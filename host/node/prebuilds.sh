#!/bin/sh
# Builds the addon into prebuilds/: for every platform with zig (`prebuilds.sh all`), or, where there is none yet, takes
# the one that was built for this machine (`prebuilds.sh here`). What was made from the same sources stays.
# `prebuilds.sh again` builds all of them a second time, elsewhere, which is to give the same bytes.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
root=$PWD
# The oldest C library that the addons for Linux need, of 2018: Debian 10, RHEL 8, Ubuntu 20.04.
glibc=2.28

say() { printf '%s\n' "prebuilds: $*"; }
fail() { say "$*" >&2; exit 1; }

# The addons: the folder in prebuilds/, the C library (- where the system has only one), the target of zig, and the system
# and processor as CMake names them. The versions of macOS are the oldest of Node 20.
addons() {
  cat <<EOF
linux-x64   glibc x86_64-linux-gnu.$glibc  Linux   x86_64
linux-x64   musl  x86_64-linux-musl      Linux   x86_64
linux-arm64 glibc aarch64-linux-gnu.$glibc Linux   aarch64
linux-arm64 musl  aarch64-linux-musl     Linux   aarch64
darwin-x64  -     x86_64-macos.10.15     Darwin  x86_64
darwin-arm64 -    aarch64-macos.11.0     Darwin  arm64
win32-x64   -     x86_64-windows-gnu     Windows AMD64
win32-arm64 -     aarch64-windows-gnu    Windows ARM64
EOF
}

# compile NAME ZIG-TARGET CMAKE-SYSTEM PROCESSOR SOURCES: to build/cmake/NAME/addon, or to addon/ beside the sources.
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

# name_of PLATFORM LIBC; file_of PLATFORM LIBC
name_of() { case $2 in - | glibc) echo "$1" ;; *) echo "$1-$2" ;; esac; }
file_of() { case $2 in -) echo "prebuilds/$1/wasi-mmap.node" ;; *) echo "prebuilds/$1/wasi-mmap.$2.node" ;; esac; }

# build PLATFORM LIBC ZIG-TARGET CMAKE-SYSTEM PROCESSOR
build() {
  name=$(name_of "$1" "$2") file=$(file_of "$1" "$2")
  say "building for $name (some minutes the first time)"
  shift 2
  compile "$name" "$@" "$root"
  mkdir -p "$(dirname "$file")"
  cp "build/cmake/$name/addon/wasi_mmap.node" "$file"
}

# build_again PLATFORM LIBC ZIG-TARGET CMAKE-SYSTEM PROCESSOR
build_again() {
  name=$(name_of "$1" "$2") file=$(file_of "$1" "$2")
  say "building for $name again"
  shift 2
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  ln -s "$root/node_modules" "$copy/node_modules"
  cp -r host "$copy/host"
  compile "$name" "$@" "$copy"
  cmp "$copy/build/addon/wasi_mmap.node" "$file" || fail "two builds for $name differ"
  rm -rf "$copy"
}

# each COMMAND: calls it with the words of every addon, as many at a time as there are processors, for zig keeps one busy.
each() { addons | xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 host/node/prebuilds.sh "$1"; }

report() { say "$1: $(($(wc -c <"$1") / 1024)) KiB, sha256 $(sha256sum "$1" | cut -d' ' -f1)"; }

prebuilds_are_current() {
  is_current build/prebuilds.sources host/CMakeLists.txt host/core host/node package-lock.json && [ -d prebuilds ]
}

case "$1" in
all)
  if ! prebuilds_are_current; then
    rm -rf prebuilds build/prebuilds.sources
    each build
    built
  fi
  for file in prebuilds/*/*.node; do report "$file"; done
  ;;
again)
  prebuilds_are_current || fail 'prebuilds/ is not of these sources: make prebuilds'
  each build_again
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
build | build_again) "$@" ;; # For `each`.
*) fail "unknown: $1" ;;
esac
