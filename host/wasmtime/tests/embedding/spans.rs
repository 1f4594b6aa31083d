//! Spans in a program: they end with their memory, and calls on one never overlap.

use crate::common::{
    alone, areas_of, async_linker, ended, give_up, guest, linker, run, run_async, store, with_spans, Folder,
};
use crate::disk::Disk;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use wasmtime::{Config, Engine};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi_mmap::{live_regions, SpanMemories, WasiMmapCtx};

#[test]
fn spans_end_with_their_store() {
    let _turn = alone();
    let ((engine, ctx), folder, before) = (with_spans(), Folder::with_units(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    for (scenario, trapped) in [("left:exit", false), ("left:trap", true)] {
        let mut store = store(&engine, &folder, ctx(), &[scenario, "write"]);
        assert_eq!(run(&mut store, &linker, &component).is_err(), trapped);
        assert!(areas_of(&folder) > 0);
        std::thread::spawn(move || drop(store)).join().unwrap();
        assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
    }
}

/// The state of a store may outlive it, with the resources of spans whose memory is released. Other guests have its addresses
/// then.
#[test]
fn spans_that_outlive_their_memory_touch_nothing() {
    let _turn = alone();
    let ((engine, ctx), folder, before) = (with_spans(), Folder::with_units(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    let mut left = store(&engine, &folder, ctx(), &["left:exit", "write"]);
    assert_eq!(run(&mut left, &linker, &component), Ok(0));
    let state = left.into_data();
    assert_eq!(areas_of(&folder), 1, "the mapping's own");
    let mut next = store(&engine, &folder, ctx(), &["left:exit", "write"]);
    assert_eq!(run(&mut next, &linker, &component), Ok(0));
    let areas = areas_of(&folder);
    drop(state);
    assert_eq!(areas_of(&folder), areas - 1);
    drop(next);
    assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
}

#[test]
fn there_are_no_spans_where_memory_may_move() {
    let _turn = alone();
    let ((configured, ctx), plain, folder) = (with_spans(), Engine::default(), Folder::with_units());
    // An engine that allocates memory itself, and a context without memories.
    for (engine, ctx, scenario) in [(&plain, ctx(), "elsewhere"), (&configured, WasiMmapCtx::default(), "none")] {
        let (linker, component) = (linker(engine), guest(engine, "spans"));
        let mut store = store(engine, &folder, ctx, &[scenario, "read"]);
        assert_eq!(run(&mut store, &linker, &component), Ok(0), "{scenario}");
    }
}

#[test]
fn guests_with_spans_run_on_threads() {
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    std::thread::scope(|scope| {
        for access in ["read", "write", "copy", "read"] {
            let (engine, linker, component, ctx) = (&engine, &linker, &component, &ctx);
            scope.spawn(move || {
                // Windows refuses what loses pages.
                let losing = if cfg!(windows) { [].as_slice() } else { &["lost", "lost-by:fill"] };
                for scenario in ["pages", "freed"].iter().chain(losing) {
                    let folder = Folder::with_units();
                    let mut store = store(engine, &folder, ctx(), &[scenario, access]);
                    let result = run(&mut store, linker, component);
                    match *scenario {
                        "pages" | "freed" => assert_eq!(result, Ok(0), "{scenario} {access}"),
                        _ => assert!(result.unwrap_err().contains("out of bounds"), "{scenario} {access}"),
                    }
                }
            });
        }
    });
    assert_eq!(live_regions(), before);
}

/// Memories come and go on several threads, some with spans, while others grow beside theirs.
#[test]
fn memories_are_made_and_dropped_on_threads() {
    const RUNS: [(&str, &str); 4] =
        [("left:exit", "write"), ("left:exit", "copy"), ("pages", "write"), ("refusals", "read")];
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    std::thread::scope(|scope| {
        for (scenario, access) in RUNS {
            let (engine, linker, component, ctx) = (&engine, &linker, &component, &ctx);
            scope.spawn(move || {
                for _ in 0..20 {
                    let folder = Folder::with_units();
                    let mut one = store(engine, &folder, ctx(), &[scenario, access]);
                    assert_eq!(run(&mut one, linker, component), Ok(0), "{scenario} {access}");
                    // Another guest has its addresses, perhaps, before the state goes with the resources of spans.
                    let state = one.into_data();
                    let mut other = store(engine, &folder, ctx(), &["left:exit", "read"]);
                    assert_eq!(run(&mut other, linker, component), Ok(0), "{scenario} {access}");
                    drop(state);
                    drop(other);
                    assert_eq!(areas_of(&folder), 0);
                }
            });
        }
    });
    assert_eq!(live_regions(), before);
}

/// A memory for which no addresses are left is refused, and others come after it.
#[test]
fn addresses_may_run_out() {
    const ALL: u64 = 1 << 47; // Of a process.
    let _turn = alone();
    let (folder, memories, before) = (Folder::with_units(), SpanMemories::new(), live_regions());
    for (reservation, refused) in [(ALL, true), (1 << 32, false), (ALL, true), (0, false)] {
        let mut config = Config::new();
        config.memory_reservation(reservation);
        memories.configure(&mut config);
        let engine = Engine::new(&config).unwrap();
        let (linker, component) = (linker(&engine), guest(&engine, "spans"));
        let ctx = WasiMmapCtx::builder().spans(&memories).build();
        let mut store = store(&engine, &folder, ctx, &["left:exit", "write"]);
        match Command::instantiate(&mut store, &component, &linker) {
            Ok(command) => assert_eq!(ended(command.wasi_cli_run().call_run(&mut store)), Ok(0)),
            Err(error) => assert!(format!("{error:?}").contains("no addresses are left for a memory"), "{error:?}"),
        }
        assert_eq!(areas_of(&folder) == 0, refused, "{reservation}");
    }
    assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
}

/// A store with little more fuel than for the longest list of the guest libraries, an eighth of the default.
#[test]
#[cfg_attr(windows, ignore = "its end cuts a mapped file, which Windows refuses")]
fn no_map_passes_a_long_list() {
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    for access in ["read", "write", "copy"] {
        let folder = Folder::with_units();
        let mut store = store(&engine, &folder, ctx(), &["large:lists", access]);
        store.set_hostcall_fuel(17 << 20);
        assert_eq!(run(&mut store, &linker, &component), Ok(0), "{access}");
    }
    assert_eq!(live_regions(), before);
}

#[test]
fn limits_count_spans() {
    let _turn = alone();
    let (folder, memories) = (Folder::with_units(), SpanMemories::new());
    let mut config = Config::new();
    memories.configure(&mut config);
    let engine = Engine::new(&config).unwrap();
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    for (most, expected) in [(1, false), (2, true), (3, false)] {
        let ctx = WasiMmapCtx::builder().max_mappings(most).spans(&memories).build();
        let mut store = store(&engine, &folder, ctx, &["limited", "read"]);
        assert_eq!(run(&mut store, &linker, &component) == Ok(0), expected, "{most}");
    }
}

#[test]
fn asynchronous_stores_have_spans_and_may_give_up() {
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (async_linker(&engine), guest(&engine, "spans"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = Folder::with_units();
    let mut whole = store(&engine, &folder, ctx(), &["pages", "write"]);
    assert_eq!(runtime.block_on(run_async(&mut whole, &linker, &component)), Ok(0));
    drop(whole);
    let entered = runtime.enter();
    let mut folders = Vec::new(); // What a thread still has open is not removed on Windows.
    for polls in 1..60 {
        folders.push(Folder::with_units());
        let folder = &folders[polls - 1];
        let mut store = store(&engine, folder, ctx(), &["pages", "write"]);
        give_up(run_async(&mut store, &linker, &component), polls);
        drop(store);
    }
    drop(entered);
    drop(runtime); // Waits for its threads.
    assert_eq!(live_regions(), before);
}

/// A flush whose future was dropped runs on, and the store may be dropped meanwhile, with the memory of the span.
#[test]
fn a_store_that_goes_waits_for_a_flush() {
    let _turn = alone();
    let ((engine, ctx), folder, before) = (with_spans(), Folder::with_units(), live_regions());
    let (linker, component) = (async_linker(&engine), guest(&engine, "spans"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    let mut store = store(&engine, &folder, ctx(), &["pages", "write"]);
    let disk = Disk::new().slow_sync();
    {
        let mut call = pin!(run_async(&mut store, &linker, &component));
        while !disk.at_work() {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            std::thread::yield_now();
        }
    }
    let state = store.into_data(); // The memory is released with the store; the span's resource stays.
    assert!(!disk.at_work(), "the memory went in the midst of the flush");
    disk.let_go();
    drop(state);
    drop(entered);
    drop(runtime); // Waits for its threads.
    assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
}
