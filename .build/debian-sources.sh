#!/bin/sh
# Fetches the sources of packages of Debian, as they were published: debian-sources.sh FOLDER PACKAGE/SUITE...
# Debian's signature vouches for them; the caller compares them with what is pinned.
set -eu
folder=$1
shift
lists=$folder/apt
# shellcheck source=.build/apt.sh
. "$(dirname "$0")/apt.sh"
for suite in $(printf '%s\n' "$@" | sed 's/.*\///' | sort -u); do
  echo "deb-src [signed-by=$keys] $archive $suite main"
done >"$lists/sources.list"
apt update
(cd "$folder" && apt source --download-only "$@")
rm -rf "$lists"
