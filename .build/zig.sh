#!/bin/sh
# zig, the compiler for other platforms: zig.sh ARGUMENT... `setup.sh prebuilds` installs it, once for all clones, since
# the folder of its library is part of what it knows its C++ library by, and it makes that anew for every folder.
set -eu
version=$(sed -n 's/^ziglang==\([^ ]*\).*/\1/p' "$(dirname "$0")/pins/zig.txt")
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"
zig="$cache/ziglang-$version/ziglang/zig"
[ -x "$zig" ] || { printf '%s\n' "zig.sh: there is no $zig: .build/setup.sh prebuilds" >&2; exit 1; }
export ZIG_GLOBAL_CACHE_DIR="${ZIG_GLOBAL_CACHE_DIR:-$cache/zig}"
exec "$zig" "$@"
