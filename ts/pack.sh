#!/bin/sh
# Packs the npm package into a folder, and prints the name of the file: pack.sh FOLDER. Its page is ts/README.md.
set -eu
cd "$(dirname "$0")/.."

to=$(cd "$1" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
cp -r package.json dist prebuilds wit CHANGELOG.md LICENSE "$stage/"
cp ts/README.md "$stage/README.md"
# Packages inside the package.
for name in $(node -p 'require("./package.json").bundleDependencies.join(" ")'); do
  mkdir -p "$stage/node_modules/$name"
  cp -r "node_modules/$name/." "$stage/node_modules/$name/"
done
cd "$stage" && npm pack --silent --pack-destination "$to"
