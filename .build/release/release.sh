#!/bin/sh
# The two ends of `make release VERSION=x.y.z`: release.sh prepare VERSION sets the version everywhere, cuts the changelog and
# commits; release.sh tag VERSION signs a tag, with the checksums of the packages in its message. Nothing leaves this machine:
# a person pushes the tag, and approves what the workflow `release` publishes.
set -eu
cd "$(dirname "$0")/../.."

fail() { printf '%s\n' "release: $*" >&2; exit 1; }

[ $# = 2 ] || fail 'make release VERSION=x.y.z'
command=$1 version=$2
manifests='node .build/release/manifests.mjs'

# A tag without a signature is anybody's.
[ -n "$(git config user.signingkey)" ] || fail 'git has no key of yours to sign the tag with: git config user.signingkey (and gpg.format)'
[ -z "$(git status --porcelain)" ] || fail 'there are changes that are in no commit: git status'
case $(node -p 'require("./package.json").repository.url') in
*/OWNER/*) fail "package.json names no repository yet: replace OWNER there, then $manifests write" ;;
esac

case $command in
prepare)
  node .build/release/manifests.mjs after "$version"
  ! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || fail "there is a tag v$version already"
  $manifests write "$version"
  node .build/release/changelog.mjs cut "$version" "$(date -u +%F)"
  git commit -qam "Release $version"
  ;;
tag)
  $manifests check
  [ "$(node -p 'require("./package.json").version')" = "$version" ] || fail "this is not version $version: make release"
  [ -e "build/packages/npm/wasi-mmap-$version.tgz" ] || fail 'there are no packages of it: make packages'
  (cd build/packages && sha256sum --check --quiet SHA256SUMS) || fail 'the packages are not those that were made'
  message=$(mktemp)
  trap 'rm -f "$message"' EXIT
  { printf 'wasi-mmap %s\n\n' "$version" && cat build/packages/SHA256SUMS; } >"$message"
  git tag -s --cleanup=verbatim -F "$message" "v$version"
  printf '%s\n' "release: the tag v$version is made and signed. Look at it (git show v$version), then: git push origin main v$version"
  ;;
*) fail "unknown: $command" ;;
esac
