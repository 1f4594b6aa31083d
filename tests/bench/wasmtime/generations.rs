//! The same guest for WASI 0.2 and 0.3: a call of one byte, and the whole file in reads of 64 KiB, through a mapping and
//! through `wasi:filesystem`, which has streams in 0.3.

use crate::{config, linker, print_rounds, Case, State, CALLS, PASSES};
use std::path::Path;
use std::time::Instant;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::{p2, p3, FsPerms, WasiCtx};
use wasmtime_wasi_mmap::{WasiMmap, WasiMmapCtx};

/// Reads at scattered places.
const SCATTERED: u64 = 5000;

fn store(engine: &Engine, folder: &Path, arguments: &[&str]) -> Store<State> {
    let mut wasi = WasiCtx::builder();
    // Reads then take the shortest way.
    wasi.arg("bench").args(arguments).allow_blocking_current_thread(true);
    wasi.preopened_dir(folder, "/", FsPerms::ReadOnly).expect("a folder");
    Store::new(engine, State { table: ResourceTable::new(), wasi: wasi.build(), mmap: WasiMmapCtx::default() })
}

/// Runs the guest of 0.2 once, and returns the time from its start in nanoseconds.
fn run_p2(linker: &Linker<State>, component: &Component, folder: &Path, arguments: &[&str]) -> f64 {
    let mut store = store(linker.engine(), folder, arguments);
    let command = p2::bindings::sync::Command::instantiate(&mut store, component, linker).expect("a command");
    let start = Instant::now();
    command.wasi_cli_run().call_run(&mut store).expect("no trap").expect("success");
    start.elapsed().as_nanos() as f64
}

/// The same for the guest of 0.3.
fn run_p3(linker: &Linker<State>, component: &Component, folder: &Path, arguments: &[&str]) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut store = store(linker.engine(), folder, arguments);
        let command = p3::bindings::Command::instantiate_async(&mut store, component, linker).await.expect("a command");
        let start = Instant::now();
        let ended = store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await;
        ended.flatten().expect("no trap").expect("success");
        start.elapsed().as_nanos() as f64
    })
}

fn linker_of_both(engine: &Engine) -> Result<Linker<State>> {
    let view: fn(&mut State) -> WasiMmap<'_> = |state| WasiMmap::new(&mut state.mmap, &mut state.table);
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker)?;
    p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_mmap::add_to_linker(&mut linker, view)?;
    wasmtime_wasi_mmap::add_to_linker_p3(&mut linker, view)?;
    Ok(linker)
}

/// The arguments of a case and the number of its operations.
fn work(verb: &str) -> (Vec<String>, f64) {
    match verb {
        "map-byte" => (vec![verb.into(), CALLS.to_string()], CALLS as f64),
        "map-sum" | "file-sum" => (vec![verb.into(), PASSES.to_string(), "65536".into()], PASSES as f64),
        _ => (vec![verb.into(), SCATTERED.to_string(), "65536".into()], SCATTERED as f64),
    }
}

pub fn measure(folder: &Path) -> Result<()> {
    let (plain, concurrent) = (Engine::new(&config())?, Engine::new(&Config::new())?);
    let (plain_linker, concurrent_linker, both) = (linker(&plain)?, linker(&concurrent)?, linker_of_both(&concurrent)?);
    let of_plain = Component::from_file(&plain, "build/guests/c/bench.wasm")?;
    let of_concurrent = Component::from_file(&concurrent, "build/guests/c/bench.wasm")?;
    let later = Component::from_file(&concurrent, "build/guests/c/bench-0.3.wasm")?;
    let mut cases: Vec<Case> = Vec::new();
    for verb in ["map-byte", "map-sum", "file-sum", "map-read", "file-read"] {
        for (generation, linker, component) in [
            ("0.2", &plain_linker, &of_plain),
            ("0.2, concurrency", &concurrent_linker, &of_concurrent),
            ("0.3", &both, &later),
        ] {
            let (arguments, operations) = work(verb);
            let run = if generation == "0.3" { run_p3 } else { run_p2 };
            let time =
                move || run(linker, component, folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
            cases.push((format!("{verb}, {generation}").leak(), operations, Box::new(time)));
        }
    }
    print_rounds(&cases);
    Ok(())
}
