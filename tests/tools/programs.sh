#!/bin/sh
# Builds LMDB, SQLite and libmaxminddb, with the programs that test them, for this machine (build/programs/NAME) and as
# components with guest/c's <sys/mman.h> (build/programs/NAME.wasm). Their sources come from the packages of crates.io
# and PyPI that tests/programs pins by checksum, and stay unmodified. Sources and objects are kept in the cache.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
cache="$cache/programs"
adapters=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1
here=tests/programs/c
output=build/programs
wit=build/guests/wit

say() { printf '%s\n' "programs: $*"; }

is_current "$output/sources" tests/tools/programs.sh package-lock.json wit guest/wit guest/c "$here" && exit
say 'building LMDB, SQLite and libmaxminddb, natively and as components (two minutes the first time)'
mkdir -p "$output" "$cache/objects"

# The sources. Both clients compare them with the checksums that are pinned here.
vendored programs/crates "$cache/crates" $here/sources
packages="$cache/packages-$(sum_of $here/requirements.txt | tr ' ' -)"
if [ ! -d "$packages" ]; then
  rm -rf "$packages.new"
  quietly programs/packages build/venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation --require-hashes -r $here/requirements.txt -d "$packages.new"
  for package in "$packages.new"/*.tar.gz; do tar -xzf "$package" -C "$packages.new"; done
  mv "$packages.new" "$packages"
fi
lmdb=$(echo "$crates"/lmdb-master-sys-*/lmdb/libraries/liblmdb)
sqlite=$(echo "$crates"/libsqlite3-sys-*/sqlite3)
maxminddb=$(echo "$packages"/maxminddb-*/extension/libmaxminddb)
version=$(sed -n 's/^AC_INIT(\[libmaxminddb\], \[\(.*\)\], .*/\1/p' "$maxminddb/configure.ac")

# Programs and components are made by one compiler in one way, so that their times compare where they run. It is the one
# that was fastest for both: loops that end in the middle are unrolled, which Cranelift leaves to who compiles.
optimize='-O2 -mllvm -unroll-count=4 -mllvm -unroll-runtime-multi-exit=true'
# shellcheck disable=SC2086 # a list
wasi_cc() { .build/zig.sh cc -target wasm32-wasi $optimize -s -Iguest/c "$@"; }
# shellcheck disable=SC2086 # a list
native_cc() { .build/zig.sh cc $optimize "$@"; }
emulated='-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS'
libraries='-lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks'

# object NAME SOURCE FLAGS...: an object for each target, whose path is the variable `object`. The cache has those of
# libraries, which take long and change with their version.
object() {
  target=$1 name=$2 source=$3
  shift 3
  object="$cache/objects/$name-$target-$(printf '%s' "$source $optimize $*" | cat - .build/zig.sh .build/pins/zig.txt guest/c/sys/mman.h $here/*.h $here/wasi/*.h | cksum | cut -d' ' -f1).o"
  [ -e "$object" ] && return
  case $target in
  wasi) quietly "programs/$name-wasi" wasi_cc -w "$@" -c "$source" -o "$object.new.o" ;;
  native) quietly "programs/$name-native" native_cc -w "$@" -c "$source" -o "$object.new.o" ;;
  esac
  mv "$object.new.o" "$object"
}

# program NAME SOURCES... -- FLAGS...: a program for this machine, and a component. Objects of libraries are in
# `wasi_objects` and `native_objects`.
program() {
  name=$1 sources=''
  shift
  while [ "$1" != -- ]; do
    sources="$sources $1"
    shift
  done
  shift
  # shellcheck disable=SC2086 # lists
  {
    quietly "programs/$name-native" native_cc $strict "$@" $native_flags $sources $native_objects -lm -lpthread -o "$output/$name"
    quietly "programs/$name-wasi" wasi_cc $strict "$@" $wasi_flags $emulated $sources $wasi_objects "$mman" $libraries -o "$output/$name.core.wasm"
  }
  component "$name" "$wit" "${world:-imports-spans}" command
}

# p3_program NAME SOURCE: NAME-0.3.wasm, the component as a command of WASI 0.3.
p3_program() {
  # shellcheck disable=SC2086 # lists
  quietly "programs/$1-0.3" wasi_cc $strict -mexec-model=reactor $emulated "$2" $output/mman-0.3.o guest/c/run.c $libraries -o "$output/$1-0.3.core.wasm"
  component "$1-0.3" "$wit-0.3" command-adapted-spans reactor
}

# component NAME WIT WORLD ADAPTER: makes a component of a core module.
component() {
  build/venv/bin/wasm-tools component embed "$2" --world "$3" "$output/$1.core.wasm" -o "$output/$1.typed.wasm"
  build/venv/bin/wasm-tools component new "$output/$1.typed.wasm" --adapt "wasi_snapshot_preview1=$adapters.$4.wasm" -o "$output/$1.wasm"
  rm "$output/$1.core.wasm" "$output/$1.typed.wasm"
}

