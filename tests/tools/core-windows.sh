#!/bin/sh
# Builds the tests of the core for Windows, build/cmake/windows/core_tests.exe, which tests/tools/wine.sh runs:
# core-windows.sh [COMPILER]. The compiler is zig (tests/tools/setup.sh prebuilds) or another one that makes
# programs for Windows, such as x86_64-w64-mingw32-g++-posix. GoogleTest comes as sources with Debian's libgtest-dev.
# Built as the addon is, so that zig need not make the library of C++ another time.
set -eu
cd "$(dirname "$0")/../.."
log=build/cmake-windows.log
rm -rf build/cmake/windows/CMakeCache.txt build/cmake/windows/CMakeFiles # The compiler may be another one than last time.
{
  CXXFLAGS='-O3 -s' CXX="${1:-$PWD/tests/tools/zig.sh c++ -target x86_64-windows-gnu}" cmake -S host -B build/cmake/windows \
    -DBUILD_ADDON=OFF -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=x86_64 -DCMAKE_RC_COMPILER=false &&
    cmake --build build/cmake/windows -j2
} >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
