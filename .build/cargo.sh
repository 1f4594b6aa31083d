#!/bin/sh
# Runs cargo: the one in the PATH, or Debian's where that is rustup's and has no toolchain.
set -eu
clone=$(cd "$(dirname "$0")/.." && pwd)

# Cargo takes a crate in two clones for the same one and compares only times: in a target folder that clones share, it
# would keep what another clone has built. So the sources of a clone become newer when the folder changes hands.
target="${CARGO_TARGET_DIR:-}"
if [ -n "$target" ] && [ "$(cat "$target/clone" 2>/dev/null)" != "$clone" ]; then
  mkdir -p "$target"
  for folder in "$clone/.build" "$clone/host" "$clone/guest" "$clone/tests"; do
    # A copy that is built to be compared has fewer.
    [ ! -d "$folder" ] || find "$folder" -name '*.rs' -not -path '*/target/*' -exec touch {} +
  done
  printf '%s\n' "$clone" >"$target/clone"
fi

if cargo --version >/dev/null 2>&1; then exec cargo "$@"; fi
PATH="/usr/bin:$PATH" exec /usr/bin/cargo "$@"
