//! The limits of a store, and what a host can know of it.

use crate::common::{alone, async_linker, guest, linker, run, run_async, store, with_spans, Folder, NO_MEMORY};
use wasmtime::{Config, Engine};
use wasmtime_wasi_mmap::{Metrics, SpanEngine, WasiMmapCtx, WasiMmapCtxBuilder};

/// Runs a scenario of the guest `hostile`, and returns its end and the figures after it.
fn tried(ctx: WasiMmapCtxBuilder, scenario: &str) -> (Result<i32, String>, Metrics) {
    let (engine, folder) = (Engine::default(), Folder::new());
    let mut store = store(&engine, &folder, ctx.build(), &[scenario]);
    let result = run(&mut store, &linker(&engine), &guest(&engine, "hostile"));
    (result, store.data().mmap.metrics())
}

/// The same in a linker whose operations may run on other threads.
fn tried_async(ctx: WasiMmapCtxBuilder, scenario: &str) -> (Result<i32, String>, Metrics) {
    let (engine, folder) = (Engine::default(), Folder::new());
    let mut store = store(&engine, &folder, ctx.build(), &[scenario]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(run_async(&mut store, &async_linker(&engine), &guest(&engine, "hostile")));
    (result, store.data().mmap.metrics())
}

/// Runs the guest `bench`.
fn measured(ctx: WasiMmapCtxBuilder, words: &[&str]) -> (Result<i32, String>, Metrics) {
    let (engine, folder) = (Engine::default(), Folder::new());
    let mut store = store(&engine, &folder, ctx.build(), words);
    let result = run(&mut store, &linker(&engine), &guest(&engine, "bench"));
    (result, store.data().mmap.metrics())
}

#[test]
fn a_new_store_has_done_nothing() {
    assert_eq!(WasiMmapCtx::default().metrics(), Metrics::default());
}

#[test]
fn mappings_are_counted() {
    let _turn = alone();
    for tried in [tried, tried_async] {
        // Three mappings in each of the 24 orders in which four resources can be dropped. After each drop those that are left
        // are read: 2.25, 1.5 and 0.75 of them on average.
        let (result, metrics) = tried(WasiMmapCtx::builder(), "every-order");
        assert_eq!(result, Ok(0));
        assert_eq!((metrics.mappings, metrics.mapped, metrics.private_memory), (0, 0, 0));
        assert_eq!((metrics.all_mappings, metrics.bytes_read, metrics.bytes_written), (72, 108 * 4, 0));
        assert!(
            metrics.peak_mapped > 0 && metrics.peak_private_memory > 0 && metrics.peak_attached == 0,
            "{metrics:?}"
        );
        assert_eq!((metrics.faults, metrics.no_memory, metrics.cut_off, metrics.bytes_stepped), (0, 0, 0, 0));
        // A mapping that the guest leaves behind.
        let (result, metrics) = tried(WasiMmapCtx::builder(), "exit-while-mapped");
        assert_eq!(result, Ok(0));
        assert_eq!((metrics.mappings, metrics.all_mappings, metrics.mapped), (1, 1, 1 << 16));
        // Its page tables.
        assert_eq!(metrics.private_memory, (1 << 16) / 512);
        assert_eq!((metrics.peak_mapped, metrics.peak_private_memory), (metrics.mapped, metrics.private_memory));
    }
}

#[test]
fn copies_are_counted() {
    let _turn = alone();
    let read = measured(WasiMmapCtx::builder(), &["map-read", "50", "10000"]);
    assert_eq!((read.0, read.1.bytes_read, read.1.bytes_written), (Ok(0), 500_000, 0));
    let written = measured(WasiMmapCtx::builder(), &["map-write", "50", "10000"]);
    assert_eq!((written.0, written.1.bytes_read, written.1.bytes_written), (Ok(0), 0, 500_000));
}

#[test]
fn one_read_has_a_limit() {
    let _turn = alone();
    for (most, expected) in [(10_000, 500_000), (9_999, 0)] {
        let (result, metrics) = measured(WasiMmapCtx::builder().max_read(most), &["map-read", "50", "10000"]);
        assert_eq!((result == Ok(0), metrics.bytes_read), (expected > 0, expected), "{most}");
        assert_eq!(metrics.no_memory > 0, expected == 0);
    }
    // The guest has no place for it, so the host must refuse it first.
    let (result, metrics) = tried(WasiMmapCtx::builder().max_read(1 << 30), "read-3-gib");
    assert_eq!((result, metrics.bytes_read, metrics.no_memory), (Ok(NO_MEMORY), 0, 1));
}

#[test]
fn bytes_of_mappings_have_a_limit() {
    let _turn = alone();
    for tried in [tried, tried_async] {
        // The guest maps 256 MiB as often as it can, and unmaps them.
        let (result, metrics) = tried(WasiMmapCtx::builder().max_mapped((1 << 30) + 1000), "memory-without-limit");
        assert_eq!((result, metrics.all_mappings, metrics.no_memory, metrics.mapped), (Ok(0), 4, 1, 0));
        // The limit holds for resize, too: the guest gets to the mappings that the other limit would allow. It exits with the
        // error there, and with a lower number at an earlier difference.
        let memory = WasiMmapCtx::builder().max_mapped(1 << 20).max_private_memory(u64::MAX);
        let (result, metrics) = tried(memory, "memory-of-the-host");
        assert_eq!((result, metrics.no_memory), (Ok(NO_MEMORY), 4));
        assert_eq!((metrics.mapped, metrics.mappings), (1 << 20, 16));
    }
}

#[test]
fn private_memory_is_counted_and_limited() {
    let _turn = alone();
    let (result, metrics) =
        tried(WasiMmapCtx::builder().max_private_memory((1 << 20) + (1 << 17)), "memory-of-the-host");
    assert_eq!(result, Ok(0));
    assert!(metrics.no_memory > 0 && metrics.private_memory == 0, "{metrics:?}");
}

#[test]
fn long_calls_are_counted() {
    let _turn = alone();
    for tried in [tried, tried_async] {
        let (result, metrics) = tried(WasiMmapCtx::builder(), "search-1-gib");
        assert_eq!((result, metrics.cut_off), (Ok(0), 0));
        assert!((1 << 30) - 5 <= metrics.bytes_stepped && metrics.bytes_stepped <= 1 << 30, "{metrics:?}");
        let (result, metrics) = tried(WasiMmapCtx::builder().max_search(1 << 20), "search-1-gib");
        assert_eq!((result.is_err(), metrics.cut_off), (true, 1));
        assert!((1 << 20..64 << 20).contains(&metrics.bytes_stepped), "{metrics:?}");
        let (result, metrics) = tried(WasiMmapCtx::builder(), "move-1-gib");
        assert_eq!((result, metrics.bytes_stepped, metrics.bytes_read), (Ok(0), (1 << 30) - 4096, 0));
    }
}

#[test]
fn spans_are_counted_and_limited() {
    let _turn = alone();
    let (folder, spans) = (Folder::with_units(), SpanEngine::new(&Config::new()).unwrap());
    let engine = spans.engine();
    let (linker, component) = (linker(engine), guest(engine, "spans"));
    // The guest wants a limit of one span beside its mapping.
    for (most, expected) in [(0, false), (1, true), (2, false)] {
        let ctx = WasiMmapCtx::builder().max_spans(most).spans(&spans).build();
        let mut store = store(engine, &folder, ctx, &["limited", "read"]);
        assert_eq!(run(&mut store, &linker, &component) == Ok(0), expected, "{most}");
        assert_eq!(store.data().mmap.metrics().no_memory > 0, most < 2, "{most}");
    }
    let ctx = WasiMmapCtx::builder().spans(&spans).build();
    let mut store = store(engine, &folder, ctx, &["left:exit", "read"]);
    assert_eq!(run(&mut store, &linker, &component), Ok(0));
    let metrics = store.data().mmap.metrics();
    assert!(metrics.spans > 0 && metrics.all_spans >= metrics.spans && metrics.mappings > 0, "{metrics:?}");
}

/// Windows refuses what loses pages.
#[cfg(target_os = "linux")]
#[test]
fn lost_pages_of_spans_are_counted() {
    let _turn = alone();
    let ((engine, ctx), folder) = (with_spans(), Folder::with_units());
    let (linker, component) = (linker(&engine), guest(&engine, "spans"));
    let mut store = store(&engine, &folder, ctx(), &["lost", "read"]);
    run(&mut store, &linker, &component).unwrap_err(); // At its end it wants to be stopped.
    assert!(store.data().mmap.metrics().faults >= 2);
}
