#!/bin/sh
# Unpacks CPython 3.14 of Debian sid, which is the guest's version, and the tests of mmap of 3.14 and 3.15: cpython.sh FOLDER.
# `setup.sh guests` calls it. The tests are those that pins/cpython.sha256 names.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
"$here/debian.sh" "$folder" sid amd64 python3.14-minimal libpython3.14-minimal libpython3.14-stdlib \
  libpython3.14-testsuite libpython3.15-testsuite libc6 zlib1g libexpat1
cd "$folder"
sha256sum --quiet -c "$here/pins/cpython.sha256"
# The tests run on the guest's Python, and so with its own support.
for version in 3.14 3.15; do
  mkdir -p "tests/$version"
  cp -r usr/lib/python3.14/test/__init__.py usr/lib/python3.14/test/support "tests/$version/"
  cp "usr/lib/python$version/test/test_mmap.py" "tests/$version/"
done
rm -rf usr/lib/python3.14/test
rm -rf usr/share usr/lib/python3.15 etc var lib
# Beside the C library of the system, so by its own loader.
cat >python <<'END'
#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
libraries=$folder/usr/lib/x86_64-linux-gnu
PYTHONHOME=$folder/usr exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$folder/usr/bin/python3.14" "$@"
END
chmod 755 python
./python -c 'import mmap'
touch complete
