#!/bin/sh
# Unpacks Wine 10 of Debian 13 in a folder, beside the Wine of the system and with a C library of its own:
# wine10.sh FOLDER PATCHELF NAME-AFTERWARDS. Older ones have no placeholders, so no spans. `setup.sh wine10` calls it.
set -eu
folder=$1
patchelf=$2
"$(dirname "$0")/debian.sh" "$folder" trixie amd64 libwine wine64 libc6 libunwind8 liblzma5 libgcc-s1 zlib1g libz-mingw-w64

# The folder gets the name in $3 when it is complete, where the programs look for their interpreter.
libraries=$folder/usr/lib/x86_64-linux-gnu
for program in wine64 wineserver64; do
  "$patchelf" --set-interpreter "$3/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
    --set-rpath "$3/usr/lib/x86_64-linux-gnu" "$folder/usr/lib/wine/$program"
done
ln -sf wineserver64 "$folder/usr/lib/wine/wineserver"
# Debian's Wine takes this library from another package, and Wine only with its mark.
python3 - "$folder/usr/x86_64-w64-mingw32/lib/zlib1.dll" "$libraries/wine/x86_64-windows/zlib1.dll" <<'END'
import sys
with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    library = bytearray(source.read())
    library[0x40:0x60] = b"Wine builtin DLL".ljust(0x20, b"\0")
    target.write(library)
END
rm -rf "$folder/tools" "$folder"/usr/*-w64-mingw32* "$libraries/wine/i386-windows" "$folder/usr/share/doc" "$folder/usr/share/man"
touch "$folder/complete"
