# Short calls of the tools that do the work. `make help` lists the targets.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH):$(CURDIR)/build/venv/bin
SETUP := @.build/setup.sh
CARGO_TARGET := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wasi-mmap/cargo
# Published programs that are compared with their native runs.
PROGRAM_SETS := rust ripgrep c python

.PHONY: $(PROGRAM_SETS:%=programs-%) $(PROGRAM_SETS:%=programs-run-%)
.PHONY: help demo tour check test for-test core-windows crate-windows thorough sanitized conformance browser site bench fuzz fuzz-coverage engines cluster wasmtimes rusts compilers model miri sanitized-crate lint format build tests sanitizers polyfill shell guests crates programs programs-test programs-sets plugged wasmtime python-host windows checks package packages packages-test release release-test prebuilds clean

help:
	@echo 'make demo         set up, and show what mapping does to real files (three minutes the first time)'
	@echo 'make tour         the same in every language and host, with SQLite (twenty minutes the first time)'
	@echo 'make check        the core, the Node API, the vectors in TypeScript, style of changed files: two minutes'
	@echo 'make test         set up, and run all tests, also of other platforms, emulated (npm test runs what needs only Node)'
	@echo 'make test T=word  the same, but run only the tests whose names contain the word (also: npm test -- word)'
	@echo 'make programs-test  published programs, compared with their native runs (SET=one of $(PROGRAM_SETS); half an hour)'
	@echo 'make thorough     the same, with what takes long and rarely breaks, and with wasmtime for Windows (two hours)'
	@echo 'make sanitized    the tests of the Node API with AddressSanitizer and ThreadSanitizer in the addon'
	@echo 'make conformance  the contract suite as a matrix'
	@echo 'make engines      plugged components in other engines and versions of them (ten minutes)'
	@echo 'make cluster      plugged services in two hosts of wasmCloud, one of which ends'
	@echo 'make wasmtimes    the crate with each supported version of wasmtime, in the Rust for it (half an hour the first time)'
	@echo 'make rusts        the guest library for Rust with newer toolchains (T=beta: with this one; five minutes)'
	@echo 'make compilers    the types of the package in every supported version of TypeScript (ten minutes)'
	@echo 'make browser      a page that maps files, on http://127.0.0.1:8620'
	@echo 'make site         a static site in build/site: plots, the matrix of make conformance, the page, the documents'
	@echo 'make bench        ratios against the rivals, and plots (QUICK=1: in five minutes; COMPARE=file: what got slower since)'
	@echo 'make fuzz         TARGET=core|search|plug|polyfill|components TIME=seconds [SEED=number]: fuzz it'
	@echo 'make fuzz-coverage  the coverage of host/core by the kept inputs'
	@echo 'make model        the fault handler in every order of threads; make miri: the calls of the crate (Rust nightly)'
	@echo 'make lint         check style and types (make format formats)'
	@echo 'make build        the addon for this machine and the library'
	@echo 'make wasmtime     the command for wasmtime'
	@echo 'make python-host  the core for hosts in Python'
	@echo 'make windows      the same for Windows, as build/wasmtime/windows-x64/wasi-mmap.exe'
	@echo 'make polyfill     the component for hosts without a native mapping, and the tool that plugs it into others'
	@echo 'make shell        completions and the manual page of the commands, in dist/shell'
	@echo 'make programs     LMDB, SQLite, libmaxminddb, tinycdb and gdbm, natively and as components'
	@echo 'make package      the npm package, as build/wasi-mmap-VERSION.tgz'
	@echo 'make packages     every package as its registry takes it, in build/packages (an hour the first time)'
	@echo 'make packages-test  each of them, installed in an empty folder, with the example of its README (ten minutes)'
	@echo 'make release      VERSION=x.y.z: sets the version, cuts the changelog, makes and tests the packages, signs a tag; publishes nothing'
	@echo 'make release-test  publishes the packages into registries of this machine, and installs from them'
	@echo 'make prebuilds    the addon for every platform'
	@echo 'make clean        remove build results'

demo: tests
	$(SETUP) demo
	@tests/demo/build.sh
	@node build/tests/demo/demo.mjs

tour: tests plugged programs wasmtime
	@node build/tests/demo/demo.mjs --tour

# The fast loop: the core, the Node API, the vectors in TypeScript, and the style of changed files.
check: tests
	$(SETUP) test lint
	@.build/cmake.sh plain tests/core
	@.ci/lint.sh changed
	@node build/tests/tools/run.mjs --check

