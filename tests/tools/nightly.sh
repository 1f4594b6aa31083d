#!/bin/sh
# What takes Rust's nightly toolchain, which is fetched once, beside the other caches: nightly.sh miri | thread | address.
#   miri    the code of the crate that calls the core, on a core in Rust
#   thread, address  the crate and the core with this sanitizer, in stores on several threads
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
toolchain=nightly-2026-10-30

command -v rustup >/dev/null || { echo 'nightly.sh: rustup is missing (https://rustup.rs)' >&2; exit 1; }
export RUSTUP_HOME="$cache/rustup" CARGO_TARGET_DIR="$cache/nightly"
if ! rustup run "$toolchain" cargo miri --version >/dev/null 2>&1; then
  echo "fetching Rust, $toolchain"
  rustup --quiet toolchain install "$toolchain" --profile minimal --component miri,rust-src --no-self-update
fi

case $1 in
miri)
  # Threads run in another order for each seed. The tests that are left out read files of the system.
  MIRIFLAGS=-Zmiri-many-seeds=0..64 rustup run "$toolchain" cargo miri test --quiet --locked \
    --manifest-path tests/miri/Cargo.toml -- --skip limits::tests
  ;;
thread | address)
  # ThreadSanitizer has to be in the standard library too. Compiled code of guests has none, and shares nothing.
  # With rustix over the C library the sanitizer sees where memory ends that the next store gets.
  export RUSTFLAGS="-Zsanitizer=$1 --cfg rustix_use_libc" CXXFLAGS="-fsanitize=$1" CARGO_PROFILE_RELEASE_STRIP=false
  export TSAN_OPTIONS="suppressions=$PWD/tests/sanitized/crate.supp"
  target=$(rustup run "$toolchain" rustc -vV | sed -n 's/^host: //p')
  set -- rustup run "$toolchain" cargo test --locked --release -Z build-std --target "$target" \
    --manifest-path host/wasmtime/Cargo.toml --test embedding -- --test-threads 1
  setarch -R true 2>/dev/null && set -- setarch -R "$@"
  exec "$@"
  ;;
*)
  echo "nightly.sh: no part $1" >&2
  exit 2
  ;;
esac
