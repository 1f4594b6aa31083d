#!/bin/sh
# Builds published programs in Rust, unmodified, for this machine (build/others/NAME) and as components with the crates of
# guest/rust/memmap2 (build/others/NAME.wasm). Sources come from crates.io, pinned in tests/programs/rust/others.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
here=tests/programs/rust/others
output=build/others
export CARGO_TARGET_DIR="$cache/others"
programs='addr2line-0.27.1 b3sum-1.8.7 fst-bin-0.4.3'

is_current "$output/sources" tests/tools/rust-programs.sh wit guest/rust "$here" && exit
echo 'building published programs in Rust, natively and as components (ten minutes the first time)'
mkdir -p "$output"

crates="$cache/rust-programs-$(sum_of $here/sources/Cargo.lock | tr ' ' -)"
if [ ! -d "$crates" ]; then
  rm -rf "$crates.new"
  quietly others/sources .build/cargo.sh vendor --locked --versioned-dirs --manifest-path $here/sources/Cargo.toml "$crates.new"
  mv "$crates.new" "$crates"
fi

# A workspace of copies: with a Cargo.lock that names memmap2 itself, as that of a user does.
workspace="$PWD/$output/workspace"
rm -rf "$workspace"
mkdir -p "$workspace"
cp -R $here/Cargo.toml $here/Cargo.lock $here/probes "$workspace"
for program in $programs; do cp -R "$crates/$program" "$workspace"; done
rm -rf "$output/data"
mkdir -p "$output/data"
cp "$crates"/fst-0.4.7/data/words-* "$output/data"
set -- --release --manifest-path "$workspace/Cargo.toml" --workspace --features addr2line/bin

quietly others/native .build/cargo.sh build --locked "$@"
# The example files of a library come with it.
osm=$(.build/cargo.sh metadata --format-version 1 --locked --offline --manifest-path "$workspace/Cargo.toml" |
  node -p 'require("path").dirname(JSON.parse(require("fs").readFileSync(0)).packages.find(({ name }) => name === "osmpbf").manifest_path)')
cp "$osm"/tests/*.pbf "$output/data"

place="$PWD/guest/rust/memmap2"
cat >>"$workspace/Cargo.toml" <<END

[patch.crates-io]
memmap2 = { path = "$place" }
memmap2-05 = { package = "memmap2", path = "$place/0.5" }
END
quietly others/update .build/cargo.sh update --manifest-path "$workspace/Cargo.toml" --offline -p memmap2@0.5.10 -p memmap2@0.9.12
quietly others/wasm .build/cargo.sh build --offline --target wasm32-wasip2 "$@"
for program in addr2line b3sum fst osm tensors; do
  cp "$CARGO_TARGET_DIR/release/$program" "$output/$program"
  cp "$CARGO_TARGET_DIR/wasm32-wasip2/release/$program.wasm" "$output/$program.wasm"
done
built