# make test T=word builds what is missing first; node build/tests/tools/run.mjs WORD does not.
test:
	$(SETUP) test polyfill guests plain-wasmtime wasmtime $(if $(THOROUGH),wasmtime-windows) prebuilds browser arm64 musl \
	  windows wine10 nodes shells runtimes compilers bundlers python-host
	@$(MAKE) --no-print-directory -j2 for-test
	@echo 'running $(if $(T),the tests that match $(T),all tests (about half an hour on two cores))'
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node build/tests/tools/run.mjs $(T)

# Two at a time, longest first: most of them keep one processor busy. All that they install is there by then.
for-test: wasmtime prebuilds sanitizers checks plugged crates programs python-host core-windows $(if $(THOROUGH),crate-windows)

core-windows: prebuilds # That has made zig's C++ library for Windows.
	@[ ! -d /usr/src/googletest ] || tests/tools/core-windows.sh

crate-windows: windows
	@echo 'building the tests of the crate for Windows'
	@CARGO_TARGET_DIR=$(CARGO_TARGET) host/wasmtime/windows.sh x64 tests

# `make test` takes a part of what takes long, and nothing of the command for Windows.
thorough:
	@THOROUGH=1 $(MAKE) --no-print-directory test
	@host/node/prebuilds.sh again
	@CARGO_TARGET_DIR=$(CARGO_TARGET) host/wasmtime/windows.sh x64 again
	@CARGO_TARGET_DIR=$(CARGO_TARGET) host/wasmtime/windows.sh arm64 check

sanitized: sanitizers
	@node build/tests/tools/run.mjs addon,

conformance: tests plugged wasmtime windows prebuilds
	$(SETUP) browser arm64 musl windows runtimes
	@node build/tests/contract/conformance.mjs

# Apart from `make test`: an engine changes when its pin does.
engines: tests polyfill guests
	$(SETUP) engines browser
	@node build/tests/contract/engines.mjs $(T)

# Apart from `make test`: wasmCloud changes when its pin does.
cluster: tests polyfill programs
	$(SETUP) cluster
	@tests/cluster/build.sh
	@node build/tests/cluster/cluster.mjs

# Apart from `make test`, which takes the version of the lock file: each other one is compiled for minutes.
wasmtimes: tests polyfill shell programs
	@tests/tools/wasmtimes.sh $(T)

# Apart from `make test`, which takes the machine's Rust: each other one compiles for two minutes.
rusts: tests crates wasmtime
	@tests/tools/rusts.sh $(T)

# Apart from `make test`, which tries chosen ones: types change rarely.
compilers: package
	@tests/tools/typescript.sh
	$(SETUP) compilers
	@node build/tests/package/compilers.test.mjs --all $(T)

# The page of tests/browser, on loopback.
browser: tests polyfill guests
	@node build/tests/browser/serve.mjs

# Opens without a server, and can be put on GitHub Pages as it is. `make test T=site` looks at it in Chromium.
site: tests polyfill guests
	@node build/tests/site/build.mjs

# QUICK=1: the rows that the plots show. COMPARE=file: what got slower since that report (build/reports/bench.json of another run).
bench: tests plugged programs wasmtime
	$(SETUP) test runtimes load
	@.build/cmake.sh plain tests/core
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node --expose-gc build/tests/bench/bench.mjs

# Findings land in build/fuzz/found. `tests/tools/fuzz.sh keep TARGET` keeps the inputs that reach new code.
fuzz: $(if $(filter components,$(TARGET)),tests) $(if $(filter plug,$(TARGET)),polyfill)
	$(SETUP) fuzz
	@tests/tools/fuzz.sh run $(TARGET) $(or $(TIME),60) $(SEED)

# The fault handler in every order of threads; the crate's calls of the core under Miri.
model:
	@CARGO_TARGET_DIR=$(CARGO_TARGET) .build/cargo.sh test --locked --manifest-path tests/model/Cargo.toml

miri:
	@tests/tools/nightly.sh miri

sanitized-crate: guests
	@tests/tools/nightly.sh thread
	@tests/tools/nightly.sh address

fuzz-coverage:
	$(SETUP) fuzz
	@tests/tools/fuzz.sh coverage

# The addon and the library.
build:
	$(SETUP) build
	@host/node/build.sh
	@ts/build.sh

# The TypeScript in tests/.
tests: build
	@tests/tools/typescript.sh

# The addon with each sanitizer. Node itself has none.
sanitizers: tests
	@[ "$$(uname -s)" != Linux ] || tests/tools/sanitized.sh build

# The contract over wasi:filesystem, as a component and as JavaScript.
polyfill: build
	$(SETUP) polyfill
	@guest/polyfill/build.sh

# The components in guest/ and tests/.
guests: build
	$(SETUP) guests
	@tests/tools/guests.sh

