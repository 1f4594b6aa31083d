#!/bin/sh
# Builds the core as a shared library for this machine, build/python-host/libwasi_mmap_core.so. Nothing is done when the sources
# did not change.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

[ "$(uname -s)" = Linux ] || exit 0 # Descriptors are found in /proc.
library=build/python-host/libwasi_mmap_core.so
is_current build/python-host.sources host/CMakeLists.txt host/core host/python package-lock.json && [ -e $library ] && exit
echo 'building the core for hosts in Python'
cmake_build python-host host -DCMAKE_BUILD_TYPE=Release -DBUILD_ADDON=OFF -DBUILD_LIBRARY=ON
built
