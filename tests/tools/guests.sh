#!/bin/sh
# Builds the example programs and the suite's runner of each guest language into build/guests/LANGUAGE/NAME.wasm:
# guests.sh [rust] [c] [javascript] [python] [wat]; guests.sh demo: the two runners that take seconds. What was made from the same sources stays.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
adapter=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm
reactor_adapter=node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm
programs='mgrep mreplace contract'
more_in_c='hostile areas spans needles verbs bench files files-direct calls'
# Those that also become commands of WASI 0.3, NAME-0.3.wasm.
p3_in_c='contract mgrep mreplace hostile spans bench'

wit=build/guests/wit
wit_p3=build/guests/wit-0.3

say() { printf '%s\n' "guests: $*"; }

# component CORE OUTPUT [ADAPTER]: a component of a core module for WASI 0.1 that says what its imports are.
component() {
  build/venv/bin/wasm-tools component new "$1" --adapt "wasi_snapshot_preview1=${3:-$adapter}" -o "$2"
}

# c_source PROGRAM: prints where it is.
c_source() {
  case $1 in
  contract) echo tests/contract/guests/c/contract.c ;;
  hostile | areas | spans | needles) echo "tests/host/guests/$1.c" ;;
  verbs) echo tests/cli/guests/verbs.c ;;
  bench) echo tests/bench/guests/bench.c ;;
  calls) echo tests/filesystem/guests/calls.c ;;
  files | files-direct) echo tests/polyfill/guests/files.c ;;
  *) echo "guest/c/examples/$1.c" ;;
  esac
}

# c_core NAME PROGRAM ARGUMENT...: compiles a program to a core module.
c_core() {
  core=$1
  program=$2
  shift 2
  # The benchmark sums as fast as it can; runtimes have had SIMD since 2021. Bulk operations are done by the engine.
  case $program in
  bench) set -- -msimd128 "$@" ;;
  spans) set -- -mbulk-memory "$@" ;;
  esac
  quietly "guests/c-$core" .build/zig.sh cc -target wasm32-wasi -O2 -s -Wall -Wextra -Wno-sign-compare -Iguest/c \
    "$(c_source "$program")" "$@" -o "build/guests/c/$core.core.wasm"
}

# c_component NAME WIT WORLD [ADAPTER]: makes a component of a core module.
c_component() {
  build/venv/bin/wasm-tools component embed "$2" --world "$3" "build/guests/c/$1.core.wasm" -o "build/guests/c/$1.typed.wasm"
  component "build/guests/c/$1.typed.wasm" "build/guests/c/$1.wasm" "${4:-$adapter}"
}

build_c() {
  for program in $programs $more_in_c; do
    case $program in
    files-direct) c_core "$program" "$program" -DDIRECT ;;
    # It maps nothing, and is compared with itself on this system.
    calls)
      c_core "$program" "$program"
      quietly guests/c-calls-here .build/zig.sh cc -O1 -Wall -Wextra "$(c_source calls)" -o build/guests/c/calls
      ;;
    *) c_core "$program" "$program" guest/c/wasi_mmap.c ;;
    esac
    c_component "$program" "$wit" imports-spans
  done
  for program in $p3_in_c; do
    c_core "$program-0.3" "$program" -mexec-model=reactor -DWMMAP_P3 guest/c/wasi_mmap.c guest/c/run.c
    c_component "$program-0.3" "$wit_p3" command-adapted-spans "$reactor_adapter"
  done
}