build_mman() {
  mman=$output/mman.o
  quietly programs/mman wasi_cc -Wall -Wextra -Wno-sign-compare -c guest/c/mman.c -o "$mman"
  quietly programs/mman wasi_cc -Wall -Wextra -Wno-sign-compare -DWASI_MMAN_NO_SPANS -c guest/c/mman.c -o $output/mman-copies.o
  quietly programs/mman wasi_cc -Wall -Wextra -Wno-sign-compare -DWMMAP_P3 -c guest/c/mman.c -o $output/mman-0.3.o
}

# What <sys/mman.h> answers, also without spans where there could be some.
build_posix() {
  wasi_objects='' native_objects='' wasi_flags='' native_flags='' strict='-Wall -Wextra -Wno-sign-compare'
  program posix $here/posix.c --
  program linux $here/linux.c --
  for name in growing high large random; do program $name $here/$name.c --; done
  for name in posix linux random; do p3_program $name $here/$name.c; done
  wasi_flags=-msimd128 # The benchmark sums as fast as it can; runtimes have had SIMD since 2021.
  program access $here/access.c --
  wasi_flags=
  (
    mman=$output/mman-copies.o world=imports
    program posix-copies $here/posix.c --
    program linux-copies $here/linux.c --
  )
}

build_lmdb() {
  wasi_objects='' native_objects='' wasi_flags='' native_flags=''
  for part in mdb midl; do
    # WASI has no O_DSYNC descriptors that can be written at an offset; LMDB then syncs by itself.
    # shellcheck disable=SC2086 # a list
    object wasi lmdb-$part "$lmdb/$part.c" $emulated -include $here/wasi/lmdb_system.h -DMDB_DSYNC=0
    wasi_objects="$wasi_objects $object"
    object native lmdb-$part "$lmdb/$part.c" -include $here/native.h
    native_objects="$native_objects $object"
  done
  strict='-Wall -Wextra -Wno-sign-compare'
  program lmdb $here/lmdb.c -- -I"$lmdb"
  strict=-w
  for test in mtest mtest2 mtest3 mtest4 mtest5; do program lmdb-$test "$lmdb/$test.c" -- -I"$lmdb" -include $here/mtest.h; done
}

build_sqlite() {
  wasi_flags='' native_flags=''
  options='-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_TEMP_STORE=3 -DSQLITE_MAX_MMAP_SIZE=0x7fff0000'
  # shellcheck disable=SC2086 # lists
  {
    (object native sqlite "$sqlite/sqlite3.c" $options) &
    native=$!
    object wasi sqlite "$sqlite/sqlite3.c" $options $emulated -include $here/wasi/sqlite_system.h
    wasi_objects=$object
    wait "$native"
    object native sqlite "$sqlite/sqlite3.c" $options
    native_objects=$object
  }
  strict='-Wall -Wextra -Wno-sign-compare'
  program sqlite $here/sqlite.c -- -I"$sqlite"
}

build_maxminddb() {
  wasi_objects='' native_objects='' strict=-w
  wasi_flags=-I$here/wasi native_flags=''
  # shellcheck disable=SC2089 # The quotes are for the compiler.
  flags="-D_GNU_SOURCE -DHAVE_OPEN_MEMSTREAM -DPACKAGE_VERSION=\"$version\" -I$here -I$maxminddb/include -I$maxminddb/src -I$maxminddb/t"
  for part in src/maxminddb src/data-pool t/maxminddb_test_helper; do
    # shellcheck disable=SC2086,SC2090 # lists
    {
      object wasi "$(basename $part)" "$maxminddb/$part.c" $flags $wasi_flags
      wasi_objects="$wasi_objects $object"
      object native "$(basename $part)" "$maxminddb/$part.c" $flags
      native_objects="$native_objects $object"
    }
  done
  for test in "$maxminddb"/t/*?t.c; do
    name=$(basename "$test" .c)
    case $name in
    threads_t | bad_epoch_t) continue ;; # They start threads and processes, which WASI does not have.
    esac
    # shellcheck disable=SC2086,SC2090 # a list
    program "maxminddb-$name" "$test" -- $flags
  done
  rm -rf $output/maxmind-db
  mkdir $output/maxmind-db
  cp -r "$packages"/maxminddb-*/tests/data/test-data "$packages"/maxminddb-*/tests/data/bad-data $output/maxmind-db
}

build_mman
build_posix
(build_lmdb && build_sqlite) &
others=$!
build_maxminddb
wait "$others" # Not $!: quietly has jobs of its own.
built
