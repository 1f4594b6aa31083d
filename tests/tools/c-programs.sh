#!/bin/sh
# Builds published programs in C, unmodified, for this machine (build/published/NAME) and as components with guest/c's
# <sys/mman.h> (build/published/NAME.wasm): c-programs.sh [tinycdb] [gdbm] [zstd] [file]. Their sources are Debian's, pinned
# in .build/pins/c-programs.sha256. Sources and libraries are kept in the cache.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
adapter=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm
here=tests/programs/c/published
output=$PWD/build/published
pins=.build/pins/c-programs.sha256
emulated='-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS'
libraries='-lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks'

# The sources. tinycdb is of bookworm, whose package is native; --mmap-dict is newer than zstd of bookworm.
sources="$cache/c-programs-$(sum_of $pins | tr ' ' -)"
if [ ! -d "$sources" ]; then
  if ! command -v apt-get >/dev/null; then
    echo 'SKIPPED published programs in C: apt-get fetches their sources, and this machine has none'
    exit
  fi
  rm -rf "$sources.new"
  mkdir -p "$sources.new"
  quietly published/sources .build/debian-sources.sh "$sources.new" tinycdb/bookworm gdbm/trixie libzstd/trixie file/trixie
  all=$PWD/$pins
  (
    cd "$sources.new"
    sha256sum --quiet -c "$all"
    for archive in *.tar.?z; do
      grep -q " $archive\$" "$all" || continue
      tar -xf "$archive"
    done
    rm -f ./*.tar.* ./*.dsc
  )
  mv "$sources.new" "$sources"
fi
tinycdb="$sources/tinycdb-0.78"
gdbm="$sources/gdbm-1.24"
zstd="$sources/zstd-1.5.7"
magic="$sources/file-5.46"

# compile TARGET ARGUMENTS...; `native_flags` are for this machine alone.
compile() {
  target=$1
  shift
  # shellcheck disable=SC2086 # lists
  case $target in
  wasi) .build/zig.sh cc -target wasm32-wasi -O2 -w $emulated -Iguest/c -include $here/wasi.h "$@" ;;
  native) .build/zig.sh cc -O2 -w $native_flags "$@" ;;
  esac
}

# library TARGET NAME FLAGS... -- SOURCES...: the variable `library` is its path in the cache.
library() {
  target=$1 library_of=$2
  shift 2
  library="$cache/published/$library_of-$target-$(printf '%s' "$*" | cat - "$0" .build/zig.sh .build/pins/zig.txt guest/c/sys/mman.h "$here"/*.h "$here"/*/*.h | cksum | cut -d' ' -f1).a"
  [ -e "$library" ] && return
  draft="$library.$$"
  mkdir -p "$draft"
  flags=''
  while [ "$1" != -- ]; do
    flags="$flags $1"
    shift
  done
  shift
  for source in "$@"; do
    # shellcheck disable=SC2086 # a list
    compile "$target" $flags -c "$source" -o "$draft/$(basename "$(dirname "$source")")-$(basename "$source" .c).o"
  done
  .build/zig.sh ar rcs "$draft.new" "$draft"/*.o
  mv "$draft.new" "$library"
  rm -r "$draft"
}

# program NAME SOURCE FLAGS...: with the libraries `native_library` and `wasi_library`.
program() {
  name=$1 source=$2
  shift 2
  quietly "published/$name-native" compile native "$@" "$source" "$native_library" -lm -o "$output/$name"
  # shellcheck disable=SC2086 # a list
  quietly "published/$name-wasi" compile wasi -s "$@" "$source" "$wasi_library" "$output/mman.o" $libraries -o "$output/$name.core.wasm"
  build/venv/bin/wasm-tools component embed build/guests/wit --world imports-spans "$output/$name.core.wasm" -o "$output/$name.typed.wasm"
  build/venv/bin/wasm-tools component new "$output/$name.typed.wasm" --adapt "wasi_snapshot_preview1=$adapter" -o "$output/$name.wasm"
  rm "$output/$name.core.wasm" "$output/$name.typed.wasm"
}

# both NAME FLAGS... -- SOURCES...: the library for this machine and for WASI.
both() {
  quietly "published/$1" library native "$@"
  native_library=$library
  quietly "published/$1" library wasi "$@"
  wasi_library=$library
}

build_tinycdb() {
  both tinycdb -I"$tinycdb" -- "$tinycdb"/cdb_*.c
  program cdb "$tinycdb/cdb.c" -I"$tinycdb"
}

build_gdbm() {
  made="$output/include/gdbm"
  mkdir -p "$made"
  sed -e 's/@GDBM_COUNT_T@/unsigned long long/; s/@GDBM_VERSION_MAJOR@/1/; s/@GDBM_VERSION_MINOR@/24/' \
    -e 's/@GDBM_VERSION_PATCH@/0/; s/@GDBM_DEBUG_ENABLE@/0/' "$gdbm/src/gdbm.h.in" >"$made/gdbm.h"
  set -- -I$here/gdbm -I"$made" -I"$gdbm/src" -I"$gdbm/tools" '-DGDBM_RELEASE="1.24"' '-DLOCALEDIR=""'
  # shellcheck disable=SC2046 # a list
  both gdbm "$@" -- $(find "$gdbm/src" -name '*.c' -not -name debug.c | sort)
  for test in gtload gtdump gtfetch gtdel gtopt gtrecover num2word; do
    program $test "$gdbm/tests/$test.c" "$@"
  done
}

build_zstd() {
  set -- -DZSTD_DISABLE_ASM -DBACKTRACE_ENABLE=0 -I"$zstd/lib"
  # shellcheck disable=SC2046 # a list
  both zstd "$@" -- $(find "$zstd/lib/common" "$zstd/lib/compress" "$zstd/lib/decompress" "$zstd/lib/dictBuilder" "$zstd/programs" -name '*.c' -not -name zstdcli.c | sort)
  program zstd "$zstd/programs/zstdcli.c" "$@"
  rm -rf "$output/zstd-tests"
  cp -r "$zstd/tests" "$output/zstd-tests"
}

build_file() {
  # It sorts patterns, equal ones too, so with the qsort() of the library that WASI's comes from.
  native_flags="-target $(uname -m)-linux-musl"
  made="$output/include/file"
  mkdir -p "$made"
  sed 's/X.YY/546/' "$magic/src/magic.h.in" >"$made/magic.h"
  set -- -DHAVE_CONFIG_H -D_GNU_SOURCE '-DFILE_VERSION="5.46"' -I$here/file -I"$made" -I"$magic/src"
  parts='buffer magic apprentice softmagic ascmagic encoding compress is_csv is_json is_simh is_tar readelf print fsmagic funcs der cdf cdf_time readcdf fmtcheck strlcpy strlcat'
  # shellcheck disable=SC2046,SC2086 # lists
  both file "$@" -- $(printf "$magic/src/%s.c\n" $parts)
  program file "$magic/src/file.c" "$@"
  rm -rf "$output/file-tests"
  mkdir "$output/file-tests"
  cp -r "$magic/tests" "$magic/magic/Magdir" "$output/file-tests/"
}

[ $# -gt 0 ] || set -- tinycdb gdbm zstd file
for part in "$@"; do
  is_current "$output/$part.sources" tests/tools/c-programs.sh $pins package-lock.json wit guest/wit guest/c $here && continue
  printf '%s\n' "programs: building $part, natively and as a component"
  mkdir -p "$output" "$cache/published"
  quietly published/mman compile wasi -c guest/c/mman.c -o "$output/mman.o"
  native_flags=
  "build_$part"
  built
done
