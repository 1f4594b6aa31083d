#!/bin/sh
# Builds published programs in Rust, unmodified, for this machine (build/others/NAME) and as components with the crates of
# guest/rust/memmap2 (build/others/NAME.wasm). Sources come from crates.io, pinned in tests/programs/rust/others.
set -eu
cd "$(dirname "$0")/../.."
. .build/lib.sh
here=tests/programs/rust/others
output=build/others
export CARGO_TARGET_DIR="$cache/others"
programs='addr2line-0.27.1 b3sum-1.8.7 fst-bin-0.4.3 ripgrep-15.2.0'

is_current "$output/sources" tests/tools/rust-programs.sh wit guest/rust "$here" && exit
echo 'building published programs in Rust, natively and as components (ten minutes the first time)'
mkdir -p "$output"

vendored others/sources "$cache/rust-programs" $here/sources

# A workspace of copies: with a Cargo.lock that names memmap2 itself, as that of a user does.
workspace="$PWD/$output/workspace"
rm -rf "$workspace"
mkdir -p "$workspace"
cp -Rp $here/Cargo.toml $here/Cargo.lock $here/probes "$workspace"
for program in $programs; do cp -Rp "$crates/$program" "$workspace"; done
rm -rf "$output/data"
mkdir -p "$output/data"
cp "$crates"/fst-0.4.7/data/words-* "$output/data"
set -- --release --manifest-path "$workspace/Cargo.toml" --workspace --features addr2line/bin

quietly others/native .build/cargo.sh build --locked "$@"
# ripgrep's own tests start the program beside their folder.
# shellcheck disable=SC2016 # JavaScript
quietly others/tests .build/cargo.sh test --locked -p ripgrep --test integration --no-run --message-format json "$@"
mkdir -p "$output/ripgrep/deps"
node -e 'for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line.startsWith("{"))) {
    const { executable, profile, target } = JSON.parse(line);
    if (executable && profile.test && target.name === "integration") require("fs").copyFileSync(executable, process.argv[1]);
  }' "$output/ripgrep/deps/integration" <build/others/tests.log
# The example files of a library come with it.
osm=$(.build/cargo.sh metadata --format-version 1 --locked --offline --manifest-path "$workspace/Cargo.toml" |
  node -p 'require("path").dirname(JSON.parse(require("fs").readFileSync(0)).packages.find(({ name }) => name === "osmpbf").manifest_path)')
cp "$osm"/tests/*.pbf "$output/data"

# What the programs get for WASI: memmap2 of this project, locks, and a rayon that does without threads in every pool, as it
# does already in the global one.
place="$PWD/guest/rust/memmap2"
rayon="$PWD/$output/rayon-core"
rm -rf "$rayon"
cp -Rp "$crates"/rayon-core-1.13.0 "$rayon"
patch -s -d "$rayon" -p1 <$here/wasi/rayon-core.patch
cat >>"$workspace/Cargo.toml" <<END

[patch.crates-io]
fs4 = { path = "$PWD/$here/wasi/fs4" }
memmap2 = { path = "$place" }
memmap2-05 = { package = "memmap2", path = "$place/0.5" }
rayon-core = { path = "$rayon" }
END
set -- --target wasm32-wasip2 "$@"
quietly others/update .build/cargo.sh update --manifest-path "$workspace/Cargo.toml" --offline -p memmap2@0.5.10 -p memmap2@0.9.12 -p fs4@0.13.1 -p rayon-core@1.13.0
quietly others/wasm .build/cargo.sh build --offline "$@"
for program in addr2line b3sum fst index osm rg tensors; do
  cp "$CARGO_TARGET_DIR/release/$program" "$output/$program"
  # What tells lines of sources would be translated too, at four fifths of the size.
  build/venv/bin/wasm-tools strip "$CARGO_TARGET_DIR/wasm32-wasip2/release/$program.wasm" -o "$output/$program.wasm"
done
built
