//! What a program sees that has the crate in it: stores, threads, traps, limits, and the cost of a call in memory.
//!
//! The components are those of `tests/`, built by `make guests`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};
use wasmtime_wasi::p2::bindings::{sync, Command};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_mmap::{live_regions, SpanMemories, WasiMmap, WasiMmapCtx};

/// Remembers the largest block that was allocated.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is done by the allocator of the system.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Mappings and allocations are counted in the whole process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

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

fn view(state: &mut State) -> WasiMmap<'_> {
    WasiMmap::new(&mut state.mmap, &mut state.table)
}

/// A folder with the files that the guests want, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("embedding-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = top().join("build").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("file"), "0123456789abcdef".repeat(4096)).unwrap();
        std::fs::write(folder.join("text"), "some text\n".repeat(1 << 20)).unwrap();
        std::fs::File::create(folder.join("sparse")).unwrap().set_len(6 << 30).unwrap();
        Self(folder)
    }

    /// With the files of the guest `spans`.
    fn with_units() -> Self {
        let folder = Self::new();
        let unit = |letter: &str| letter.repeat(1 << 16);
        std::fs::write(folder.0.join("file"), ["a", "b", "c", "d"].map(unit).concat()).unwrap();
        std::fs::write(folder.0.join("letters"), "abcd".repeat(1 << 14)).unwrap();
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn guest(engine: &Engine, name: &str) -> Component {
    let path = top().join("build/guests/c").join(name).with_extension("wasm");
    assert!(path.exists(), "{} is missing: run \"make guests\"", path.display());
    Component::from_file(engine, path).unwrap()
}

fn store(engine: &Engine, folder: &Folder, mmap: WasiMmapCtx, arguments: &[&str]) -> Store<State> {
    let mut wasi = WasiCtx::builder();
    wasi.arg("guest").args(arguments).preopened_dir(&folder.0, "/", FsPerms::ReadWrite).unwrap();
    let mut store = Store::new(engine, State { table: ResourceTable::new(), wasi: wasi.build(), mmap });
    store.set_hostcall_fuel(usize::MAX);
    store
}

fn linker(engine: &Engine) -> Linker<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    wasmtime_wasi_mmap::add_to_linker(&mut linker, view).unwrap();
    linker
}

fn async_linker(engine: &Engine) -> Linker<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_mmap::add_to_linker_async(&mut linker, view).unwrap();
    linker
}

/// The exit code of the component, or how it trapped.
fn ended(result: Result<std::result::Result<(), ()>>) -> std::result::Result<i32, String> {
    match result {
        Ok(Ok(())) => Ok(0),
        Ok(Err(())) => Ok(1),
        Err(error) => error.downcast_ref::<I32Exit>().map(|exit| exit.0).ok_or_else(|| error.root_cause().to_string()),
    }
}

fn run(store: &mut Store<State>, linker: &Linker<State>, component: &Component) -> std::result::Result<i32, String> {
    let command = sync::Command::instantiate(&mut *store, component, linker).unwrap();
    ended(command.wasi_cli_run().call_run(store))
}

async fn run_async(
    store: &mut Store<State>,
    linker: &Linker<State>,
    component: &Component,
) -> std::result::Result<i32, String> {
    let command = Command::instantiate_async(&mut *store, component, linker).await.unwrap();
    ended(command.wasi_cli_run().call_run(store).await)
}

#[test]
fn a_linker_takes_the_interface_once() {
    let engine = Engine::default();
    let mut linker = linker(&engine);
    assert!(wasmtime_wasi_mmap::add_to_linker(&mut linker, view).is_err());
}

#[test]
fn a_trap_leaves_its_mapping_to_the_table() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["trap-while-mapped"]);
    let trap = run(&mut store, &linker, &component).unwrap_err();
    assert!(trap.contains("unreachable"), "{trap}");
    assert!(live_regions() > before);
    drop(store);
    assert_eq!(live_regions(), before);
}

#[test]
fn stores_of_one_engine_run_on_threads() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["every-order"]);
                assert_eq!(run(&mut store, &linker, &component), Ok(0));
            });
        }
    });
    assert_eq!(live_regions(), before);
}

#[test]
fn a_store_may_move_to_another_thread_while_mapped() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["exit-while-mapped"]);
    assert_eq!(run(&mut store, &linker, &component), Ok(0));
    std::thread::spawn(move || drop(store)).join().unwrap();
    assert_eq!(live_regions(), before);
}

