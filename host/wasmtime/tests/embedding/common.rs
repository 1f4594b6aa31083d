//! The shared parts of the tests: stores and linkers as a program makes them, and the components of `tests/`.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store, StoreLimits};
use wasmtime_wasi::p2::bindings::{sync, Command};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_mmap::{SpanEngine, WasiMmap, WasiMmapCtx};

/// The exit code of the guest is the error that it gets.
pub const NO_MEMORY: i32 = 11;

/// Mappings and allocations are counted in the whole process: one test at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct State {
    pub table: ResourceTable,
    wasi: WasiCtx,
    pub mmap: WasiMmapCtx,
    pub limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

pub fn view(state: &mut State) -> WasiMmap<'_> {
    WasiMmap::new(&mut state.mmap, &mut state.table)
}

/// A folder with the files of the guests. It is removed with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("embedding-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = top().join("build").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("file"), "0123456789abcdef".repeat(4096)).unwrap();
        std::fs::write(folder.join("text"), "some text\n".repeat(1 << 20)).unwrap();
        let sparse = std::fs::File::create(folder.join("sparse")).unwrap();
        crate::system::make_sparse(&sparse);
        sparse.set_len(6 << 30).unwrap();
        Self(folder)
    }

    /// Has the files of the guest `spans`.
    pub fn with_units() -> Self {
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

pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn guest(engine: &Engine, name: &str) -> Component {
    let path = top().join("build/guests/c").join(format!("{name}.wasm"));
    assert!(path.exists(), "{} is missing: run \"make guests\"", path.display());
    Component::from_file(engine, path).unwrap()
}

pub fn store(engine: &Engine, folder: &Folder, mmap: WasiMmapCtx, arguments: &[&str]) -> Store<State> {
    let mut wasi = WasiCtx::builder();
    wasi.arg("guest").args(arguments).preopened_dir(&folder.0, "/", FsPerms::ReadWrite).unwrap();
    let mut store = Store::new(
        engine,
        State { table: ResourceTable::new(), wasi: wasi.build(), mmap, limits: StoreLimits::default() },
    );
    store.set_hostcall_fuel(usize::MAX);
    store
}

pub fn linker(engine: &Engine) -> Linker<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    wasmtime_wasi_mmap::add_to_linker(&mut linker, view).unwrap();
    linker
}

pub fn async_linker(engine: &Engine) -> Linker<State> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_mmap::add_to_linker_async(&mut linker, view).unwrap();
    linker
}

/// The exit code of the component, or the message of its trap.
pub fn ended(result: Result<std::result::Result<(), ()>>) -> std::result::Result<i32, String> {
    match result {
        Ok(Ok(())) => Ok(0),
        Ok(Err(())) => Ok(1),
        Err(error) => error.downcast_ref::<I32Exit>().map(|exit| exit.0).ok_or_else(|| error.root_cause().to_string()),
    }
}

pub fn run(
    store: &mut Store<State>,
    linker: &Linker<State>,
    component: &Component,
) -> std::result::Result<i32, String> {
    let command = sync::Command::instantiate(&mut *store, component, linker).unwrap();
    ended(command.wasi_cli_run().call_run(store))
}

pub async fn run_async(
    store: &mut Store<State>,
    linker: &Linker<State>,
    component: &Component,
) -> std::result::Result<i32, String> {
    let command = Command::instantiate_async(&mut *store, component, linker).await.unwrap();
    ended(command.wasi_cli_run().call_run(store).await)
}

/// An engine whose guests may have spans, and the context of its stores.
pub fn with_spans() -> (Engine, impl Fn() -> WasiMmapCtx) {
    let spans = SpanEngine::new(&Config::new()).unwrap();
    (spans.engine().clone(), move || WasiMmapCtx::builder().spans(&spans).build())
}

/// The number of memory areas of the process with pages of the guests' file.
pub fn areas_of(folder: &Folder) -> usize {
    crate::system::areas_of(&folder.0.join("file"))
}

/// Polls a call so often, and then drops it.
pub fn give_up(call: impl Future, polls: usize) {
    let mut call = pin!(call);
    for _ in 0..polls {
        if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            break;
        }
        std::thread::yield_now();
    }
}
