#!/bin/sh
# Builds the example programs and the suite's runner of each guest language into build/guests/LANGUAGE/NAME.wasm:
# guests.sh [rust] [c] [javascript] [python] [wat]. What was made from the same sources stays.
set -eu
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/wasi-mmap"
adapter=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm
programs='mgrep mreplace contract'

wit=build/guests/wit

say() { printf '%s\n' "guests: $*"; }

# files_of FILE-OR-FOLDER...: those that people wrote.
files_of() {
  find "$@" -type f -not -path '*/build/*' -not -path '*.egg-info/*' -not -path '*__pycache__*' | LC_ALL=C sort
}

# sum_of FILE-OR-FOLDER...: tells whether one of them changed.
sum_of() {
  files_of "$@" | xargs cat tests/tools/guests.sh package-lock.json | cksum
}

# quietly NAME COMMAND...: shows what a command said only if it failed.
quietly() {
  log="build/guests/$1.log"
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; return 1; }
}

# component CORE OUTPUT [ADAPTER]: a component of a core module for WASI 0.1 that says what its imports are.
component() {
  build/venv/bin/wasm-tools component new "$1" --adapt "wasi_snapshot_preview1=${3:-$adapter}" -o "$2"
}

build_c() {
  for program in $programs hostile areas spans verbs bench files files-direct; do
    case $program in
    contract) source=tests/contract/guests/c/contract.c ;;
    hostile | areas | spans) source=tests/host/guests/$program.c ;;
    verbs) source=tests/cli/guests/verbs.c ;;
    bench) source=tests/bench/guests/bench.c ;;
    files | files-direct) source=tests/polyfill/guests/files.c ;;
    *) source=guest/c/examples/$program.c ;;
    esac
    # The benchmark sums as fast as it can; runtimes have had SIMD since 2021.
    special=
    [ "$program" = bench ] && special=-msimd128
    # Bulk operations are done by the engine.
    [ "$program" = spans ] && special=-mbulk-memory
    library=guest/c/wasi_mmap.c
    [ "$program" = files-direct ] && special=-DDIRECT library=
    # shellcheck disable=SC2086 # none or one word
    quietly "c-$program" tests/tools/zig.sh cc -target wasm32-wasi -O2 -s -Wall -Wextra \
      -Wno-sign-compare $special -Iguest/c "$source" $library -o "build/guests/c/$program.core.wasm"
    build/venv/bin/wasm-tools component embed "$wit" --world imports-spans "build/guests/c/$program.core.wasm" -o "build/guests/c/$program.typed.wasm"
    component "build/guests/c/$program.typed.wasm" "build/guests/c/$program.wasm"
  done
}

# With rustup's target, else with Debian's compiler: it has no WASI, so that the standard library is built too, for WASI
# 0.1, and the modules become components as those of C do.
build_rust() {
  export CARGO_TARGET_DIR="$cache/cargo"
  options='--manifest-path guest/rust/Cargo.toml --locked --release --examples'
  if rustc --print target-libdir --target wasm32-wasip2 2>/dev/null | xargs -r test -d; then
    # shellcheck disable=SC2086 # a list
    quietly rust cargo build $options --target wasm32-wasip2 --features std-file
    for program in $programs std_fs std_file viewer; do
      cp "$CARGO_TARGET_DIR/wasm32-wasip2/release/examples/$program.wasm" "build/guests/rust/$program.wasm"
    done
    return
  fi
  export CARGO_TARGET_DIR="$cache/cargo-debian"
  # shellcheck disable=SC2086 # a list
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_WASIP1_LINKER="$PWD/tests/tools/wasm-ld.sh" \
    quietly rust /usr/bin/cargo build $options -Z build-std=std,panic_abort --target wasm32-wasip1
  for program in $programs std_fs; do
    component "$CARGO_TARGET_DIR/wasm32-wasip1/release/examples/$program.wasm" "build/guests/rust/$program.wasm"
  done
  component "$CARGO_TARGET_DIR/wasm32-wasip1/release/examples/viewer.wasm" build/guests/rust/viewer.wasm \
    node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm
}

build_javascript() {
  for program in $programs; do
    source=guest/js/examples/$program.ts
    [ "$program" = contract ] && source=tests/contract/guests/contract.ts
    quietly "javascript-$program" node tests/tools/jco.mjs componentize "$source" --wit "$wit" --world-name command --bundle \
      -o "build/guests/javascript/$program.wasm"
  done
}

