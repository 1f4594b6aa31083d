# Shared functions of the build scripts. A script reads this file at the top of the repository: `. .build/lib.sh`
# shellcheck shell=sh

# shellcheck disable=SC2034 # Scripts use it.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"

# The program that writes images of components, where `setup.sh oras` puts it.
oras_version=1.3.6
# shellcheck disable=SC2034 # Scripts use it.
oras="$cache/oras-$oras_version/oras"

exec 3>&2 # For the dots, when the output of a command goes to a file.

# moving COMMAND...: runs a command, and prints a dot every five seconds.
moving() {
  (while sleep 5 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf . >&3; done) &
  ticker=$!
  started=$(date +%s)
  code=0
  "$@" 3>&- || code=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  [ $(($(date +%s) - started)) -lt 5 ] || echo >&3
  return $code
}

# quietly NAME COMMAND...: runs a command and writes its output to build/NAME.log; shows the end of it if the command fails.
quietly() {
  log="build/$1.log"
  shift
  mkdir -p "$(dirname "$log")"
  moving "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}

# files_of FILE-OR-FOLDER...: lists sources, without what tools put beside them.
files_of() {
  find "$@" -type f -not -path '*/build/*' -not -path '*/target/*' -not -path '*.egg-info/*' -not -path '*__pycache__*' |
    LC_ALL=C sort
}

# sum_of FILE-OR-FOLDER...: prints a checksum of sources.
sum_of() { files_of "$@" | xargs cat | cksum; }

# is_current STAMP FILE-OR-FOLDER...: tells whether STAMP has the checksum of these sources. `built` writes it there.
is_current() {
  stamp=$1
  shift
  sum=$(sum_of "$@")
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]
}
built() {
  mkdir -p "$(dirname "$stamp")"
  printf '%s' "$sum" >"$stamp"
}

# vendored LOG PREFIX FOLDER: fetches the crates that the lock file of a folder names, once, to PREFIX and a checksum. Sets
# `crates` to where they are.
vendored() {
  crates="$2-$(sum_of "$3/Cargo.lock" | tr ' ' -)"
  [ ! -d "$crates" ] || return 0
  rm -rf "$crates.new"
  quietly "$1" .build/cargo.sh vendor --locked --versioned-dirs --manifest-path "$3/Cargo.toml" "$crates.new"
  mv "$crates.new" "$crates"
}

# replace FILE COPY: copies a file if the copy differs. A running program can be replaced, but not overwritten.
replace() {
  cmp -s "$1" "$2" && return
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new"
  mv "$2.new" "$2"
}

# keep_program FILE COPY: keeps a program for others, unless it names a path of this machine.
keep_program() {
  for path in "$HOME" "$PWD"; do
    ! grep -q -a -F "$path/" "$1" || { echo "$1 names $path, a path of this machine" >&2; exit 1; }
  done
  replace "$1" "$2"
}

# addon_folder: where the addon of this machine is below build/addon.
addon_folder() {
  platform=$(node -p 'process.platform + "-" + process.arch')
  ! is_musl || platform=$platform-musl
  echo "$platform"
}

# is_musl: tells whether programs of this machine are linked with musl.
is_musl() { ldd --version 2>&1 | grep -q musl; }

# has_target TARGET: tells whether rustc has the standard library for a target.
has_target() { libraries=$(rustc --print target-libdir --target "$1" 2>/dev/null) && [ -d "$libraries" ]; }

# rust_flags FLAG...: what CARGO_ENCODED_RUSTFLAGS takes: the flags, and those that keep the folder of crates, a path of this
# machine, out of what is given away.
rust_flags() {
  printf '%s' "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  for flag in "$@"; do printf '\037%s' "$flag"; done
}

# wit_folder FOLDER FILE: makes a folder of WIT: the file, and as its dependencies our package and those of WASI.
wit_folder() {
  rm -rf "$1"
  mkdir -p "$1/deps/wasi-mmap"
  cp "$2" "$1/"
  cp wit/mmap.wit "$1/deps/wasi-mmap/"
  cp -r node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12/* "$1/deps/"
}

# wit_folder_p3 FOLDER FILE: the same, and the package and interfaces of WASI 0.3 as well.
wit_folder_p3() {
  wit_folder "$1" "$2"
  mkdir "$1/deps/wasi-mmap-0.3"
  cp wit/0.3/mmap.wit "$1/deps/wasi-mmap-0.3/"
  for package in node_modules/@bytecodealliance/jco/lib/wit/builtin/0.3.0/*; do
    cp -r "$package" "$1/deps/$(basename "$package")-0.3"
  done
}

# cmake_build NAME SOURCES [OPTION]...: builds with CMake in build/cmake/NAME.
cmake_build() {
  tree="build/cmake/$1"
  sources=$2
  name=$1
  shift 2
  quietly "cmake-$name" cmake -S "$sources" -B "$tree" "$@"
  quietly "cmake-$name" cmake --build "$tree" -j2 -- --no-print-directory
}
