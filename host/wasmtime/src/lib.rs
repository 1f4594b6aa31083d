//! Memory-mapped files for the components that wasmtime runs: the interface `wasi-mmap:mmap/mapping`, over real mappings
//! of the operating system.
//!
//! A guest maps a file that it holds a descriptor of `wasi:filesystem` for, and then reads, writes and searches it
//! without further system calls. The rights of the descriptor decide: what was opened for reading, or below a directory
//! that was granted for reading only, cannot be mapped for writing.
//!
//! # Example
//!
//! Give the state of your store a [`WasiMmapCtx`], and call [`add_to_linker`]:
//!
//! ```
//! use wasmtime::component::{Linker, ResourceTable};
//! use wasmtime::{Engine, Result, Store};
//! use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
//! use wasmtime_wasi_mmap::{WasiMmap, WasiMmapCtx};
//!
//! struct State {
//!     table: ResourceTable,
//!     wasi: WasiCtx,
//!     mmap: WasiMmapCtx,
//! }
//!
//! impl WasiView for State {
//!     fn ctx(&mut self) -> WasiCtxView<'_> {
//!         WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
//!     }
//! }
//!
//! fn main() -> Result<()> {
//!     let engine = Engine::default();
//!     let mut linker = Linker::<State>::new(&engine);
//!     wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
//!     wasmtime_wasi_mmap::add_to_linker(&mut linker, |state| WasiMmap::new(&mut state.mmap, &mut state.table))?;
//!
//!     let state = State { table: ResourceTable::new(), wasi: WasiCtx::builder().build(), mmap: WasiMmapCtx::default() };
//!     let mut store = Store::new(&engine, state);
//!     // Instantiate components with `linker` and `store`.
//!     Ok(())
//! }
//! ```
//!
//! # What a host should know
//!
//! - **Faults.** Another process may truncate a file under a mapping. The first mapping of a file installs a
//!   process-wide handler of SIGBUS (on Linux), so that the guest gets `fault` and the host lives; other addresses go
//!   on to the handler that was there before. wasmtime does not use that signal there. A handler that your program
//!   installs later has to call the one that it replaces.
//! - **Copies.** `read` copies once, from the mapped pages into the memory of the guest; `write` once, the other way;
//!   `find` and `rfind` not at all.
//! - **Blocking.** What touches pages (`read`, `write`, `move`, `find`, `rfind`) runs on the calling thread and waits
//!   for the disk where a page is not in memory, as any memory mapping does. What calls the system (`mmap`,
//!   `mmap-posix`, `file-size`, `flush`, `resize`) goes to a thread of its own with [`add_to_linker_async`].
//! - **Limits.** [`WasiMmapCtxBuilder`] limits how many mappings a store holds, and the memory of the host that guests
//!   can fill through private and anonymous mappings, which no `ResourceLimiter` sees. The process keeps half of the
//!   system's memory areas and some descriptors for itself: beyond that, `mmap` is `no-memory`.
//!   Lists that a guest passes count as
//!   [hostcall fuel](wasmtime::Store::set_hostcall_fuel), 128 MiB in one call unless you set it: a larger `write` traps.
//! - **Dropping.** A mapping that a guest leaves behind is unmapped with the store's [`ResourceTable`].
//! - **Systems.** Linux. On Windows the crate compiles, and every `mmap` is `unsupported`.

#![deny(missing_docs)]

mod core;
#[cfg_attr(not(native_core), path = "unsupported.rs")]
mod ffi;
mod limits;
mod lower;
mod memory;
mod span;

pub use crate::memory::SpanMemories;
pub use crate::span::Span;

mod generated {
    #![allow(missing_docs, dead_code, clippy::pedantic)]
    wasmtime::component::bindgen!({
        path: "wit",
        world: "host",
        with: {
            "wasi": wasmtime_wasi::p2::bindings::sync,
            "wasi-mmap:mmap/mapping.mapping": crate::Mapping,
            "wasi-mmap:mmap/span.span": crate::Span,
        },
    });
}

