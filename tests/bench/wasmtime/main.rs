//! Guests in wasmtime, measured inside one process: bench FOLDER, which holds the file `text` and the components of
//! build/guests/c. Prints a line for each case: its name, and for each round the time in nanoseconds of one operation. With
//! the variable QUICK, there are fewer rounds.
//!
//! bench FOLDER --instances measures what an instance costs, in the same form.
//!
//! bench FOLDER --generations compares guests of WASI 0.2 and 0.3, in the same form.
//!
//! bench FOLDER COMPONENT ARGUMENTS… runs a component in a host with the defaults of wasmtime-wasi: reads of files wait for
//! another thread.

#![allow(clippy::cast_precision_loss)] // Times and counts are far below 2^53.

mod generations;
mod instances;

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_mmap::{SpanEngine, WasiMmap, WasiMmapCtx};

const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 3;
/// How often the file is read from start to end, once it is open or mapped.
const PASSES: usize = 4;
const CALLS: u64 = 2_000_000;

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    mmap: WasiMmapCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

struct Guest<'a> {
    linker: &'a Linker<State>,
    component: &'a Component,
    folder: &'a Path,
}

impl Guest<'_> {
    /// Runs the component once. The time begins after its start.
    fn run(&self, arguments: &[&str], blocking: bool) -> f64 {
        let mut wasi = WasiCtx::builder();
        wasi.arg("bench").args(arguments).allow_blocking_current_thread(blocking);
        wasi.preopened_dir(self.folder, "/", FsPerms::ReadOnly).expect("a folder");
        let state = State { table: ResourceTable::new(), wasi: wasi.build(), mmap: WasiMmapCtx::default() };
        let mut store = Store::new(self.linker.engine(), state);
        let command = Command::instantiate(&mut store, self.component, self.linker).expect("a command");
        let start = Instant::now();
        command.wasi_cli_run().call_run(&mut store).expect("no trap").expect("success");
        start.elapsed().as_nanos() as f64
    }
}

/// As in bench.c.
fn sum(bytes: &[u8]) -> u64 {
    let mut sums = [0_u64; 4];
    for block in bytes.chunks_exact(32) {
        for (sum, word) in sums.iter_mut().zip(block.chunks_exact(8)) {
            *sum = sum.wrapping_add(u64::from_le_bytes(word.try_into().expect("8 bytes")));
        }
    }
    sums.iter().fold(0, |total, sum| total.wrapping_add(*sum))
}

/// Does the work of the guest as a native program: maps the file, and reads it as often.
fn passes(folder: &Path, mut pass: impl FnMut(&[u8]) -> u64) -> f64 {
    let start = Instant::now();
    let file = File::open(folder.join("text")).expect("the file");
    // SAFETY: nobody changes the file meanwhile.
    let map = unsafe { memmap2::Mmap::map(&file) }.expect("a mapping");
    for _ in 0..PASSES {
        black_box(pass(&map));
    }
    start.elapsed().as_nanos() as f64
}

/// The name of a case, the number of its operations, and a function that does them and returns the time.
type Case<'a> = (&'a str, f64, Box<dyn Fn() -> f64 + 'a>);

/// As an engine for components of WASI 0.2 is best: support for those of 0.3 is compiled in here.
fn config() -> Config {
    let mut config = Config::new();
    config.concurrency_support(false);
    config
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    wasmtime_wasi_mmap::add_to_linker(&mut linker, |state: &mut State| {
        WasiMmap::new(&mut state.mmap, &mut state.table)
    })?;
    Ok(linker)
}

/// Runs a program that prints its times itself.
fn run_as_usual(folder: &Path, program: &str, arguments: &[String]) -> Result<()> {
    let spans = SpanEngine::new(&config())?;
    let engine = spans.engine();
    let linker = linker(engine)?;
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio().arg(program).args(arguments).preopened_dir(folder, "/", FsPerms::ReadWrite)?;
    let mmap = WasiMmapCtx::builder().spans(&spans).build();
    let mut store = Store::new(engine, State { table: ResourceTable::new(), wasi: wasi.build(), mmap });
    let component = Component::from_file(engine, program)?;
    let command = Command::instantiate(&mut store, &component, &linker)?;
    command.wasi_cli_run().call_run(&mut store)?.map_err(|()| wasmtime::format_err!("{program} failed"))
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(words.first().expect("bench FOLDER"));
    if words.get(1).is_some_and(|word| word == "--instances") {
        return instances::measure(folder);
    }
    if words.get(1).is_some_and(|word| word == "--generations") {
        return generations::measure(folder);
    }
    if let [_, program, arguments @ ..] = words.as_slice() {
        return run_as_usual(folder, program, arguments);
    }
    let engine = Engine::new(&config())?;
    let linker = linker(&engine)?;
    let component = Component::from_file(&engine, "build/guests/c/bench.wasm")?;
    let guest = Guest { linker: &linker, component: &component, folder };
    let calls = CALLS.to_string();

    let mut cases: Vec<Case> = Vec::new();
    for (size, label) in [("65536", "64 KiB"), ("1048576", "1 MiB")] {
        for (name, verb, blocking) in [
            ("mapping", "map-sum", true),
            ("wasi, blocking", "file-sum", true),
            ("wasi, other thread", "file-sum", false),
        ] {
            let (guest, name) = (&guest, format!("{name}, {label}").leak());
            cases.push((
                name,
                PASSES as f64,
                Box::new(move || guest.run(&[verb, &PASSES.to_string(), size], blocking)),
            ));
        }
        let length = size.parse::<usize>().expect("a number");
        let buffer = std::cell::RefCell::new(vec![0_u8; length]);
        let copy_and_sum = move || {
            let mut buffer = buffer.borrow_mut();
            passes(folder, |map| {
                map.chunks(length).fold(0_u64, |total, block| {
                    buffer[..block.len()].copy_from_slice(block);
                    total.wrapping_add(sum(black_box(&buffer[..block.len()])))
                })
            })
        };
        cases.push((format!("memcpy and sum, {label}").leak(), PASSES as f64, Box::new(copy_and_sum)));
    }
    cases.push(("memmap2", PASSES as f64, Box::new(|| passes(folder, sum))));
    cases.push(("1 byte", CALLS as f64, Box::new(|| guest.run(&["map-byte", &calls], true))));
    cases.push(("map", 20_000.0, Box::new(|| guest.run(&["map", "20000"], true))));

    print_rounds(&cases);
    Ok(())
}

/// Measures the cases in turn, and prints the time of each round.
fn print_rounds(cases: &[Case]) {
    let rounds = if is_quick() { QUICK_ROUNDS } else { ROUNDS };
    let mut taken = vec![Vec::new(); cases.len()];
    for round in 0..=rounds {
        for (taken, (_, operations, work)) in taken.iter_mut().zip(cases) {
            let time = work() / operations;
            if round > 0 {
                taken.push(time); // The first round warms up.
            }
        }
    }
    for (taken, (name, ..)) in taken.iter().zip(cases) {
        println!("{name}: {}", figures(taken));
    }
}

/// Whether this is a part of the quick form of `make bench`.
fn is_quick() -> bool {
    std::env::var_os("QUICK").is_some_and(|value| !value.is_empty())
}

/// The figure of each round, with one decimal.
fn figures(rounds: &[f64]) -> String {
    rounds.iter().map(|figure| format!("{figure:.1}")).collect::<Vec<_>>().join(" ")
}
