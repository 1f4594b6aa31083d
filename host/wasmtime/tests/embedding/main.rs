//! The crate in a program: stores, threads, traps, limits, and the memory that a call takes.
//!
//! The components are those of `tests/`, built by `make guests`.

mod common;
mod disk;
#[cfg(feature = "tracing")]
mod events;
mod interrupts;
mod limits;
mod memory;
#[cfg(feature = "p3")]
mod p3;
mod searches;
mod spans;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use crate::common::{
    alone, async_linker, ended, give_up, guest, linker, run, run_async, store, view, Folder, NO_MEMORY,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::Linker;
use wasmtime::Engine;
use wasmtime_wasi::p2::bindings::sync;
use wasmtime_wasi_mmap::{live_regions, WasiMmapCtx};

/// Records the largest allocation.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the allocator of the system does the work.
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
    // The first store has the only mapping, so this one gets none.
    assert_eq!(run(&mut store, &linker, &component), Ok(NO_MEMORY));
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
        wasmtime_wasi_mmap::add_to_linker(&mut linker, view).unwrap(); // The synchronous functions fit too.
        linker
    }] {
        // It wants mmap-posix, which Windows has not.
        let of_posix = if cfg!(windows) { [].as_slice() } else { &["rights"] };
        for scenario in ["every-order", "large-numbers"].iter().chain(of_posix) {
            let mut store = store(&engine, &folder, WasiMmapCtx::default(), &[scenario]);
            assert_eq!(runtime.block_on(run_async(&mut store, &linker, &component)), Ok(0), "{scenario}");
        }
    }
    assert_eq!(live_regions(), before);
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
    drop(runtime); // Waits for its threads.
    assert_eq!(live_regions(), before);
}

/// The guest counts the faults in copies of the host. Windows refuses to cut a mapped file, see windows.rs.
#[cfg(target_os = "linux")]
#[test]
fn a_file_is_cut_while_it_is_copied() {
    use std::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};
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
                // The file is whole for longer than a slow read takes, because each truncation costs the guest a block.
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
        assert!(store.data().mmap.metrics().faults >= 3, "{:?}", store.data().mmap.metrics());
    });
    assert_eq!(live_regions(), before);
}

/// A call copies once: the host never allocates as much as is read or searched for. Without `single-copy` it holds what is
/// read, once.
#[test]
fn lists_are_not_held_by_the_host() {
    const BLOCK: usize = 1 << 20;
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let linker = linker(&engine);
    let (of_read, of_needle) =
        if cfg!(feature = "single-copy") { (0..BLOCK / 4, 0..BLOCK / 4) } else { (BLOCK..BLOCK + 1, 0..BLOCK + 1) };
    for (name, arguments, allowed) in [
        ("bench", ["map-read", "50", &BLOCK.to_string()].as_slice(), of_read),
        ("hostile", &["large-needle"], of_needle), // What lies behind its first 16 MiB is read.
    ] {
        let component = guest(&engine, name);
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), arguments);
        let command = sync::Command::instantiate(&mut store, &component, &linker).unwrap();
        LARGEST.store(0, Ordering::Relaxed);
        assert_eq!(ended(command.wasi_cli_run().call_run(&mut store)), Ok(0), "{name}");
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(allowed.contains(&largest), "{name}: the host allocated {largest} bytes");
    }
}
