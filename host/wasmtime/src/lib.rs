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
//!   `find` and `rfind` not at all, but that what is looked for is copied for another thread.
//! - **Blocking.** `read` and `write` run on the calling thread and wait for the disk where a page is not in memory, as
//!   any memory mapping does. With [`add_to_linker_async`], what calls the system (`mmap`, `mmap-posix`, `file-size`,
//!   `flush`, `resize`) goes to a thread of its own, and so does what takes long: a `find`, `rfind` or `move` of more
//!   than a mebibyte.
//! - **Interruption.** `find`, `rfind` and `move` go in steps of at most 64 MiB, or four times what is looked for. After
//!   each step the store is looked at as if the guest ran: with [`Config::consume_fuel`](wasmtime::Config::consume_fuel)
//!   16 bytes cost one unit of fuel, and one that cannot be paid is a trap; with
//!   [`Config::epoch_interruption`](wasmtime::Config::epoch_interruption) a deadline that is over traps, calls back or
//!   yields. For that the engine compiles a function that does nothing, where the program has a compiler (the features
//!   `cranelift` or `winch` of wasmtime), and a store in which something takes longer than a step has one small instance
//!   more, which counts as such; if it cannot be had, the call is a trap. With [`add_to_linker`] nothing can wait, so that
//!   a deadline that yields to the executor lets the call go on. With [`add_to_linker_async`] a call that is given up,
//!   as by a timeout, ends with the step that it is at.
//! - **Limits.** [`WasiMmapCtxBuilder`] limits how many mappings a store holds, how far one search goes, and the memory of
//!   the host that guests can fill through mappings, which no `ResourceLimiter` sees. The process keeps half of the
//!   system's memory areas and some descriptors for itself: beyond that, `mmap` is `no-memory`.
//!   Lists that a guest passes count as
//!   [hostcall fuel](wasmtime::Store::set_hostcall_fuel), 128 MiB in one call unless you set it: a larger `write` traps.
//! - **Dropping.** A mapping that a guest leaves behind is unmapped with the store's [`ResourceTable`]. A store that goes
//!   while a given-up `flush` of one of its spans still runs waits for it: the pages lie in its memory.
//! - **Systems.** Linux. On Windows the crate compiles, and every `mmap` is `unsupported`.

#![deny(missing_docs)]

mod calls;
mod core;
#[cfg_attr(not(native_core), path = "unsupported.rs")]
mod ffi;
mod interrupts;
mod limits;
mod lower;
mod mapping;
mod memory;
mod span;
mod steps;

pub use crate::mapping::Mapping;
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

use crate::calls::Blocking;
use crate::generated::wasi_mmap::mmap::mapping::ErrorCode;
use crate::interrupts::Look;
use crate::limits::{Limits, Usage};
use std::sync::Arc;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::Result;

const INTERFACE: &str = "wasi-mmap:mmap/mapping@0.2.0";
const SPAN_INTERFACE: &str = "wasi-mmap:mmap/span@0.2.0";

/// What an operation of the contract returns.
type Outcome<R> = std::result::Result<R, ErrorCode>;

/// The state of the interface in one store: what its guests hold, and their limits.
pub struct WasiMmapCtx {
    usage: Arc<Usage>,
    spans: Option<SpanMemories>,
    /// In bytes.
    max_search: u64,
    /// Bytes that were gone through and cost fuel.
    unpaid: u64,
    look: Option<Look>,
}

impl Default for WasiMmapCtx {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl WasiMmapCtx {
    /// Starts with one limit, that of [`WasiMmapCtxBuilder::max_private_memory`].
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
pub struct WasiMmapCtxBuilder {
    limits: Limits,
    spans: Option<SpanMemories>,
    max_search: u64,
}

impl Default for WasiMmapCtxBuilder {
    fn default() -> Self {
        Self { limits: Limits::default(), spans: None, max_search: u64::MAX }
    }
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

    /// Limits the memory of the host, in bytes, that the mappings of the store's guests take at one time, and that no file
    /// holds. More is `no-memory`.
    ///
    /// A mapping without a file takes its length; a copy of a file what is stored in it, in whole pages and each time that
    /// it is stored, but at most its length; and every mapping a 512th of its length, for the page tables of the system.
    /// Without this, it is 4 GiB, or half of the memory of the machine or container if that is less.
    #[must_use]
    pub fn max_private_memory(mut self, bytes: u64) -> Self {
        self.limits.private_memory = bytes;
        self
    }

    /// Limits how many bytes one `find` or `rfind` goes through. One that has found nothing by then is a trap.
    ///
    /// Holes of a sparse file count, though they take no time. Without this, there is no limit.
    #[must_use]
    pub fn max_search(mut self, bytes: u64) -> Self {
        self.max_search = bytes;
        self
    }

    /// Makes the context.
    #[must_use]
    pub fn build(self) -> WasiMmapCtx {
        WasiMmapCtx {
            usage: Arc::new(Usage::new(self.limits)),
            spans: self.spans,
            max_search: self.max_search,
            unpaid: 0,
            look: None,
        }
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

fn add<T: Send + 'static>(linker: &mut Linker<T>, view: calls::View<T>, blocking: Blocking) -> Result<()> {
    calls::define_mappings(&mut linker.instance(INTERFACE)?, view, blocking)?;
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
/// If a call is given up (its future dropped) while such an operation runs, the operation is completed, or the step that
/// a `find`, `rfind` or `move` is at, and others on the same mapping are `busy` as long.
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
