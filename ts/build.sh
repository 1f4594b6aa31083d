#!/bin/sh
# Builds the npm package's JavaScript into dist/. Nothing is done when the sources did not change.
set -eu
cd "$(dirname "$0")/.."
. .build/lib.sh

if ! is_current build/bindings.sources wit package-lock.json ts/build.sh || [ ! -d dist/bindings-p3 ]; then
  echo 'generating the bindings for TypeScript'
  quietly jco node .build/jco.mjs types wit --world-name host -o dist/bindings
  quietly jco node .build/jco.mjs types wit/0.3 --world-name host -o dist/bindings-p3
  quietly jco node .build/jco.mjs guest-types wit --world-name guest -o dist/guest-types
  built
fi

if ! is_current build/ts.sources ts guest/js wit package.json package-lock.json || [ ! -e dist/shell/help.txt ]; then
  echo 'compiling the library'
  mkdir -p build
  touch build/ts.start
  tsc -p ts
  tsc -p guest/js
  tsc -p ts/polyfill
  echo '{"type":"module"}' >dist/portable/package.json
  cp -r dist/bindings dist/portable/ts/
  replace ts/cli/help.txt dist/shell/help.txt # Cargo looks at its time.
  # Files whose source is gone. What is generated otherwise stays.
  find dist -type f -name '*.*[jt]s' ! -newer build/ts.start ! -path '*/component/*' ! -path '*/bindings/*' ! -path '*/bindings-p3/*' ! -path '*/guest-types/*' -delete
  built
fi
