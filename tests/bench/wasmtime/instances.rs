//! What an instance costs: a host starts one for each request. Prints a line for each engine and guest, with the
//! microseconds of each round, and what a thousand instances take that map one file at the same time.

use crate::{config, figures, is_quick, linker, State};
use std::path::Path;
use std::time::Instant;
use wasmtime::component::{Component, ResourceTable};
use wasmtime::{Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::{FsPerms, WasiCtx};
use wasmtime_wasi_mmap::{SpanEngine, WasiMmapCtx};

const GUESTS: [(&str, &str, usize); 3] = [
    ("C", "build/guests/c/spans.wasm", 500),
    ("Rust", "build/guests/rust/maps.wasm", 500),
    ("Python", "build/guests/python/contract.wasm", 40),
];
/// Rounds take turns, because a shared machine has slow moments that must not hit one engine alone.
const ROUNDS: usize = 9;
const AT_ONCE: u32 = 1000;

fn store(engine: &Engine, folder: &Path, spans: Option<&SpanEngine>, arguments: &[&str]) -> Store<State> {
    let mut wasi = WasiCtx::builder();
    wasi.arg("guest").args(arguments).preopened_dir(folder, "/", FsPerms::ReadWrite).expect("a folder");
    let mmap = spans.map_or_else(WasiMmapCtx::builder, |spans| WasiMmapCtx::builder().spans(spans)).build();
    Store::new(engine, State { table: ResourceTable::new(), wasi: wasi.build(), mmap })
}

/// An engine with a guest that is ready to start.
struct Ready<'a> {
    engine: &'a Engine,
    spans: Option<&'a SpanEngine>,
    command: CommandPre<State>,
}

impl Ready<'_> {
    /// Makes so many instances, one after the other, and returns the time of one in nanoseconds.
    #[allow(clippy::cast_precision_loss)]
    fn time(&self, folder: &Path, count: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..count {
            let mut store = store(self.engine, folder, self.spans, &[]);
            self.command.instantiate(&mut store).expect("an instance");
        }
        start.elapsed().as_nanos() as f64 / count as f64
    }
}

fn pooling() -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(AT_ONCE).max_component_instance_size(4 << 20).max_memory_size(1 << 30);
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// The lines of a file of `/proc`, or the entries of a folder there.
fn count(path: &str) -> usize {
    std::fs::read_dir(path)
        .map_or_else(|_| std::fs::read_to_string(path).map_or(0, |text| text.lines().count()), Iterator::count)
}

pub fn measure(folder: &Path) -> Result<()> {
    let (default, spans, pool) = (Engine::new(&config())?, SpanEngine::new(&config())?, pooling()?);
    let engines = [("default", &default, None), ("spans", spans.engine(), Some(&spans)), ("pool", &pool, None)];
    // Python's component takes long to compile, for each engine.
    for (language, path, number) in GUESTS.into_iter().filter(|(language, ..)| !is_quick() || *language != "Python") {
        let mut ready = Vec::new();
        for (name, engine, spans) in engines {
            let component = Component::from_file(engine, path)?;
            let command = CommandPre::new(linker(engine)?.instantiate_pre(&component)?)?;
            ready.push((name, Ready { engine, spans, command }, Vec::new()));
        }
        for round in 0..=ROUNDS {
            for (_, ready, taken) in &mut ready {
                let time = ready.time(folder, number);
                if round > 0 {
                    taken.push(time / 1000.0); // The first round warms up.
                }
            }
        }
        for (name, _, taken) in ready {
            println!("instance, {language}, {name}: {}", figures(&taken));
        }
    }
    at_once(folder, &spans)
}

/// A thousand instances, each of which has attached a span of the same file, and what the process has then.
#[allow(clippy::cast_precision_loss)]
fn at_once(folder: &Path, spans: &SpanEngine) -> Result<()> {
    std::fs::write(folder.join("file"), ["a", "b", "c", "d"].map(|letter| letter.repeat(1 << 16)).concat())?;
    std::fs::write(folder.join("letters"), "abcd".repeat(1 << 14))?;
    let component = Component::from_file(spans.engine(), "build/guests/c/spans.wasm")?;
    let command = CommandPre::new(linker(spans.engine())?.instantiate_pre(&component)?)?;
    let (areas, descriptors) = (count("/proc/self/maps"), count("/proc/self/fd"));
    let start = Instant::now();
    let mut stores = Vec::new();
    for _ in 0..AT_ONCE {
        let mut store = store(spans.engine(), folder, Some(spans), &["left:exit", "read"]);
        let guest = command.instantiate(&mut store)?;
        let ended = guest.wasi_cli_run().call_run(&mut store);
        assert!(ended.is_err() || matches!(ended, Ok(Ok(()))), "the guest failed");
        stores.push(store);
    }
    let made = start.elapsed();
    let each = |now: usize, before: usize| (now.saturating_sub(before)) as f64 / f64::from(AT_ONCE);
    println!("at once, us: {:.1}", made.as_secs_f64() * 1e6 / f64::from(AT_ONCE));
    println!("at once, areas: {:.1}", each(count("/proc/self/maps"), areas));
    println!("at once, descriptors: {:.1}", each(count("/proc/self/fd"), descriptors));
    let start = Instant::now();
    drop(stores);
    println!("at once, us to end: {:.1}", start.elapsed().as_secs_f64() * 1e6 / f64::from(AT_ONCE));
    Ok(())
}
