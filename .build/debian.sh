#!/bin/sh
# Unpacks packages of another release of Debian, beside those of the system: debian.sh FOLDER SUITE MACHINE PACKAGE...
# Debian's signature vouches for them.
set -eu
folder=$1
suite=$2
machine=$3
shift 3
lists=$folder/apt
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# The archive that this machine has Debian from.
archive=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -n 's/^URIs: *\([^ ]*\/debian\/\{0,1\}\)$/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\/debian\/\{0,1\}\) .*/\2/p' | head -n 1)
mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$folder/debs"
echo "deb [signed-by=$keys] ${archive:-http://deb.debian.org/debian} $suite main" >"$lists/sources.list"
apt() {
  apt-get -q -o APT::Architecture="$machine" -o APT::Architectures="$machine" -o APT::Sandbox::User=root \
    -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o Dir::State::status=/dev/null \
    -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null "$@"
}
apt update
(cd "$folder/debs" && apt download "$@")
for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$folder"; done
rm -rf "$lists" "$folder/debs"
