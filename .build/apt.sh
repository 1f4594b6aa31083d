# Debian's archive beside the lists of the system. A script sets `lists`, a folder, and reads this file: `. apt.sh`
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # Scripts use and set them.
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# The archive that this machine has Debian from.
archive=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -n 's/^URIs: *\([^ ]*\/debian\/\{0,1\}\)$/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\/debian\/\{0,1\}\) .*/\2/p' | head -n 1)
archive=${archive:-http://deb.debian.org/debian}
mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"

# apt COMMAND...: apt-get with the sources in $lists/sources.list.
apt() {
  apt-get -q -o APT::Sandbox::User=root -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" \
    -o Dir::State::status=/dev/null -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null "$@"
}
