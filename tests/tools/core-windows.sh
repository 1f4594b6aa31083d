#!/bin/sh
# Builds the tests of the core for Windows, build/cmake/windows/core_tests.exe, which tests/tools/wine.sh runs:
# core-windows.sh [COMPILER]. The compiler is zig (.build/setup.sh prebuilds) or another one that makes
# programs for Windows, such as x86_64-w64-mingw32-g++-posix. GoogleTest comes as sources with Debian's libgtest-dev.
# Built as the addon is, so that zig need not make the library of C++ another time.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
rm -rf build/cmake/windows/CMakeCache.txt build/cmake/windows/CMakeFiles # The compiler may be another one than last time.
export CXXFLAGS='-O3 -s'
export CXX="${1:-$PWD/.build/zig.sh c++ -target x86_64-windows-gnu}"
cmake_build windows tests/core \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=x86_64 -DCMAKE_RC_COMPILER=false