# The examples of the library are one crate, the tests' programs another. With rustup's target, else with Debian's compiler,
# which has no WASI: then the standard library is built too, for WASI 0.1, and the modules become components as those of C do.
build_rust() {
  if has_target wasm32-wasip2; then
    export CARGO_TARGET_DIR="$cache/cargo"
    release="$CARGO_TARGET_DIR/wasm32-wasip2/release"
    set -- .build/cargo.sh build --locked --release --target wasm32-wasip2 --manifest-path
    quietly guests/rust "$@" guest/rust/Cargo.toml --examples --features std-file,exit-code
    quietly guests/rust "$@" tests/tools/guests/Cargo.toml --lib --bins --examples
    quietly guests/rust "$@" guest/rust/examples/geo/Cargo.toml
    for program in contract std_fs large needles growing maps viewer examples/server geo; do cp "$release/$program.wasm" build/guests/rust/; done
    for program in mgrep mreplace std_file exit_code; do cp "$release/examples/$program.wasm" build/guests/rust/; done
    # Commands of WASI 0.3 are libraries that export it.
    quietly guests/rust-0.3 "$@" guest/rust/Cargo.toml --example mgrep_p3 --no-default-features --features p3
    quietly guests/rust-0.3 "$@" tests/tools/guests/Cargo.toml --examples --no-default-features --features p3
    for program in mgrep contract memmap2; do cp "$release/examples/${program}_p3.wasm" "build/guests/rust/$program-0.3.wasm"; done
    # With both generations in the library.
    quietly guests/rust-both "$@" tests/tools/guests/Cargo.toml --features p3 --bin contract --example memmap2_p3 --example mixed
    cp "$release/examples/mixed.wasm" build/guests/rust/
    cp "$release/contract.wasm" build/guests/rust/contract-both.wasm
    cp "$release/examples/memmap2_p3.wasm" build/guests/rust/memmap2-both-0.3.wasm
    # One command of WASI 0.3 that maps files of both generations, or those of 0.2 alone.
    quietly guests/rust-steps "$@" tests/cli/guests/steps/Cargo.toml --no-default-features
    cp "$release/steps.wasm" build/guests/rust/steps-mixed.wasm
    quietly guests/rust-steps "$@" tests/cli/guests/steps/Cargo.toml
    cp "$release/steps.wasm" build/guests/rust/
    return
  fi
  echo "guests: SKIPPED: guests in Rust for WASI 0.3 need the target wasm32-wasip2, which comes with rustup" >&2
  export CARGO_TARGET_DIR="$cache/cargo-debian" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
  export CARGO_TARGET_WASM32_WASIP1_LINKER="$PWD/.build/wasm-ld.sh"
  release="$CARGO_TARGET_DIR/wasm32-wasip1/release"
  set -- /usr/bin/cargo build --locked --release -Z build-std=std,panic_abort --target wasm32-wasip1 --manifest-path
  quietly guests/rust "$@" guest/rust/Cargo.toml --examples
  quietly guests/rust "$@" tests/tools/guests/Cargo.toml
  for program in examples/mgrep examples/mreplace contract std_fs large needles growing maps; do
    component "$release/$program.wasm" "build/guests/rust/$(basename $program).wasm"
  done
  component "$release/viewer.wasm" build/guests/rust/viewer.wasm "$reactor_adapter"
}

build_javascript() {
  for program in $programs; do
    source=guest/js/examples/$program.ts
    [ "$program" = contract ] && source=tests/contract/guests/contract.ts
    quietly "guests/javascript-$program" node dist/cli/jco.mjs componentize "$source" --wit "$wit" --world-name command --bundle \
      -o "build/guests/javascript/$program.wasm"
  done
}

