//! Spans in a program: they end with their memory, and calls on one never overlap.

use crate::common::{
    alone, areas_of, async_linker, ended, give_up, guest, linker, run, run_async, store, with_spans, Folder,
};
use crate::disk::Disk;
use std::future::Future;
#[cfg(target_os = "linux")]
use std::panic::AssertUnwindSafe;
use std::pin::pin;
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::task::{Context, Waker};
#[cfg(target_os = "linux")]
use std::time::Duration;
#[cfg(target_os = "linux")]
use wasmtime::{
    bail, InstanceAllocationStrategy, LinearMemory, MemoryCreator, MemoryType, PoolingAllocationConfig, Result,
};
use wasmtime::{Config, Engine};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi_mmap::{live_regions, SpanEngine, WasiMmapCtx};

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

/// A guest that also passes regions at other pages than multiples of 64 KiB. They are refused where the address in the guest
/// is known.
const REFUSALS: Option<&str> = if cfg!(feature = "single-copy") { Some("refusals") } else { None };

/// Memories come and go on several threads, some with spans, while others grow beside theirs.
#[test]
fn memories_are_made_and_dropped_on_threads() {
    let runs =
        [("left:exit", "write"), ("left:exit", "copy"), ("pages", "write"), (REFUSALS.unwrap_or("pages"), "read")];
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    std::thread::scope(|scope| {
        for (scenario, access) in runs {
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
    let (folder, before) = (Folder::with_units(), live_regions());
    for (reservation, refused) in [(ALL, true), (1 << 32, false), (ALL, true), (0, false)] {
        let mut config = Config::new();
        config.memory_reservation(reservation);
        let spans = match SpanEngine::new(&config) {
            Ok(spans) => spans,
            Err(error) => {
                assert!(refused && cfg!(target_os = "linux"), "{reservation}: {error:?}");
                continue;
            }
        };
        let engine = spans.engine();
        let (linker, component) = (linker(engine), guest(engine, "spans"));
        let ctx = WasiMmapCtx::builder().spans(&spans).build();
        let mut store = store(engine, &folder, ctx, &["left:exit", "write"]);
        match Command::instantiate(&mut store, &component, &linker) {
            Ok(command) => assert_eq!(ended(command.wasi_cli_run().call_run(&mut store)), Ok(0)),
            Err(error) => assert!(format!("{error:?}").contains("no addresses are left for a memory"), "{error:?}"),
        }
        assert_eq!(areas_of(&folder) == 0, refused, "{reservation}");
    }
    assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
}

/// Memory that someone else allocates might be used for something else while pages of files are there.
#[test]
#[cfg(target_os = "linux")]
fn memory_of_others_is_refused() {
    struct Heap(Vec<u8>);
    // SAFETY: the bytes stay where they are, and are as many as it says.
    unsafe impl LinearMemory for Heap {
        fn byte_size(&self) -> usize {
            self.0.len()
        }
        fn byte_capacity(&self) -> usize {
            self.0.len()
        }
        fn grow_to(&mut self, _: usize) -> Result<()> {
            bail!("full")
        }
        fn as_ptr(&self) -> *mut u8 {
            self.0.as_ptr().cast_mut()
        }
    }
    struct Heaps;
    // SAFETY: no guest runs in the memory.
    unsafe impl MemoryCreator for Heaps {
        fn new_memory(
            &self,
            _: MemoryType,
            minimum: usize,
            _: Option<usize>,
            _: Option<usize>,
            _: usize,
        ) -> std::result::Result<Box<dyn LinearMemory>, String> {
            Ok(Box::new(Heap(vec![0; minimum])))
        }
    }
    let _turn = alone();
    let mut config = Config::new();
    config.with_host_memory(Arc::new(Heaps));
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| SpanEngine::new(&config).map(drop)));
    assert!(!matches!(made, Ok(Ok(()))), "wasmtime has no data in memory that others allocate");
}

/// A slot of the pool would keep what a guest has mapped there.
#[test]
#[cfg(target_os = "linux")]
fn the_pool_has_no_spans() {
    let _turn = alone();
    let mut config = Config::new();
    let mut one = PoolingAllocationConfig::default();
    one.total_component_instances(1);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(one));
    let (pool, spans) = (Engine::new(&config).unwrap(), SpanEngine::new(&config).unwrap());
    for (engine, expected) in [(&pool, "elsewhere"), (spans.engine(), "pages")] {
        let (linker, component, folder) = (linker(engine), guest(engine, "spans"), Folder::with_units());
        let ctx = || WasiMmapCtx::builder().spans(&spans).build();
        let mut first = store(engine, &folder, ctx(), &[expected, "read"]);
        assert_eq!(run(&mut first, &linker, &component), Ok(0), "{expected}");
        let mut second = store(engine, &folder, ctx(), &[expected, "read"]);
        let more = Command::instantiate(&mut second, &component, &linker);
        assert_eq!(more.is_err(), expected == "elsewhere", "the pool has one instance");
    }
}

