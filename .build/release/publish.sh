#!/bin/sh
# Publishes what lies in build/packages: publish.sh npm|crates|pypi|images. The workflow `release` calls it once a person has
# approved; the registries and their keys are in the environment, as each tool takes them:
# npm: NPM_CONFIG_REGISTRY; crates: CARGO_REGISTRY, a name, for another than crates.io; pypi: TWINE_REPOSITORY_URL;
# images: IMAGES, a registry and a folder in it.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh

fail() { printf '%s\n' "publish: $*" >&2; exit 1; }

version=$(node -p 'require("./package.json").version')
packages=$PWD/build/packages

# only_here ADDRESS: a package that names no repository goes to registries of this machine alone.
only_here() {
  case $(node -p 'require("./package.json").repository.url') in
  */OWNER/*) ;;
  *) return 0 ;;
  esac
  case $1 in
  *://127.0.0.1:* | 127.0.0.1:*) ;;
  *) fail 'package.json names no repository yet' ;;
  esac
}

(cd "$packages" && sha256sum --check --quiet SHA256SUMS) || fail 'the packages are not those that were made: make packages'
[ -e "$packages/npm/wasi-mmap-$version.tgz" ] || fail "there are no packages of $version: make packages"

case ${1:-} in
npm)
  only_here "${NPM_CONFIG_REGISTRY:-}"
  provenance=
  [ -z "${GITHUB_ACTIONS:-}" ] || provenance=--provenance
  # shellcheck disable=SC2086 # a word, or none
  npm publish "$packages/npm/wasi-mmap-$version.tgz" --access public --ignore-scripts $provenance
  ;;
crates)
  index=
  [ -z "${CARGO_REGISTRY:-}" ] || index=$(eval "printf '%s' \"\${CARGO_REGISTRIES_$(printf '%s' "$CARGO_REGISTRY" | tr '[:lower:]-' '[:upper:]_')_INDEX:-}\"")
  only_here "$index"
  target=$(mktemp -d)
  trap 'rm -rf "$target"' EXIT
  for crate in guest/rust host/wasmtime; do
    # cargo packs again what it uploads. It has to be what was tested.
    options="--quiet --locked --no-verify --allow-dirty --target-dir $target --manifest-path $crate/Cargo.toml"
    # shellcheck disable=SC2086 # a list
    quietly publish-crate .build/cargo.sh package $options
    name=$(sed -n '/^name = /{ s/.*"\(.*\)"/\1/p; q; }' "$crate/Cargo.toml")-$version.crate
    cmp "$target/package/$name" "$packages/cargo/$name" || fail "$name differs from the one that was tested"
    # shellcheck disable=SC2086 # a list
    .build/cargo.sh publish $options ${CARGO_REGISTRY:+--registry "$CARGO_REGISTRY"}
  done
  ;;
pypi)
  only_here "${TWINE_REPOSITORY_URL:-}"
  build/venv/bin/twine upload --non-interactive --disable-progress-bar "$packages"/python/*
  ;;
images)
  only_here "${IMAGES:?a registry, and a folder in it}"
  layout=$(mktemp -d)
  trap 'rm -rf "$layout"' EXIT
  plain=
  case $IMAGES in 127.0.0.1:*) plain=--to-plain-http ;; esac
  for file in "$packages"/wit/*.oci.tar.gz "$packages"/polyfill/*.oci.tar.gz; do
    rm -rf "${layout:?}"/*
    tar -xzf "$file" -C "$layout"
    # wasi-mmap-NAME-VERSION becomes wasi-mmap/NAME:VERSION, where wkg looks for the package wasi-mmap:NAME.
    image=$(basename "$file" .oci.tar.gz | sed 's/^wasi-mmap-\([a-z]*\)-\(.*\)$/wasi-mmap\/\1:\2/')
    # shellcheck disable=SC2086 # a word, or none
    "$oras" cp --no-tty --from-oci-layout "$layout:$version" $plain "$IMAGES/$image"
  done
  ;;
*) fail 'npm, crates, pypi or images' ;;
esac
