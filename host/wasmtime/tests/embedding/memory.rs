//! The memory of the host that guests can take by mappings.

use crate::common::{alone, guest, linker, run, store, Folder};
use crate::NO_MEMORY;
use wasmtime::Engine;
use wasmtime_wasi_mmap::{live_regions, WasiMmapCtx};

#[test]
fn guests_take_no_more_memory_than_they_may() {
    let _turn = alone();
    let (engine, folder, before) = (Engine::default(), Folder::new(), live_regions());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let limit = (1 << 20) + (1 << 17);
    for (limit, expected) in [(limit, true), (limit / 2, false), (2 * limit, false)] {
        let ctx = WasiMmapCtx::builder().max_private_memory(limit).build();
        let mut store = store(&engine, &folder, ctx, &["memory-of-the-host"]);
        assert_eq!(run(&mut store, &linker, &component) == Ok(0), expected, "{limit}");
    }
    assert_eq!(live_regions(), before);
}

#[test]
fn instances_of_a_store_share_its_memory() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    let ctx = WasiMmapCtx::builder().max_private_memory((1 << 30) + (1 << 22)).build();
    let mut store = store(&engine, &folder, ctx, &["search-nothing"]); // It keeps a mapping of 1 GiB.
    assert_eq!(run(&mut store, &linker, &component), Ok(0));
    assert_eq!(run(&mut store, &linker, &component), Ok(NO_MEMORY));
}

#[test]
fn there_is_a_limit_without_one() {
    let _turn = alone();
    let (engine, folder) = (Engine::default(), Folder::new());
    let (linker, component) = (linker(&engine), guest(&engine, "hostile"));
    for (ctx, expected) in [
        (WasiMmapCtx::default(), 0),
        (WasiMmapCtx::builder().build(), 0),
        (WasiMmapCtx::builder().max_private_memory(u64::MAX).build(), 100),
    ] {
        let mut store = store(&engine, &folder, ctx, &["memory-without-limit"]);
        assert_eq!(run(&mut store, &linker, &component), Ok(expected));
    }
}
