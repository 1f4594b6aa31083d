#!/bin/sh
# Unpacks a package of this system's Debian: unpack.sh FOLDER PACKAGE
set -eu
cd "$1"
apt-get -q download "$2" || { apt-get -q update && apt-get -q download "$2"; }
dpkg -x "$2"_*.deb .
rm "$2"_*.deb