use crate::core::Request;
use crate::generated::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
use crate::limits::{Claim, Limits, Usage};
use crate::lower::Bytes;
use std::fs::File;
use std::future::Future;
use std::mem;
use std::pin::{pin, Pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use wasmtime::component::{
    ComponentNamedList, Lift, Linker, LinkerInstance, Lower, Resource, ResourceTable, ResourceType, WasmList,
};
use wasmtime::{bail, Result, StoreContextMut};
use wasmtime_wasi::filesystem::{Descriptor, OpenMode};
use wasmtime_wasi::runtime::spawn_blocking;

const INTERFACE: &str = "wasi-mmap:mmap/mapping@0.2.0";
const SPAN_INTERFACE: &str = "wasi-mmap:mmap/span@0.2.0";

/// What an operation of the contract returns.
type Outcome<R> = std::result::Result<R, ErrorCode>;

/// The state of the interface in one store: what its guests hold, and their limits.
#[derive(Default)]
pub struct WasiMmapCtx {
    usage: Arc<Usage>,
    spans: Option<SpanMemories>,
}

impl WasiMmapCtx {
    /// Starts with no limits but those of the process.
    #[must_use]
    pub fn builder() -> WasiMmapCtxBuilder {
        WasiMmapCtxBuilder::default()
    }
}

/// Makes a [`WasiMmapCtx`].
///
/// ```
/// let ctx = wasmtime_wasi_mmap::WasiMmapCtx::builder().max_mappings(100).max_private_memory(64 << 20).build();
/// ```
#[derive(Default)]
pub struct WasiMmapCtxBuilder {
    limits: Limits,
    spans: Option<SpanMemories>,
}

impl WasiMmapCtxBuilder {
    /// Lets the guests of the store attach spans, in memory that was made there: by an engine that was
    /// [configured](SpanMemories::configure) to. Without it the interface is there, and answers that there are none.
    #[must_use]
    pub fn spans(mut self, memories: &SpanMemories) -> Self {
        self.spans = Some(memories.clone());
        self
    }

    /// Limits how many mappings and spans the guests of the store hold at one time. One more is `no-memory`.
    #[must_use]
    pub fn max_mappings(mut self, count: usize) -> Self {
        self.limits.mappings = count;
        self
    }

    /// Limits the sum of the lengths, in bytes, of what guests can fill with data of their own and no file holds:
    /// mappings without a file, and copies of files. More is `no-memory`.
    #[must_use]
    pub fn max_private_memory(mut self, bytes: u64) -> Self {
        self.limits.private_memory = bytes;
        self
    }

    /// Makes the context.
    #[must_use]
    pub fn build(self) -> WasiMmapCtx {
        WasiMmapCtx { usage: Arc::new(Usage::new(self.limits)), spans: self.spans }
    }
}

/// A view of a store's state: the context, and the table that holds descriptors and mappings.
///
/// The table has to be the one that `wasi:filesystem` uses.
pub struct WasiMmap<'a> {
    ctx: &'a mut WasiMmapCtx,
    table: &'a mut ResourceTable,
}

impl<'a> WasiMmap<'a> {
    /// Borrows both from the state of a store.
    pub fn new(ctx: &'a mut WasiMmapCtx, table: &'a mut ResourceTable) -> Self {
        Self { ctx, table }
    }
}

struct State {
    core: core::Mapping,
    claim: Claim,
}

impl State {
    fn resize(&mut self, length: u64) -> Outcome<()> {
        let before = self.claim.private_memory();
        if before == 0 {
            return self.core.resize(length);
        }
        // The larger of both while it lasts.
        self.claim.set_private_memory(length.max(before))?;
        let result = self.core.resize(length);
        self.claim.set_private_memory(self.core.length())?;
        result
    }
}

/// The resource `mapping`, as it lies in the [`ResourceTable`]: the operating system's mapping, unmapped with it.
pub struct Mapping(Place);

