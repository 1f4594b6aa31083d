#!/bin/sh
# Builds the addon into prebuilds/: for every platform with zig (`prebuilds.sh all`), or, where there is none yet, takes
# the one that was built for this machine (`prebuilds.sh here`).
set -eu
cd "$(dirname "$0")/../.."

# build PLATFORM ZIG-TARGET PROCESSOR: the oldest C library that the addon will run with is part of zig's target.
build() {
  # CMake asks for a compiler of resources on Windows; there are none.
  case $1 in
  win32-*) system='Windows -DCMAKE_RC_COMPILER=false' name=wasi-mmap.node ;;
  *) system=Linux name=wasi-mmap.glibc.node ;;
  esac
  echo "building for $1 (some minutes the first time)"
  tree="build/cmake/$1"
  log="build/prebuild-$1.log"
  {
    # shellcheck disable=SC2086 # a name, and an option
    CXX="$PWD/build/venv/bin/python -m ziglang c++ -target $2" cmake -S host -B "$tree" -DBUILD_CHECKS=OFF \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=$system -DCMAKE_SYSTEM_PROCESSOR="$3" -DADDON_DIRECTORY="$PWD/$tree/addon" &&
      cmake --build "$tree" -j2
  } >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
  rm -rf "prebuilds/$1"
  mkdir -p "prebuilds/$1"
  cp "$tree/addon/wasi_mmap.node" "prebuilds/$1/$name"
}

case "$1" in
all)
  export ZIG_GLOBAL_CACHE_DIR="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap/zig"
  build linux-x64 x86_64-linux-gnu.2.28 x86_64
  build linux-arm64 aarch64-linux-gnu.2.28 aarch64
  build win32-x64 x86_64-windows-gnu x86_64
  build win32-arm64 aarch64-windows-gnu aarch64
  ls -l prebuilds/*/*
  ;;
here)
  platform=$(node -p 'process.platform + "-" + process.arch')
  if [ -n "$(find host -newer "prebuilds/$platform/wasi-mmap.glibc.node" -name '*.[ch]*' 2>/dev/null)" ]; then
    echo 'prebuilds/ is older than the sources and left out; "make prebuilds" makes it anew'
    rm -rf prebuilds
  fi
  if [ ! -e "prebuilds/$platform/wasi-mmap.glibc.node" ]; then
    mkdir -p "prebuilds/$platform"
    cp build/Release/wasi_mmap.node "prebuilds/$platform/wasi-mmap.node"
  fi
  ;;
esac