# Crates that use memmap2, as components.
crates: build
	$(SETUP) guests
	@tests/tools/crates.sh

# Apart from `make test`: published programs change when their pins do. CI takes the sets by turns: programs-SET builds one,
# programs-run-SET runs it.
programs-test:
	@for set in $(or $(SET),$(PROGRAM_SETS)); do \
	  $(MAKE) --no-print-directory programs-$$set && $(MAKE) --no-print-directory programs-run-$$set || exit 1; \
	done

programs-sets:
	@echo $(PROGRAM_SETS)

programs-rust programs-ripgrep: tests guests wasmtime
	@tests/tools/rust-programs.sh

programs-run-rust:
	@node build/tests/programs/rust/others/others.mjs

programs-c: tests guests wasmtime
	@tests/tools/c-programs.sh

programs-run-c:
	@node build/tests/programs/c/published.test.mjs --all

programs-python: tests plugged wasmtime

programs-run-python:
	@node build/tests/programs/python/packages.test.mjs --all

programs-run-ripgrep:
	@node build/tests/programs/rust/others/ripgrep.mjs

# Real programs in C, for this machine and as components.
programs: guests
	@tests/tools/programs.sh
	@tests/tools/c-programs.sh tinycdb gdbm

# The suite's runners with the polyfill in front, for the plain wasmtime.
plugged: polyfill guests
	$(SETUP) plain-wasmtime
	@tests/tools/plugged.sh

# Completions and the manual page of both commands, in dist/shell.
shell: build
	$(SETUP) shell
	@CARGO_TARGET_DIR=$(CARGO_TARGET) .build/shell/build.sh

# The command for wasmtime, as build/wasmtime/wasi-mmap.
wasmtime: polyfill shell
	$(SETUP) wasmtime
	@CARGO_TARGET_DIR=$(CARGO_TARGET) .build/rust-program.sh host/wasmtime wasi-mmap --features cli

# The core for hosts in Python, and wasmtime's package.
python-host: build
	$(SETUP) python-host
	@host/python/build.sh

# The same for Windows, as build/wasmtime/windows-x64/wasi-mmap.exe; MACHINE=arm64 for the other.
MACHINE := x64
windows: polyfill shell
	$(SETUP) wasmtime-windows
	@CARGO_TARGET_DIR=$(CARGO_TARGET) host/wasmtime/windows.sh $(MACHINE)

# The C++ in tests/, plain and with each sanitizer.
checks: build
	$(SETUP) test
	@for variant in plain address,undefined thread; do \
	  echo "building the tests of the core, $$variant"; \
	  sanitizer=$$variant; [ $$variant = plain ] && sanitizer=; \
	  .build/cmake.sh $${variant%,*} tests/core -DSANITIZE=$$sanitizer || exit 1; \
	done
	@echo 'building the fuzz targets, to replay the kept inputs'
	@.build/cmake.sh fuzz tests/fuzz/native -DENGINE=replay

lint: tests polyfill shell guests
	$(SETUP) lint
	@node .build/jco.mjs guest-types build/guests/wit --world-name command -o build/guests/types -q
	@CARGO_TARGET_DIR=$(CARGO_TARGET) .ci/lint.sh

format: build
	$(SETUP) lint
	@.ci/lint.sh fix

# The package contains the prebuilds that exist, at least the one for this machine.
package: build polyfill shell
	@host/node/prebuilds.sh here
	@ts/pack.sh build

# For npm, crates.io, PyPI, registries of components, and as programs; with checksums and a list of what they contain.
packages: polyfill shell prebuilds windows
	$(SETUP) packages
	@for machine in x64 x64-musl; do CARGO_TARGET_DIR=$(CARGO_TARGET) host/wasmtime/linux.sh $$machine || exit 1; done
	@.build/release/packages.sh

# Apart from `make test`, like `release-test`: it takes what `make packages` has made.
packages-test: tests
	$(SETUP) packages plain-wasmtime windows
	@tests/tools/guests.sh c
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node build/tests/package/artefacts.mjs $(T)

release-test: tests
	$(SETUP) packages
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node build/tests/package/release.mjs

# Each a process of its own, for the packages are made of the commit of the first. .github/CONTRIBUTING.md says what follows.
release:
	@.build/release/release.sh prepare $(VERSION)
	@$(MAKE) --no-print-directory packages
	@$(MAKE) --no-print-directory packages-test release-test
	@.build/release/release.sh tag $(VERSION)

prebuilds:
	$(SETUP) prebuilds
	@host/node/prebuilds.sh all

clean:
	rm -rf build dist prebuilds
