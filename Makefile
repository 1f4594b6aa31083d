# Thin calls of the tools that do the work. `make help` lists what there is.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH):$(CURDIR)/build/venv/bin
SETUP := @tests/tools/setup.sh
CARGO_TARGET := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wasi-mmap/cargo
# $(call CMAKE_BUILD,NAME,OPTIONS,SOURCES): quiet unless it fails.
CMAKE_BUILD = cmake -S $(or $(3),host) -B build/cmake/$(1) $(2) >build/cmake-$(1).log || { cat build/cmake-$(1).log; exit 1; }; cmake --build build/cmake/$(1) -j2 -- --no-print-directory >>build/cmake-$(1).log 2>&1 || { tail -n 40 build/cmake-$(1).log; exit 1; }

.PHONY: help demo test sanitized conformance browser bench fuzz fuzz-coverage model miri sanitized-crate lint format build tests sanitizers polyfill guests crates programs plugged wasmtime checks package prebuilds clean

help:
	@echo 'make demo         set up, and show what mapping does to real files'
	@echo 'make test         set up, and run all tests, also of other platforms, emulated (npm test runs what needs only Node)'
	@echo 'make sanitized    the tests of the Node API with AddressSanitizer and ThreadSanitizer in the addon'
	@echo 'make conformance  the contract suite as a matrix'
	@echo 'make browser      a page that maps files, on http://127.0.0.1:8620'
	@echo 'make bench        ratios against the rivals'
	@echo 'make fuzz         TARGET=core|search|plug|polyfill|components TIME=seconds [SEED=number]: look for what is wrong'
	@echo 'make fuzz-coverage  what part of host/core the kept inputs reach'
	@echo 'make model        the fault handler in every order of threads; make miri: the calls of the crate (Rust nightly)'
	@echo 'make lint         check style and types (make format mends what can be mended)'
	@echo 'make build        the addon for this machine and the library'
	@echo 'make wasmtime     the command for wasmtime'
	@echo 'make polyfill     the component for hosts without a native mapping, and what plugs it'
	@echo 'make programs     LMDB, SQLite and libmaxminddb, natively and as components'
	@echo 'make package      the npm package, as build/wasi-mmap-VERSION.tgz'
	@echo 'make prebuilds    the addon for every platform'
	@echo 'make clean        remove what was built'

demo: tests plugged programs wasmtime
	@node build/tests/demo/demo.mjs

test: checks tests sanitizers plugged crates programs wasmtime prebuilds
	$(SETUP) browser
	$(SETUP) arm64
	$(SETUP) windows
	$(SETUP) nodes
	@[ ! -d /usr/src/googletest ] || tests/tools/core-windows.sh
	@echo 'running all tests (about twenty minutes on two cores)'
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node build/tests/tools/run.mjs

sanitized: sanitizers
	@node build/tests/tools/run.mjs addon,

conformance: tests plugged wasmtime prebuilds
	$(SETUP) browser
	$(SETUP) arm64
	$(SETUP) windows
	@node build/tests/contract/conformance.mjs

# The page of tests/browser, on loopback.
browser: tests polyfill guests
	@node build/tests/browser/serve.mjs

bench: checks tests plugged programs wasmtime
	@CARGO_TARGET_DIR=$(CARGO_TARGET) node --expose-gc build/tests/bench/bench.mjs

# What is found lands in build/fuzz/found. `tests/tools/fuzz.sh keep TARGET` keeps what reaches more.
fuzz: $(if $(filter components,$(TARGET)),tests) $(if $(filter plug,$(TARGET)),polyfill)
	$(SETUP) fuzz
	@tests/tools/fuzz.sh run $(TARGET) $(or $(TIME),60) $(SEED)

# Every order of what the core's fault handler and the threads beside it do, and the crate's calls of the core under Miri.
model:
	@CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh test --locked --manifest-path tests/model/Cargo.toml

miri:
	@tests/tools/nightly.sh miri

sanitized-crate: guests
	@tests/tools/nightly.sh thread

fuzz-coverage:
	$(SETUP) fuzz
	@tests/tools/fuzz.sh coverage

# The addon and the library.
build:
	$(SETUP) build
	@echo 'building the addon and the library'
	@$(call CMAKE_BUILD,addon,-DBUILD_CHECKS=OFF -DCMAKE_BUILD_TYPE=Release -DADDON_DIRECTORY=$(CURDIR)/build/addon/$$(node -p 'process.platform + "-" + process.arch'))
	@node tests/tools/jco.mjs types wit --world-name host -o dist/contract >build/jco.log 2>&1 || { cat build/jco.log; exit 1; }
	@node tests/tools/jco.mjs guest-types wit --world-name guest -o dist/guest-types >>build/jco.log 2>&1 || { cat build/jco.log; exit 1; }
	@tsc -p ts
	@tsc -p guest/js && tsc -p ts/polyfill && echo '{"type":"module"}' >dist/portable/package.json
	@cp -r dist/contract dist/portable/ts/

# The programs in tests/ that are TypeScript.
tests: build
	@tsc -p tests && tsc -p tests/browser

