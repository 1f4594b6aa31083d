//! Long searches: the threads that they run on, and their limits.

use crate::common::{alone, async_linker, guest, linker, run, run_async, store, Folder};
use crate::disk::Disk;
use std::future::Future;
#[cfg(target_os = "linux")]
use std::pin::pin;
use std::task::{Context, Waker};
use wasmtime::Engine;
use wasmtime_wasi_mmap::{live_regions, WasiMmapCtx};

fn set_length(folder: &Folder, length: u64) {
    std::fs::File::options().write(true).open(folder.0.join("sparse")).unwrap().set_len(length).unwrap();
}

/// The bytes of one step. The core searches the file for data in each step except the last.
#[cfg(target_os = "linux")]
const STEP: u64 = 64 << 20;

/// Only Linux tells the steps, and on which thread they are.
#[cfg(target_os = "linux")]
#[test]
fn long_searches_run_on_another_thread() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (async_linker(&engine), guest(&engine, "hostile"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (length, elsewhere) in [(1 << 20, 0), (2 * STEP, 1), (4 * STEP, 3)] {
        set_length(&folder, length);
        let disk = Disk::new();
        let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["search-file"]);
        assert_eq!(runtime.block_on(run_async(&mut store, &linker, &component)), Ok(0));
        assert_eq!((disk.steps_here(), disk.steps_elsewhere()), (0, elsewhere), "{length}");
    }
}

/// A needle that is too long to be copied: the executor runs other tasks between the steps, which only Linux tells.
#[cfg(target_os = "linux")]
#[test]
fn others_run_while_something_long_is_looked_for() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (async_linker(&engine), guest(&engine, "hostile"));
    set_length(&folder, 5 * STEP);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    let disk = Disk::new();
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["search-file-for-2-mib"]);
    let mut call = pin!(run_async(&mut store, &linker, &component));
    let mut between = 0;
    let result = loop {
        if let std::task::Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break result;
        }
        between += usize::from((1..5).contains(&disk.steps_here()));
    };
    drop(entered);
    assert_eq!((result, disk.steps_elsewhere()), (Ok(0), 0));
    assert!(between >= 3, "{between}");
}

/// Only Linux tells the steps.
#[cfg(target_os = "linux")]
#[test]
fn a_search_that_is_given_up_ends_with_its_step() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (async_linker(&engine), guest(&engine, "hostile"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    let disk = Disk::new().slow_at(2);
    let mut store = store(&engine, &folder, WasiMmapCtx::default(), &["search-file"]); // The file has 6 GiB.
    {
        let mut call = pin!(run_async(&mut store, &linker, &component));
        while !disk.at_work() {
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending(), "nothing was done on another thread");
            std::thread::yield_now();
        }
    }
    disk.let_go();
    drop(store);
    drop(entered);
    drop(runtime); // Waits for its threads.
    assert_eq!((disk.steps_elsewhere(), live_regions()), (2, before));
}

/// The step that it is in goes on, on another thread or in the poll that began it.
#[test]
fn a_search_that_is_given_up_leaves_nothing() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (async_linker(&engine), guest(&engine, "hostile"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entered = runtime.enter();
    for scenario in ["search-file", "search-file-for-2-mib"] {
        for polls in [1, 2, 4, 8] {
            let _disk = Disk::new();
            let mut store = store(&engine, &folder, WasiMmapCtx::default(), &[scenario]);
            let mut call = Box::pin(run_async(&mut store, &linker, &component));
            let mut left = polls;
            while left > 0 {
                let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert!(polled.is_pending(), "{scenario} {polls}: it ended");
                left -= usize::from(live_regions() > before);
                std::thread::yield_now();
            }
        }
    }
    drop(entered);
    drop(runtime); // Waits for its threads.
    assert_eq!(live_regions(), before);
}

#[test]
fn a_host_limits_how_far_one_search_goes() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, async_linker, component) = (linker(&engine), async_linker(&engine), guest(&engine, "hostile"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ctx = || WasiMmapCtx::builder().max_search(1 << 30).build();
    let trapped = Err("a search went through as many bytes as the host allows".to_owned());
    for (length, expected) in [(1 << 20, &Ok(0)), (1 << 30, &Ok(0)), ((1 << 30) + 10, &trapped), (1 << 40, &trapped)] {
        set_length(&folder, length);
        let mut one = store(&engine, &folder, ctx(), &["search-file"]);
        assert_eq!(&run(&mut one, &linker, &component), expected, "{length}");
        let mut other = store(&engine, &folder, ctx(), &["search-file"]);
        assert_eq!(&runtime.block_on(run_async(&mut other, &async_linker, &component)), expected, "{length}");
    }
    for (most, expected) in [(1 << 30, &Ok(0)), ((1 << 30) - 10, &trapped), (0, &trapped)] {
        for scenario in ["search-1-gib", "search-1-gib-backward"] {
            let ctx = WasiMmapCtx::builder().max_search(most).build();
            let mut store = store(&engine, &folder, ctx, &[scenario]);
            assert_eq!(&run(&mut store, &linker, &component), expected, "{scenario} {most}");
        }
    }
}
