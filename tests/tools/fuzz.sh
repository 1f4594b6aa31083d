#!/bin/sh
# Coverage-guided fuzzing. The targets:
#   core, search    in C++: tests/fuzz/native
#   plug, polyfill  in Rust: tests/fuzz/plug, tests/fuzz/polyfill
#   components      in TypeScript: tests/fuzz/components
# fuzz.sh run TARGET SECONDS [SEED]  fuzzes; the corpus grows in build/fuzz/corpus, what is found lands in build/fuzz/found
# fuzz.sh keep TARGET                puts the least part of that corpus that covers as much into tests/fuzz/corpus
# fuzz.sh replay core|search|polyfill  runs what is kept, without a fuzzer (tests/fuzz/*.test.mts have the others)
# fuzz.sh coverage                   says what part of host/core the kept inputs of the targets in C++ reach
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
kept=tests/fuzz/corpus
rust="${CARGO_TARGET_DIR:-$cache/cargo}"

fail() { printf '%s\n' "fuzz: $*" >&2; exit 1; }

# clang with its fuzzer: setup.sh fuzz has it.
clang() { [ -x "/usr/bin/$1-19" ] && echo "$1-19" || echo "$1"; }

# native ENGINE SANITIZERS: builds the targets in C++ into build/cmake/fuzz-ENGINE.
native() {
  CXX=$(clang clang++)
  export CXX
  cmake_build "fuzz-$1" tests/fuzz/native -DENGINE="$1" -DSANITIZE="$2" || fail 'the targets in C++ do not build'
}

# What libFuzzer asks of a compiler, with that of Rust as it is.
sancov='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4'
sancov="$sancov -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"

# engine TARGET: builds a target with libFuzzer, and says where it is.
engine() {
  case $1 in
  core | search)
    native libFuzzer address,undefined
    echo "build/cmake/fuzz-libFuzzer/fuzz_$1"
    ;;
  plug | polyfill)
    # With a target named, what runs while it is built is not instrumented.
    machine=$(.build/cargo.sh -vV | sed -n 's/^host: //p')
    features=
    if [ "$1" = polyfill ]; then
      # Compares cost the plug more than half of its time, and its inputs are changed by their structure.
      sancov="$sancov -Cllvm-args=-sanitizer-coverage-trace-compares"
      features='--features libfuzzer'
    fi
    # shellcheck disable=SC2086 # words
    RUSTFLAGS="$sancov" .build/cargo.sh build --quiet --locked --manifest-path "tests/fuzz/$1/Cargo.toml" \
      --profile fuzz $features --target "$machine" --target-dir "$rust/fuzz" >&2
    echo "$rust/fuzz/$machine/fuzz/fuzz-$1"
    ;;
  *) fail "there is no target $1" ;;
  esac
}

# limits TARGET: how large inputs get, and how long one may take.
limits() {
  case $1 in
  search) echo '-max_len=300 -timeout=10' ;;
  plug) echo '-max_len=60000 -timeout=10' ;;
  *) echo '-max_len=512 -timeout=10 -rss_limit_mb=4096' ;;
  esac
}

command=${1:-}
target=${2:-}
case $command in
run)
  seconds=${3:-60}
  seed=${4:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
  found="build/fuzz/found/$target"
  mkdir -p "build/fuzz/corpus/$target" "$found"
  echo "fuzz: $target, $seconds seconds, seed $seed"
  if [ "$target" = components ]; then
    exec node build/tests/fuzz/components/components.mjs run "$seconds" "$seed" "$found"
  fi
  program=$(engine "$target")
  # shellcheck disable=SC2046 # words
  exec "$program" "build/fuzz/corpus/$target" "$kept/$target" $(limits "$target") -seed="$seed" \
    -max_total_time="$seconds" -artifact_prefix="$found/" -print_final_stats=1 -verbosity=1
  ;;
keep)
  program=$(engine "$target")
  mkdir -p "build/fuzz/kept/$target" "$kept/$target"
  # What is kept stays, unless something smaller does the same.
  # shellcheck disable=SC2046
  "$program" -set_cover_merge=1 "build/fuzz/kept/$target" "$kept/$target" "build/fuzz/corpus/$target" $(limits "$target")
  rm -rf "${kept:?}/$target"
  mv "build/fuzz/kept/$target" "$kept/$target"
  du -bs "$kept/$target"
  ;;
replay)
  case $target in
  core | search) exec "build/cmake/fuzz/fuzz_$target" "$kept/$target" ;;
  polyfill) exec .build/cargo.sh run --quiet --locked --manifest-path tests/fuzz/polyfill/Cargo.toml -- "$kept/polyfill" ;;
  *) fail "there is no target $target" ;;
  esac
  ;;
coverage)
  native coverage ''
  for name in core search; do
    LLVM_PROFILE_FILE="build/fuzz/$name.profraw" "build/cmake/fuzz-coverage/fuzz_$name" "$kept/$name" | tail -n 1
  done
  "$(clang llvm-profdata)" merge -sparse build/fuzz/core.profraw build/fuzz/search.profraw -o build/fuzz/coverage.profdata
  # shellcheck disable=SC2046
  "$(clang llvm-cov)" report build/cmake/fuzz-coverage/fuzz_core -object build/cmake/fuzz-coverage/fuzz_search \
    -instr-profile=build/fuzz/coverage.profdata $(git ls-files 'host/core/*.cpp' 'host/core/*.h' ':!host/core/windows' ':!host/core/darwin')
  ;;
*) fail 'what is to be done? run, keep, replay or coverage' ;;
esac