/// Where the state is. Only what works on another thread needs a lock.
enum Place {
    Table(State),
    /// A call on another thread has it, or had it until now.
    OtherThread(Arc<Mutex<State>>),
    /// A call on this thread has taken it.
    Call,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mapping {
    /// The state, or that a call that was given up is still at work on it.
    fn state(&mut self) -> Outcome<&mut State> {
        if let Place::OtherThread(_) = self.0 {
            self.0 = Place::Table(self.take()?);
        }
        match &mut self.0 {
            Place::Table(state) => Ok(state),
            _ => Err(ErrorCode::Busy),
        }
    }

    /// Takes the state out, for [`Self::put_back`].
    fn take(&mut self) -> Outcome<State> {
        match mem::replace(&mut self.0, Place::Call) {
            Place::Table(state) => Ok(state),
            Place::OtherThread(shared) => match Arc::try_unwrap(shared) {
                Ok(state) => Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner)),
                Err(shared) => {
                    self.0 = Place::OtherThread(shared);
                    Err(ErrorCode::Busy)
                }
            },
            Place::Call => Err(ErrorCode::Busy),
        }
    }

    fn put_back(&mut self, state: State) {
        if let Place::Call = self.0 {
            self.0 = Place::Table(state);
        }
    }

    /// Shares the state with another thread.
    fn share(&mut self) -> Outcome<Arc<Mutex<State>>> {
        let shared = Arc::new(Mutex::new(self.take()?));
        self.0 = Place::OtherThread(Arc::clone(&shared));
        Ok(shared)
    }

    /// Asks what cannot fail: waits for the other thread.
    fn ask<R>(&self, question: impl FnOnce(&core::Mapping) -> R) -> Result<R> {
        match &self.0 {
            Place::Table(state) => Ok(question(&state.core)),
            Place::OtherThread(shared) => Ok(question(&lock(shared).core)),
            Place::Call => bail!("a mapping that another call has"),
        }
    }
}

/// A file whose rights have been checked, ready to be mapped on any thread.
struct Opening {
    file: Option<Arc<File>>,
    claim: Claim,
    request: Request,
}

impl Opening {
    /// The rights are those of the descriptor: the file of the system may be open for more.
    fn new(view: &WasiMmap<'_>, file: Option<&Resource<Descriptor>>, request: Request) -> Result<Outcome<Self>> {
        let file = match file.map(|file| view.table.get(file)).transpose()? {
            None => None,
            Some(Descriptor::Dir(_)) => return Ok(Err(ErrorCode::Unsupported)),
            Some(Descriptor::File(file)) => {
                let may_write = file.open_mode.contains(OpenMode::WRITE) && !file.perms.write_not_permitted();
                if !file.open_mode.contains(OpenMode::READ) || (request.needs_write() && !may_write) {
                    // The kind of the file comes before its rights.
                    let regular = file.file.metadata().is_ok_and(|metadata| metadata.is_file());
                    return Ok(Err(if regular { ErrorCode::AccessDenied } else { ErrorCode::Unsupported }));
                }
                Some(Arc::clone(&file.file))
            }
        };
        Ok(view.ctx.usage.claim().map(|claim| Self { file, claim, request }))
    }

    fn open(mut self, length: u64, offset: u64) -> Outcome<Mapping> {
        if self.file.is_none() {
            self.claim.set_private_memory(length)?;
        }
        let core = core::Mapping::open(self.file.as_deref(), length, self.request, offset)?;
        if self.file.is_none() || core.access() == Access::Copy {
            self.claim.set_private_memory(core.length())?;
        }
        Ok(Mapping(Place::Table(State { core, claim: self.claim })))
    }
}

/// Where calls run that may wait for the system.
#[derive(Clone, Copy)]
enum Blocking {
    Here,
    OnAnotherThread,
}

impl Blocking {
    async fn run<R: Send + 'static>(self, work: impl FnOnce() -> R + Send + 'static) -> R {
        match self {
            Blocking::Here => work(),
            Blocking::OnAnotherThread => spawn_blocking(work).await,
        }
    }
}