# One component runs all scripts. It takes a minute to make: it is kept by what it is made of, apart from the clone.
build_python() {
  scripts=build/guests/python/scripts
  rm -rf "$scripts"
  mkdir -p "$scripts" "$cache/python"
  cp tests/contract/oracle.py tests/contract/cases.py tests/contract/guests/contract.py guest/python/examples/*.py "$scripts"
  key=$(files_of guest/python guest/c wit | grep -v "/examples/\|README" | xargs cat | sha256sum | cut -c1-32)
  kept="$cache/python/$key.wasm"
  # Its compiler is the one that is there for all clones, see zig.sh.
  PYTHONPATH="$(echo "$cache"/ziglang-*)" ZIG_GLOBAL_CACHE_DIR="$cache/zig" quietly python-library build/venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps guest/python
  if [ ! -e "$kept" ]; then
    say 'making the component that runs scripts in Python (a minute)'
    quietly python build/venv/bin/python -m wasi_mmap -o "$kept.$$.wasm"
    mv "$kept.$$.wasm" "$kept"
  fi
  ln -f "$kept" build/guests/python/contract.wasm 2>/dev/null || cp "$kept" build/guests/python/contract.wasm
}

# Components in text, and some that are there to be translated: they import everything that the host provides, and pass
# values of all types to each other. What their functions do is to trap.
build_wat() {
  for source in tests/cli/guests/*.wat; do
    build/venv/bin/wasm-tools parse "$source" -o "build/guests/wat/$(basename "$source" .wat).wasm"
  done
  worlds=build/guests/wat/wit
  rm -rf "$worlds"
  mkdir -p "$worlds"
  cp -r "$wit/deps" "$worlds/"
  cp guest/polyfill/plug/wit/provided.wit "$worlds/"
  mkdir "$worlds/deps/rich"
  cp tests/cli/guests/rich.wit "$worlds/deps/rich/"
  for encoding in utf8 utf16; do
    for world in wasi-mmap:host/everything test:rich/provider test:rich/user test:rich/types; do
      name="build/guests/wat/$(basename "$world")-$encoding"
      build/venv/bin/wasm-tools component embed --dummy --encoding "$encoding" --world "$world" "$worlds" -o "$name.core.wasm"
      build/venv/bin/wasm-tools component new "$name.core.wasm" -o "$name.wasm"
    done
  done
  # jco cannot copy between two that both have UTF-16.
  for pair in utf8-utf8 utf8-utf16 utf16-utf8; do
    name="build/guests/wat/user-${pair%-*}.wasm"
    quietly "wat-$pair" build/venv/bin/wasm-tools compose "$name" -d "build/guests/wat/provider-${pair#*-}.wasm" \
      -o "build/guests/wat/rich-$pair.wasm"
  done
}

# The worlds of the programs, beside the contract and the interfaces of WASI.
rm -rf "$wit"
mkdir -p "$wit/deps/wasi-mmap"
cp guest/wit/examples.wit "$wit/"
cp wit/mmap.wit "$wit/deps/wasi-mmap/"
cp -r node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12/* "$wit/deps/"

[ $# -gt 0 ] || set -- c rust javascript python wat
for language in "$@"; do
  case $language in
  c) sources='guest/c tests/contract/guests/c tests/host/guests tests/cli/guests tests/bench/guests tests/polyfill/guests' ;;
  rust) sources='guest/rust tests/contract/guests/rust tests/polyfill/guests tests/browser/guest' ;;
  javascript) sources='guest/js dist/portable tests/contract/guests/contract.ts tests/contract/steps.mts' ;;
  python) sources='guest/python guest/c tests/contract/oracle.py tests/contract/cases.py tests/contract/guests/contract.py' ;;
  wat) sources='tests/cli/guests guest/polyfill/plug/wit' ;;
  *) echo "guests.sh: no language $language" >&2; exit 2 ;;
  esac
  mkdir -p "build/guests/$language"
  # shellcheck disable=SC2086 # a list
  sum=$(sum_of wit guest/wit $sources)
  [ "$(cat "build/guests/$language/sources" 2>/dev/null)" = "$sum" ] && continue
  say "building the programs in $language"
  "build_$language"
  printf '%s' "$sum" >"build/guests/$language/sources"
done
