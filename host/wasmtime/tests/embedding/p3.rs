//! Components of WASI 0.3, alone and beside those of 0.2.

use crate::common::{alone, areas_of, ended, give_up, guest, store, view, Folder, State};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Result, Store, UpdateDeadline};
use wasmtime_wasi::p3::bindings::Command;
use wasmtime_wasi_mmap::{add_to_linker_p3, add_to_linker_p3_async, live_regions, SpanEngine, WasiMmap, WasiMmapCtx};

type Add = fn(&mut Linker<State>, fn(&mut State) -> WasiMmap<'_>) -> Result<()>;

/// Both ways to add the interfaces.
const WAYS: [Add; 2] = [add_to_linker_p3, add_to_linker_p3_async];

/// A linker with both generations.
fn linker(engine: &Engine, add: Add) -> Linker<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
    wasmtime_wasi_mmap::add_to_linker(&mut linker, view).unwrap();
    add(&mut linker, view).unwrap();
    linker
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs a command of 0.3.
async fn run(
    store: &mut Store<State>,
    linker: &Linker<State>,
    component: &Component,
) -> std::result::Result<i32, String> {
    let command = Command::instantiate_async(&mut *store, component, linker).await.unwrap();
    let called = store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await;
    ended(called.flatten())
}

#[test]
fn a_linker_takes_each_generation_once() {
    let engine = Engine::default();
    for add in WAYS {
        let mut linker = linker(&engine, add);
        assert!(add(&mut linker, view).is_err());
        assert!(wasmtime_wasi_mmap::add_to_linker(&mut linker, view).is_err());
    }
}

#[test]
fn an_engine_without_concurrency_takes_no_component_of_this_generation() {
    let engine = Engine::new(Config::new().concurrency_support(false)).unwrap();
    let path = crate::common::top().join("build/guests/c/hostile-0.3.wasm");
    assert!(Component::from_file(&engine, path).is_err());
    let component = guest(&engine, "hostile");
    let _turn = alone();
    let (folder, linker) = (Folder::new(), crate::common::linker(&engine));
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["every-order"]);
    assert_eq!(crate::common::run(&mut store, &linker, &component), Ok(0));
}

#[test]
fn hostile_guests() {
    let _turn = alone();
    let (engine, folder, before, runtime) = (Engine::default(), Folder::new(), live_regions(), runtime());
    let component = guest(&engine, "hostile-0.3");
    // It wants mmap-posix, which Windows has not.
    let of_posix = if cfg!(windows) { [].as_slice() } else { &["rights"] };
    for add in WAYS {
        let linker = linker(&engine, add);
        for scenario in ["every-order", "large-numbers"].iter().chain(of_posix) {
            let mut store = store(&engine, &folder, WasiMmapCtx::default(), &[scenario]);
            assert_eq!(runtime.block_on(run(&mut store, &linker, &component)), Ok(0), "{scenario}");
        }
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["trap-while-mapped"]);
        let trap = runtime.block_on(run(&mut store, &linker, &component)).unwrap_err();
        assert!(trap.contains("unreachable"), "{trap}");
        assert!(live_regions() > before);
        drop(store);
        assert_eq!(live_regions(), before);
    }
}

#[test]
fn limits_count_both_generations() {
    let _turn = alone();
    let (engine, folder, runtime) = (Engine::default(), Folder::new(), runtime());
    let (older, later) = (guest(&engine, "hostile"), guest(&engine, "hostile-0.3"));
    let linker = linker(&engine, add_to_linker_p3);
    let limited = WasiMmapCtx::builder().max_mappings(1).build();
    let mut store = store(&engine, &folder, limited, &["exit-while-mapped"]);
    assert_eq!(runtime.block_on(crate::common::run_async(&mut store, &linker, &older)), Ok(0));
    // The guest of 0.2 has the only mapping, so this one gets none.
    assert_eq!(runtime.block_on(run(&mut store, &linker, &later)), Ok(crate::common::NO_MEMORY));
}

#[test]
fn a_call_that_is_given_up_leaves_nothing() {
    let _turn = alone();
    let (engine, folder, before, runtime) = (Engine::default(), Folder::new(), live_regions(), runtime());
    let (linker, component) = (linker(&engine, add_to_linker_p3_async), guest(&engine, "hostile-0.3"));
    let entered = runtime.enter();
    for polls in 1..40 {
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["every-order"]);
        give_up(run(&mut store, &linker, &component), polls);
        drop(store);
    }
    drop(entered);
    drop(runtime); // Waits for its threads.
    assert_eq!(live_regions(), before);
}

#[test]
fn long_searches_can_be_ended() {
    let _turn = alone();
    let (folder, runtime) = (Folder::new(), runtime());
    let engine = Engine::new(Config::new().epoch_interruption(true).consume_fuel(true)).unwrap();
    let component = guest(&engine, "hostile-0.3");
    for add in WAYS {
        let linker = linker(&engine, add);
        let start = |fuel| {
            let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["search-1-gib"]);
            store.set_fuel(fuel).unwrap();
            store.set_epoch_deadline(1);
            store
        };
        let mut poor = start((1 << 30) / 32);
        let ended = runtime.block_on(run(&mut poor, &linker, &component)).unwrap_err();
        assert!(ended.contains("all fuel consumed"), "{ended}");

        let mut late = start(u64::MAX);
        late.epoch_deadline_callback(|mut store| {
            let searching = store.data_mut().mmap.metrics().bytes_stepped > 0;
            Ok(if searching { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(0) })
        });
        engine.increment_epoch();
        let ended = runtime.block_on(run(&mut late, &linker, &component)).unwrap_err();
        assert!(ended.contains("interrupt"), "{ended}");
        assert_eq!(late.data().mmap.metrics().cut_off, 1);
    }
}

#[test]
fn spans() {
    let _turn = alone();
    let (spans, before) = (SpanEngine::new(&Config::new()).unwrap(), live_regions());
    let (engine, ctx) = (spans.engine(), || WasiMmapCtx::builder().spans(&spans).build());
    let component = guest(engine, "spans-0.3");
    for add in WAYS {
        let (runtime, linker) = (runtime(), linker(engine, add));
        for access in ["read", "write", "copy"] {
            let folder = Folder::with_units();
            let mut store = store(engine, &folder, ctx(), &["pages", access]);
            assert_eq!(runtime.block_on(run(&mut store, &linker, &component)), Ok(0), "{access}");
            assert!(areas_of(&folder) > 0);
            drop(store);
            assert_eq!(areas_of(&folder), 0);
        }
        // The spans of a guest that is given up end with its store.
        let mut folders = Vec::new(); // What a thread still has open is not removed on Windows.
        let entered = runtime.enter();
        for polls in 1..20 {
            folders.push(Folder::with_units());
            let mut store = store(engine, &folders[polls - 1], ctx(), &["pages", "write"]);
            give_up(run(&mut store, &linker, &component), polls);
        }
        drop(entered);
        drop(runtime); // Waits for its threads.
        assert_eq!(live_regions(), before);
    }
}