/// The result of a future that waits for nothing.
fn ready<R>(future: impl Future<Output = R>) -> R {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("Blocking::Here waits for nothing"),
    }
}

type View<T> = fn(&mut T) -> WasiMmap<'_>;
type Operation<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// Defines an operation that may wait for the system.
fn define<T, P, R>(
    instance: &mut LinkerInstance<'_, T>,
    blocking: Blocking,
    name: &str,
    operation: impl for<'a> Fn(StoreContextMut<'a, T>, P) -> Operation<'a, R> + Send + Sync + 'static,
) -> Result<()>
where
    T: Send + 'static,
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    match blocking {
        Blocking::Here => instance.func_wrap(name, move |store, arguments| ready(operation(store, arguments))),
        Blocking::OnAnotherThread => {
            instance.func_wrap_async(name, move |store, arguments| Box::new(operation(store, arguments)))
        }
    }
}

/// Maps a file and puts the mapping into the table.
async fn open<T: Send>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    blocking: Blocking,
    file: Option<Resource<Descriptor>>,
    request: Request,
    (length, offset): (u64, u64),
) -> Result<(Outcome<Resource<Mapping>>,)> {
    let opening = match Opening::new(&view(store.data_mut()), file.as_ref(), request)? {
        Ok(opening) => opening,
        Err(code) => return Ok((Err(code),)),
    };
    Ok((match blocking.run(move || opening.open(length, offset)).await {
        Ok(mapping) => Ok(view(store.data_mut()).table.push(mapping)?),
        Err(code) => Err(code),
    },))
}

/// Calls with the state of a mapping what may wait for the system.
async fn work<T: Send, R: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    blocking: Blocking,
    this: Resource<Mapping>,
    call: impl FnOnce(&mut State) -> Outcome<R> + Send + 'static,
) -> Result<(Outcome<R>,)> {
    let mapping = view(store.data_mut()).table.get_mut(&this)?;
    let state = match blocking {
        Blocking::Here => return Ok((mapping.state().and_then(call),)),
        Blocking::OnAnotherThread => mapping.share(),
    };
    Ok((match state {
        Ok(state) => blocking.run(move || call(&mut lock(&state))).await,
        Err(code) => Err(code),
    },))
}

/// Calls with a mapping.
fn with<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    call: impl FnOnce(&mut core::Mapping) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mapping = view(store.data_mut()).table.get_mut(this)?;
    Ok(mapping.state().and_then(|state| call(&mut state.core)))
}

/// Calls with a mapping and bytes of the guest. The table and the guest's memory are both the store's, so that the
/// mapping leaves the table meanwhile.
fn with_bytes<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    bytes: &WasmList<u8>,
    call: impl FnOnce(&mut core::Mapping, &[u8]) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mut state = match view(store.data_mut()).table.get_mut(this)?.take() {
        Ok(state) => state,
        Err(code) => return Ok(Err(code)),
    };
    let result = call(&mut state.core, bytes.as_le_slice(&store));
    view(store.data_mut()).table.get_mut(this)?.put_back(state);
    Ok(result)
}

/// Defines what may wait for the system.
fn define_blocking<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    blocking: Blocking,
) -> Result<()> {
    type This = Resource<Mapping>;
    type MaybeFile = Option<Resource<Descriptor>>;
    define(instance, blocking, "mmap", move |store, (file, length, access, offset): (MaybeFile, u64, Access, u64)| {
        Box::pin(open(store, view, blocking, file, Request::Access(access), (length, offset)))
    })?;
    define(
        instance,
        blocking,
        "mmap-posix",
        move |store, (file, length, sharing, protection, offset): (MaybeFile, u64, Sharing, Protection, u64)| {
            let request = Request::Posix(sharing, protection);
            Box::pin(open(store, view, blocking, file, request, (length, offset)))
        },
    )?;
    define(instance, blocking, "[method]mapping.file-size", move |store, (this,): (This,)| {
        Box::pin(work(store, view, blocking, this, |state| state.core.file_size()))
    })?;
    define(instance, blocking, "[method]mapping.flush", move |store, (this, offset, length): (This, u64, u64)| {
        Box::pin(work(store, view, blocking, this, move |state| state.core.flush(offset, length)))
    })?;
    define(instance, blocking, "[method]mapping.resize", move |store, (this, length): (This, u64)| {
        Box::pin(work(store, view, blocking, this, move |state| state.resize(length)))
    })
}

