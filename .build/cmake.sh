#!/bin/sh
# Builds with CMake in build/cmake/NAME, and shows the log only if that fails: cmake.sh NAME SOURCES [OPTION]...
set -eu
cd "$(dirname "$0")/.."
. .build/lib.sh
cmake_build "$@"
