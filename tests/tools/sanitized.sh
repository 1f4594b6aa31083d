#!/bin/sh
# The addon with a sanitizer, or refused external memory as in Electron (caged), inside of the Node that is there:
# sanitized.sh build; sanitized.sh run address|thread|caged FILE.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

folder() { echo "build/sanitized/$1"; }

# run VARIANT ARGUMENTS...: Node with the sanitizer's library, which must be there before all others.
run() {
  variant=$1
  shift
  cd "$(folder "$variant")"
  # V8 handles SIGSEGV, and the addon SIGBUS. What V8 keeps until the end is no leak; freed memory is kept in small amounts,
  # so that tests of leaks can tell. Node itself has no instruments, so that its own locks are not all seen.
  signals=handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:allow_user_segv_handler=1
  case $variant in
  address)
    exec env LD_PRELOAD="$(c++ -print-file-name=libasan.so)" \
      ASAN_OPTIONS="$signals:detect_leaks=0:quarantine_size_mb=8" "$@"
    ;;
  thread)
    # Those of older compilers cannot start where addresses are widely randomized.
    setarch -R true 2>/dev/null && set -- setarch -R "$@"
    exec env LD_PRELOAD="$(c++ -print-file-name=libtsan.so)" \
      TSAN_OPTIONS="$signals:ignore_noninstrumented_modules=1:report_signal_unsafe=0:halt_on_error=1" "$@"
    ;;
  caged) exec "$@" ;;
  esac
}

build() {
  platform=$(addon_folder)
  for variant in address thread caged; do
    echo "building the addon, $variant"
    here=$(folder "$variant")
    option=-DSANITIZE=$variant
    [ "$variant" = caged ] && option=-DCAGED=ON
    cmake_build "addon-$variant" tests/sanitized "$option" -DADDON_DIRECTORY="$PWD/$here/build/addon/$platform"
    # A package of its own: it takes the addon that lies in its folder.
    rm -rf "$here/dist" "$here/build/tests"
    cp -r package.json dist "$here/"
    cp -r build/tests "$here/build/"
    ln -sfn ../../../node_modules "$here/node_modules"
    ln -sfn ../../../tests "$here/tests"
    ln -sfn ../../../.build "$here/.build"
    [ "$variant" = caged ] && continue
    canary="process.dlopen({ exports: {} }, require('path').resolve('build/addon/$platform/canary.node'))"
    (run "$variant" node -e "$canary") 2>&1 | grep -q "Sanitizer: " ||
      { echo "the sanitizer, $variant, sees nothing of an addon" >&2; exit 1; }
  done
}

case $1 in
build) build ;;
run)
  shift
  variant=$1
  shift
  run "$variant" node --expose-gc "$@"
  ;;
esac