/// Defines the resource, and what touches nothing but memory.
fn define_others<T: Send + 'static>(instance: &mut LinkerInstance<'_, T>, view: View<T>) -> Result<()> {
    type This = Resource<Mapping>;
    instance.resource("mapping", ResourceType::host::<Mapping>(), move |mut store, rep| {
        view(store.data_mut()).table.delete(Resource::<Mapping>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("[method]mapping.length", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.ask(core::Mapping::length)?,))
    })?;
    instance.func_wrap("[method]mapping.access", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.ask(core::Mapping::access)?,))
    })?;
    instance.func_wrap("[method]mapping.read", move |_, (this, offset, length): (This, u64, u64)| {
        Ok((Bytes { view, this, offset, length },))
    })?;
    instance.func_wrap(
        "[method]mapping.write",
        move |mut store, (this, offset, bytes): (This, u64, WasmList<u8>)| {
            Ok((with_bytes(&mut store, view, &this, &bytes, |core, bytes| core.write(offset, bytes))?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.move",
        move |mut store, (this, destination, source, length): (This, u64, u64, u64)| {
            Ok((with(&mut store, view, &this, |core| core.copy_within(destination, source, length))?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.find",
        move |mut store, (this, needle, start, end): (This, WasmList<u8>, u64, u64)| {
            Ok((with_bytes(&mut store, view, &this, &needle, |core, needle| core.find(needle, start, end))?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.rfind",
        move |mut store, (this, needle, start, end): (This, WasmList<u8>, u64, u64)| {
            Ok((with_bytes(&mut store, view, &this, &needle, |core, needle| core.rfind(needle, start, end))?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.advise",
        move |mut store, (this, offset, length, advice): (This, u64, u64, Advice)| {
            Ok((with(&mut store, view, &this, |core| core.advise(offset, length, advice))?,))
        },
    )
}

fn add<T: Send + 'static>(linker: &mut Linker<T>, view: View<T>, blocking: Blocking) -> Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    define_blocking(&mut instance, view, blocking)?;
    define_others(&mut instance, view)?;
    span::define_spans(&mut linker.instance(SPAN_INTERFACE)?, view, blocking)
}

/// Offers `wasi-mmap:mmap/mapping` to components, every operation on the calling thread.
///
/// `view` gives access to the context and the table in the state of the store. Stores may be asynchronous, but an
/// operation that waits for the system, such as `flush`, then holds up its executor: see [`add_to_linker_async`].
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, view: fn(&mut T) -> WasiMmap<'_>) -> Result<()> {
    add(linker, view, Blocking::Here)
}

/// Offers `wasi-mmap:mmap/mapping` to components of asynchronous stores: operations that wait for the system run on
/// Tokio's threads for such work, as those of `wasi:filesystem` do.
///
/// If a call is given up (its future dropped) while such an operation runs, the operation is completed, and others on
/// the same mapping are `busy` as long.
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker_async<T: Send + 'static>(linker: &mut Linker<T>, view: fn(&mut T) -> WasiMmap<'_>) -> Result<()> {
    add(linker, view, Blocking::OnAnotherThread)
}

/// Counts the spans, of all stores in the process, that ended without having told their guest that pages were lost: a file
/// was cut, or its storage failed, and the guest has read zeros there, or lost what it stored.
///
/// A span tells by `faulted` and by an error of `flush`. It ends with its store at the latest.
#[must_use]
pub fn unnoticed_faults() -> usize {
    core::unnoticed_faults()
}

/// Counts the mappings in the process, of all stores, with their pages: for tests that look for leaks.
#[doc(hidden)]
#[must_use]
pub fn live_regions() -> usize {
    core::live_regions()
}
