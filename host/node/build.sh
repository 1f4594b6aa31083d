#!/bin/sh
# Builds the addon for this machine into build/addon. Nothing is done when the sources did not change.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

folder="build/addon/$(addon_folder)"
is_current build/addon.sources host/CMakeLists.txt host/core host/node package-lock.json && [ -e "$folder/wasi_mmap.node" ] && exit
echo 'building the addon'
cmake_build addon host -DCMAKE_BUILD_TYPE=Release -DADDON_DIRECTORY="$PWD/$folder"
built