# The addon with each sanitizer, which Node has not got itself.
sanitizers: tests
	@[ "$$(uname -s)" != Linux ] || tests/tools/sanitized.sh build

# The contract without a native host, as a component and as JavaScript.
polyfill: build
	$(SETUP) polyfill
	@tests/tools/polyfill.sh

# The programs in guest/ and tests/ that are components.
guests: build
	$(SETUP) guests
	@tests/tools/guests.sh

# Crates that use memmap2, as components.
crates: build
	$(SETUP) guests
	@tests/tools/crates.sh

# Real programs in C, for this machine and as components.
programs: guests
	@tests/tools/programs.sh

# The suite's runners with the polyfill in front, for the plain wasmtime.
plugged: polyfill guests
	$(SETUP) wasmtime
	@CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/plain-wasmtime.sh
	@tests/tools/plugged.sh

# The command for wasmtime, as build/wasmtime/wasi-mmap.
wasmtime: polyfill
	$(SETUP) wasmtime
	@CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/wasmtime.sh

# The programs in tests/ that are C++, plain and with each sanitizer.
checks: build
	$(SETUP) test
	@for variant in plain address undefined thread; do \
	  echo "building the tests of the core, $$variant"; \
	  sanitizer=$$variant; [ $$variant = plain ] && sanitizer=; \
	  $(call CMAKE_BUILD,$$variant,-DBUILD_ADDON=OFF -DSANITIZE=$$sanitizer); \
	done
	@echo 'building the fuzz targets, to replay what was found'
	@$(call CMAKE_BUILD,fuzz,-DENGINE=replay,tests/fuzz/native)

lint: tests polyfill guests
	$(SETUP) lint
	@node tests/tools/jco.mjs guest-types build/guests/wit --world-name command -o build/guests/types -q
	tsc -p guest/js/examples && tsc -p tests/contract/guests
	oxlint --type-aware --deny-warnings ts tests guest
	prettier --check --log-level warn .
	clang-format --dry-run -Werror $$(git ls-files '*.cpp' '*.h' '*.c')
	clang-tidy --quiet -p build/cmake/addon $$(git ls-files "host/*.cpp" ":!host/*/windows/*")
	tests/tools/cargo.sh fmt --check --manifest-path guest/rust/Cargo.toml
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh clippy -q --manifest-path guest/rust/Cargo.toml --all-targets --features std-file -- -D warnings
	tests/tools/cargo.sh fmt --check --manifest-path tests/memmap2/native/Cargo.toml -- guest/rust/memmap2/src/lib.rs tests/memmap2/src/lib.rs
	tests/tools/cargo.sh fmt --check --manifest-path guest/polyfill/Cargo.toml
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh clippy -q --locked --manifest-path guest/polyfill/Cargo.toml --all-targets -- -D warnings
	tests/tools/cargo.sh fmt --check --manifest-path guest/polyfill/plug/Cargo.toml
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh clippy -q --locked --release --manifest-path guest/polyfill/plug/Cargo.toml -- -D warnings
	tests/tools/cargo.sh fmt --check --manifest-path tests/fuzz/plug/Cargo.toml
	tests/tools/cargo.sh fmt --check --manifest-path tests/fuzz/polyfill/Cargo.toml
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh clippy -q --locked --manifest-path tests/fuzz/polyfill/Cargo.toml -- -D warnings
	tests/tools/cargo.sh fmt --check --manifest-path host/wasmtime/Cargo.toml
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/cargo.sh clippy -q --locked --release --manifest-path host/wasmtime/Cargo.toml --features cli --all-targets -- -D warnings
	CARGO_TARGET_DIR=$(CARGO_TARGET) tests/tools/windows.sh
	shellcheck tests/tools/*.sh .ci/run
	ruff check -q .
	ruff format -q --check .
	publint --strict --pack npm
	tests/tools/dependencies.sh

format: build
	$(SETUP) lint
	prettier --write --log-level warn .
	clang-format -i $$(git ls-files '*.cpp' '*.h' '*.c')
	tests/tools/cargo.sh fmt --manifest-path guest/rust/Cargo.toml
	tests/tools/cargo.sh fmt --manifest-path tests/memmap2/native/Cargo.toml -- guest/rust/memmap2/src/lib.rs tests/memmap2/src/lib.rs
	tests/tools/cargo.sh fmt --manifest-path guest/polyfill/Cargo.toml
	tests/tools/cargo.sh fmt --manifest-path guest/polyfill/plug/Cargo.toml
	tests/tools/cargo.sh fmt --manifest-path tests/fuzz/plug/Cargo.toml
	tests/tools/cargo.sh fmt --manifest-path tests/fuzz/polyfill/Cargo.toml
	tests/tools/cargo.sh fmt --manifest-path host/wasmtime/Cargo.toml
	ruff format -q .

# The package holds the prebuilds that there are, at least the one for this machine.
package: build polyfill
	@tests/tools/prebuilds.sh here
	npm pack --silent --pack-destination build

prebuilds:
	$(SETUP) prebuilds
	@tests/tools/prebuilds.sh all

clean:
	rm -rf build dist prebuilds
