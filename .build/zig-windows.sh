#!/bin/sh
# Compiles and links for Windows as cargo asks for it: zig-windows.sh [cc|c++] ARGUMENT... A call without the word is
# rustc's, which links. ZIG_TARGET names the machine.
set -eu
driver=
case "${1:-}" in cc | c++) driver=$1 && shift ;; esac
for word in "$@"; do
  shift
  case $word in
  --target=*) continue ;; # As LLVM names it.
  -nolibc | --unwindlib=none | -lmingw32 | -lmingwex | -lmsvcrt | -Wl,-O1) continue ;; # zig has its own of each.
  -Wl,-Bstatic | -Wl,-Bdynamic) continue ;; # It would look for the import libraries of crates as DLL files only.
  esac
  set -- "$@" "$word"
done
# With these options zig takes the library of C++ that it has made for the addon.
[ -n "$driver" ] || set -- -O3 -s "$@"
exec "$(dirname "$0")/zig.sh" "${driver:-c++}" -target "$ZIG_TARGET" "$@"
