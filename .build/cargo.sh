#!/bin/sh
# Runs cargo: the one in the PATH, or Debian's where that is rustup's and has no tool chain.
set -eu
if cargo --version >/dev/null 2>&1; then exec cargo "$@"; fi
PATH="/usr/bin:$PATH" exec /usr/bin/cargo "$@"
