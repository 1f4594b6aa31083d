#!/bin/sh
# Unpacks packages of another release of Debian, beside those of the system: debian.sh FOLDER SUITE MACHINE PACKAGE...
# Debian's signature vouches for them.
set -eu
folder=$1
suite=$2
machine=$3
shift 3
lists=$folder/apt
# shellcheck source=.build/apt.sh
. "$(dirname "$0")/apt.sh"
mkdir -p "$folder/debs"
echo "deb [signed-by=$keys] $archive $suite main" >"$lists/sources.list"
machine_options="-o APT::Architecture=$machine -o APT::Architectures=$machine"
# shellcheck disable=SC2086 # a list
{
  apt $machine_options update
  (cd "$folder/debs" && apt $machine_options download "$@")
}
for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$folder"; done
rm -rf "$lists" "$folder/debs"
