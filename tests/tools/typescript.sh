#!/bin/sh
# Compiles the programs in tests/ that are TypeScript into build/tests. Nothing is done when the sources did not change.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

is_current build/tests.sources tests ts guest/js wit package-lock.json && [ -d build/tests ] && exit
echo 'compiling the tests'
mkdir -p build
touch build/tests.start
tsc -p tests
tsc -p tests/browser
tsc -p tests/site
# Tests whose source is gone would still run.
find build/tests \( -type f ! -newer build/tests.start \) -delete -o -type d -empty -delete
built