/// The table of a store, with the resources of its spans, can be moved away while the store is alive, and dropped on any
/// thread at any time. The pages stay until the store goes.
#[test]
fn tables_that_leave_their_store_touch_nothing() {
    let _turn = alone();
    let ((engine, ctx), folder, before) = (with_spans(), Folder::with_units(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    for table_first in [true, false] {
        let mut store = store(&engine, &folder, ctx(), &["left:exit", "write"]);
        assert_eq!(run(&mut store, &linker, &component), Ok(0));
        let table = std::mem::take(&mut store.data_mut().table);
        let areas = areas_of(&folder);
        if table_first {
            std::thread::spawn(move || drop(table)).join().unwrap();
            assert_eq!(areas_of(&folder), areas - 1, "the mapping's own");
            drop(store);
        } else {
            drop(store);
            assert_eq!(areas_of(&folder), 1, "the mapping's own");
            std::thread::spawn(move || drop(table)).join().unwrap();
        }
        assert_eq!((live_regions(), areas_of(&folder)), (before, 0));
    }
}

/// States, and contexts alone, change stores: the spans of each store end with it, and not with another.
#[test]
fn states_that_change_stores_touch_nothing() {
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    let folders = [Folder::with_units(), Folder::with_units(), Folder::with_units()];
    let [mut first, mut second, mut third] =
        [0, 1, 2].map(|number| store(&engine, &folders[number], ctx(), &["left:exit", "write"]));
    let areas = || [0, 1, 2].map(|number| areas_of(&folders[number]));
    assert_eq!(run(&mut first, &linker, &component), Ok(0));
    assert_eq!(run(&mut second, &linker, &component), Ok(0));
    std::mem::swap(first.data_mut(), second.data_mut());
    std::mem::swap(&mut second.data_mut().mmap, &mut third.data_mut().mmap);
    assert_eq!(run(&mut third, &linker, &component), Ok(0));
    let [of_first, of_second, of_third] = areas();
    // The mapping goes with the state, the span with the memory.
    drop(first);
    assert_eq!(areas(), [1, of_second - 1, of_third]);
    assert_eq!(live_regions(), before + 4, "a mapping, a span, and both of the third");
    assert_eq!(of_first, of_third);
    drop(second);
    assert_eq!(areas(), [0, 0, of_third]);
    drop(third);
    assert_eq!((live_regions(), areas()), (before, [0, 0, 0]));
}

/// The memory of a store goes before its spans have ended, if a flush still runs there. Another guest may have the addresses
/// by then, and attach there. Whether it gets them is the system's choice, so this tries often.
#[test]
#[cfg(target_os = "linux")]
fn spans_replace_those_of_a_store_that_goes() {
    const FLUSH: Duration = Duration::from_millis(50);
    let _turn = alone();
    let ((engine, ctx), before) = (with_spans(), live_regions());
    let (waiting, plain, component) = (async_linker(&engine), linker(&engine), guest(&engine, "spans"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    for _ in 0..12 {
        let (folder, others_folder) = (Folder::with_units(), Folder::with_units());
        // Made before, so that nothing but memories takes the addresses.
        let mut others = [0; 3].map(|_| store(&engine, &others_folder, ctx(), &["left:exit", "copy"]));
        let mut going = store(&engine, &folder, ctx(), &["pages", "write"]);
        let disk = Disk::new().slow_sync();
        {
            let mut call = pin!(run_async(&mut going, &waiting, &component));
            while !disk.at_work() {
                assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                std::thread::yield_now();
            }
        }
        std::thread::scope(|scope| {
            scope.spawn(move || drop(going));
            scope.spawn(|| {
                std::thread::sleep(FLUSH);
                disk.let_go();
            });
            while areas_of(&folder) > 0 && disk.at_work() {
                std::thread::yield_now();
            }
            for other in &mut others {
                assert_eq!(run(other, &plain, &component), Ok(0));
            }
        });
        drop(others);
        assert_eq!((areas_of(&folder), areas_of(&others_folder)), (0, 0));
    }
    drop(entered);
    drop(runtime);
    assert_eq!(live_regions(), before);
}

/// A thousand instances at one time, each with a span of one file.
#[test]
fn many_instances_share_a_file() {
    let _turn = alone();
    let ((engine, ctx), folder, before) = (with_spans(), Folder::with_units(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    let count = if cfg!(windows) { 100 } else { 1000 };
    let stores: Vec<_> = (0..count)
        .map(|_| {
            let mut store = store(&engine, &folder, ctx(), &["left:exit", "read"]);
            assert_eq!(run(&mut store, &linker, &component), Ok(0));
            store
        })
        .collect();
    assert!(areas_of(&folder) >= count);
    drop(stores);
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
    let (folder, spans) = (Folder::with_units(), SpanEngine::new(&Config::new()).unwrap());
    let engine = spans.engine();
    let (linker, component) = (linker(engine), guest(engine, "spans"));
    for (most, expected) in [(1, false), (2, true), (3, false)] {
        let ctx = WasiMmapCtx::builder().max_mappings(most).spans(&spans).build();
        let mut store = store(engine, &folder, ctx, &["limited", "read"]);
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

/// wasmtime's memories begin at any page, and the addresses of a guest at a multiple of 64 KiB.
#[test]
fn memories_may_begin_at_any_page() {
    let _turn = alone();
    let before = live_regions();
    for pages in 1..=4 {
        let mut config = Config::new();
        config.memory_guard_size(pages * 4096).guard_before_linear_memory(true);
        let spans = SpanEngine::new(&config).unwrap();
        let engine = spans.engine();
        let (linker, component) = (linker(engine), guest(engine, "spans"));
        for scenario in ["pages"].into_iter().chain(REFUSALS) {
            let folder = Folder::with_units();
            let mut store = store(engine, &folder, WasiMmapCtx::builder().spans(&spans).build(), &[scenario, "write"]);
            assert_eq!(run(&mut store, &linker, &component), Ok(0), "{scenario}, {pages}");
        }
    }
    assert_eq!(live_regions(), before);
}