#[test]
fn two_instances_in_one_store_share_its_limits() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let limited = WasiMmapCtx::builder().max_mappings(1).build();
    let mut store = store(&engine, &folder, limited, &["exit-while-mapped"]);
    assert_eq!(run(&mut store, &linker, &component), Ok(0));
    // The first one has the only mapping, so that this one gets none.
    assert_ne!(run(&mut store, &linker, &component), Ok(0));
}

#[test]
fn asynchronous_stores() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let component = guest(&engine, "hostile");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for linker in [async_linker(&engine), {
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        wasmtime_wasi_mmap::add_to_linker(&mut linker, view).unwrap(); // The other kind fits too.
        linker
    }] {
        for scenario in ["every-order", "rights", "large-numbers"] {
            let mut store = store(&engine, &folder, WasiMmapCtx::default(), &[scenario]);
            assert_eq!(runtime.block_on(run_async(&mut store, &linker, &component)), Ok(0), "{scenario}");
        }
    }
    assert_eq!(live_regions(), before);
}

/// Polls so often, and drops what has not ended by then.
fn give_up(call: impl Future, polls: usize) {
    let mut call = pin!(call);
    for _ in 0..polls {
        if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            break;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_call_that_is_given_up_leaves_nothing() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (async_linker(&engine), guest(&engine, "hostile"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    for polls in 1..40 {
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["every-order"]);
        give_up(run_async(&mut store, &linker, &component), polls);
        drop(store);
    }
    drop(entered);
    drop(runtime); // Waits for what runs on its threads.
    assert_eq!(live_regions(), before);
}

/// The guest counts the faults that the host meets while it copies.
#[test]
fn a_file_is_cut_while_it_is_copied() {
    const WHOLE: u64 = 4 << 20;
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let path = folder.0.join("cut");
    std::fs::write(&path, "0123456789abcdef".repeat(1 << 18)).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            while !ended.load(Ordering::Relaxed) && start.elapsed() < Duration::from_mins(1) {
                // Whole for longer than a read takes, even where pages come slowly: each cut costs the guest a block.
                for (length, pause) in [(WHOLE / 2, 1), (WHOLE, 20)] {
                    file.set_len(length).unwrap();
                    std::thread::sleep(Duration::from_millis(pause));
                }
            }
        });
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["cut-meanwhile"]);
        let result = run(&mut store, &linker, &component);
        ended.store(true, Ordering::Relaxed);
        assert_eq!(result, Ok(0));
    });
    assert_eq!(live_regions(), before);
}

/// An engine whose guests may have spans, and the context of its stores.
fn with_spans() -> (Engine, impl Fn() -> WasiMmapCtx) {
    let memories = SpanMemories::new();
    let mut config = Config::new();
    memories.configure(&mut config);
    (Engine::new(&config).unwrap(), move || WasiMmapCtx::builder().spans(&memories).build())
}

/// How many areas of the process are pages of this file.
fn areas_of(folder: &Folder) -> usize {
    let path = std::fs::canonicalize(folder.0.join("file")).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.ends_with(path.to_str().unwrap())).count()
}

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

/// The state of a store may outlive it, and with it the resources of spans whose memory is gone: other guests have its
/// addresses by then.
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
    // An engine that makes memory its own way, and a context that was not told of memories.
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
                for scenario in ["pages", "lost", "lost-by:fill"] {
                    let folder = Folder::with_units();
                    let mut store = store(engine, &folder, ctx(), &[scenario, access]);
                    let result = run(&mut store, linker, component);
                    match scenario {
                        "pages" => assert_eq!(result, Ok(0)),
                        _ => assert!(result.unwrap_err().contains("out of bounds"), "{scenario} {access}"),
                    }
                }
            });
        }
    });
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
    for polls in 1..60 {
        let folder = Folder::with_units();
        let mut store = store(&engine, &folder, ctx(), &["pages", "write"]);
        give_up(run_async(&mut store, &linker, &component), polls);
        drop(store);
    }
    drop(entered);
    drop(runtime); // Waits for what runs on its threads.
    assert_eq!(live_regions(), before);
}

/// One copy each way: nothing as large as what is read or searched for is ever allocated on the host.
#[test]
fn lists_are_not_held_by_the_host() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let linker = linker(&engine);
    for (name, arguments) in [("bench", ["map-read", "50", "1048576"].as_slice()), ("hostile", &["large-needle"])] {
        let component = guest(&engine, name);
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), arguments);
        let command = sync::Command::instantiate(&mut store, &component, &linker).unwrap();
        LARGEST.store(0, Ordering::Relaxed);
        assert_eq!(ended(command.wasi_cli_run().call_run(&mut store)), Ok(0), "{name}");
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(largest < 256 << 10, "{name}: the host allocated {largest} bytes");
    }
}