# One component runs all scripts. It takes a minute to make: it is kept by what it is made of, apart from the clone.
build_python() {
  scripts=build/guests/python/scripts
  rm -rf "$scripts"
  mkdir -p "$scripts" "$cache/python"
  cp tests/contract/oracle.py tests/contract/cases.py tests/contract/guests/contract.py guest/python/examples/*.py "$scripts"
  key=$(files_of guest/python guest/c wit | grep -v -e /examples/ -e README | xargs cat | sha256sum | cut -c1-32)
  kept="$cache/python/$key.wasm"
  # Its compiler is the one that is there for all clones, see zig.sh.
  PYTHONPATH="$(echo "$cache"/ziglang-*)" ZIG_GLOBAL_CACHE_DIR="$cache/zig" quietly guests/python-library build/venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps guest/python
  if [ ! -e "$kept" ]; then
    say 'making the component that runs scripts in Python (a minute)'
    quietly guests/python build/venv/bin/python -m wasi_mmap -o "$kept.$$.wasm"
    mv "$kept.$$.wasm" "$kept"
  fi
  ln -f "$kept" build/guests/python/contract.wasm 2>/dev/null || cp "$kept" build/guests/python/contract.wasm
}

# dummy_0_3 WORLD NAME [OPTION]...: a component of a world of WASI 0.3 whose functions trap.
dummy_0_3() {
  world=$1 name=build/guests/wat/$2
  shift 2
  build/venv/bin/wasm-tools component embed --dummy-names legacy "$@" --world "$world" "$worlds" -o "$name.core.wasm"
  build/venv/bin/wasm-tools component new "$name.core.wasm" -o "$name.wasm"
}

# compose USER PROVIDER NAME: a component of both.
compose() {
  quietly "guests/wat-$3" build/venv/bin/wasm-tools compose "build/guests/wat/$1.wasm" -d "build/guests/wat/$2.wasm" \
    -o "build/guests/wat/$3.wasm"
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
  wit_folder_p3 "$worlds" guest/polyfill/plug/wit/provided.wit
  for package in rich rich-0-3; do
    mkdir "$worlds/deps/$package"
    cp "tests/cli/guests/$package.wit" "$worlds/deps/$package/"
  done
  for encoding in utf8 utf16; do
    for world in wasi-mmap:host/everything test:rich/provider test:rich/user test:rich/types; do
      name="build/guests/wat/$(basename "$world")-$encoding"
      build/venv/bin/wasm-tools component embed --dummy --encoding "$encoding" --world "$world" "$worlds" -o "$name.core.wasm"
      build/venv/bin/wasm-tools component new "$name.core.wasm" -o "$name.wasm"
    done
  done
  # The same of WASI 0.3, with functions that wait and with functions that are called back.
  for encoding in utf8 utf16; do
    for world in wasi-mmap:host/everything-0-3 test:rich-later/provider test:rich-later/user; do
      dummy_0_3 "$world" "$(basename "${world%-0-3}")-0-3-$encoding" --encoding "$encoding"
    done
    for world in wasi-mmap:host/everything-0-3 test:rich-later/callee test:rich-later/caller; do
      dummy_0_3 "$world" "$(basename "${world%-0-3}")-callback-$encoding" --encoding "$encoding" --async-callback
    done
  done
  for pair in utf8-utf8 utf8-utf16 utf16-utf8; do
    compose "user-0-3-${pair%-*}" "provider-0-3-${pair#*-}" "rich-0-3-$pair"
    compose "caller-callback-${pair%-*}" "callee-callback-${pair#*-}" "rich-callback-$pair"
  done
  # jco cannot copy between two that both have UTF-16.
  for pair in utf8-utf8 utf8-utf16 utf16-utf8; do
    compose "user-${pair%-*}" "provider-${pair#*-}" "rich-$pair"
  done
}

# The runners of the suite in C and JavaScript, which take seconds.
build_demo() {
  programs=contract more_in_c='' p3_in_c=''
  mkdir -p build/guests/c build/guests/javascript
  say 'building a guest in C, and its C library'
  build_c
  say 'building a guest in JavaScript, and its engine'
  build_javascript
}

# The worlds of the programs, beside the contract and the interfaces of WASI.
wit_folder "$wit" guest/wit/examples.wit
wit_folder_p3 "$wit_p3" guest/wit/0.3/examples.wit

[ $# -gt 0 ] || set -- c rust javascript python wat
for language in "$@"; do
  case $language in
  demo) sources='guest/c guest/js dist/portable tests/contract' ;;
  c) sources='guest/c tests/contract/guests/c tests/host/guests tests/cli/guests tests/bench/guests tests/polyfill/guests tests/filesystem/guests' ;;
  rust) sources='guest/rust tests/tools/guests tests/contract/guests/rust tests/host/guests tests/polyfill/guests tests/bench/guests tests/browser/guest tests/cli/guests' ;;
  javascript) sources='guest/js dist/portable tests/contract/guests/contract.ts tests/contract/steps.mts' ;;
  python) sources='guest/python guest/c tests/contract/oracle.py tests/contract/cases.py tests/contract/guests/contract.py' ;;
  wat) sources='tests/cli/guests guest/polyfill/plug/wit .build/lib.sh' ;;
  *) echo "guests.sh: no language $language" >&2; exit 2 ;;
  esac
  mkdir -p "build/guests/$language"
  # shellcheck disable=SC2086 # a list
  is_current "build/guests/$language/sources" tests/tools/guests.sh package-lock.json wit guest/wit $sources && continue
  [ "$language" = demo ] || say "building the programs in $language"
  "build_$language"
  built
done
