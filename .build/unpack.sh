#!/bin/sh
# Unpacks packages of this system's Debian: unpack.sh FOLDER PACKAGE...
set -eu
cd "$1"
shift
apt-get -q download "$@" || { apt-get -q update && apt-get -q download "$@"; }
for package in *.deb; do dpkg -x "$package" .; done
rm ./*.deb
