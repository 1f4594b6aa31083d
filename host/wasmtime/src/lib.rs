//! Memory-mapped files for the components that wasmtime runs: the interface `wasi-mmap:mmap/mapping`, over real mappings
//! of the operating system.
//!
//! A guest maps a file through its descriptor of `wasi:filesystem`, and then reads, writes and searches the file without
//! further system calls. The rights of the descriptor decide: a file that was opened for reading, or below a directory
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
//!   process-wide handler of SIGBUS (on Linux), so that the guest gets `fault` and the host lives. Signals at other
//!   addresses go on to the previous handler. wasmtime does not use SIGBUS on Linux. A handler that your program installs
//!   later must call the one that it replaces. On Windows, which refuses to truncate a mapped file, a vectored exception
//!   handler does the same where storage fails; the whole mapping is lost then.
//! - **Copies.** `read` copies once, from the mapped pages into the memory of the guest; `write` copies once, the other
//!   way. Without the feature `single-copy`, which takes traits that wasmtime does not document, `read` copies twice, and
//!   more than 128 MiB in one call is `no-memory`. `find` and `rfind` copy nothing, except the needle when another thread searches.
//! - **Blocking.** `read` and `write` run on the calling thread and wait for the disk where a page is not in memory, as
//!   any memory mapping does. With [`add_to_linker_async`], the operations that call the system (`mmap`, `mmap-posix`,
//!   `file-size`, `flush`, `resize`) run on a thread for blocking work, and so does a `find`, `rfind` or `move` of more
//!   than a mebibyte.
//! - **Interruption.** `find`, `rfind` and `move` go in steps of at most 64 MiB, or four times the needle. After each step
//!   the store's fuel and epoch deadline are checked as if the guest ran. With
//!   [`Config::consume_fuel`](wasmtime::Config::consume_fuel) 16 bytes cost one unit of fuel; a store that runs out of it
//!   traps. With [`Config::epoch_interruption`](wasmtime::Config::epoch_interruption) an expired deadline traps, calls back
//!   or yields. The check needs a compiler (the features `cranelift` or `winch` of wasmtime) and one small instance in each
//!   store that needs it, which counts towards the store's limits; if it cannot be made, the call traps. With
//!   [`add_to_linker`] nothing can wait, so a deadline that yields lets the call go on. With [`add_to_linker_async`] a call
//!   that is dropped, for example by a timeout, ends with its current step.
//! - **Limits.** [`WasiMmapCtxBuilder`] limits the number and the bytes of mappings of a store, its spans, the bytes of one
//!   search or `read`, and the host memory that guests can fill through mappings, which no `ResourceLimiter` sees.
//!   [`WasiMmapCtx::metrics`] tells what they hold and have done; with the feature `tracing` there are events. The process
//!   keeps half of the system's memory areas and some descriptors for itself: past that, `mmap` is `no-memory`. Lists that a guest passes count as
//!   [hostcall fuel](wasmtime::Store::set_hostcall_fuel), 128 MiB in one call by default: a larger list traps. The guest
//!   libraries pass at most 16 MiB in a call.
//! - **Dropping.** Mappings that a guest leaves behind are unmapped with the store's
//!   [`ResourceTable`](wasmtime::component::ResourceTable). Dropping a store waits for a dropped call of `flush` that still
//!   runs on one of its spans.
//! - **WASI 0.3.** With the feature `p3`, `add_to_linker_p3` offers the same contract to components of WASI 0.3. That feature
//!   compiles wasmtime's support for concurrency, as `wasmtime-wasi` does by default since 49, and with it every call of a
//!   component of WASI 0.2 takes some 70 ns more too, unless
//!   [`Config::concurrency_support`](wasmtime::Config::concurrency_support) is off. A host of both has an engine for each.
//!   wasmtime calls its own WASI 0.3 experimental, and gives it no patch releases.
//! - **Systems.** Linux and Windows. On Windows `mmap-posix` is `unsupported`. On other systems the
//!   crate compiles, and every `mmap` is `unsupported`.

#![deny(missing_docs)]

#[cfg_attr(not(feature = "single-copy"), path = "abi_public.rs")]
mod abi;
mod bindings;
mod calls;
mod compiler;
mod ctx;
mod deadline;
mod ffi;
#[cfg(not(target_os = "linux"))]
mod guest_memory;
mod interrupts;
mod limits;
mod linker;
mod lock;
mod mapping;
mod metrics;
mod native;
mod scheduler;
mod span;
mod span_engine;
mod steps;
mod store;
mod store_spans;

pub use crate::ctx::{WasiMmap, WasiMmapCtx, WasiMmapCtxBuilder};
pub use crate::mapping::Mapping;
pub use crate::metrics::Metrics;
pub use crate::span::Span;
pub use crate::span_engine::SpanEngine;

use crate::bindings::WASI_0_2;
#[cfg(feature = "p3")]
use crate::bindings::WASI_0_3;
use crate::scheduler::Scheduler;
use wasmtime::component::Linker;
use wasmtime::Result;

/// Adds `wasi-mmap:mmap/mapping` and `wasi-mmap:mmap/span` to a linker. Every operation runs on the calling thread.
///
/// `view` borrows the context and the table from the state of the store. Stores may be asynchronous, but an operation
/// that waits for the system, such as `flush`, then blocks its executor: see [`add_to_linker_async`].
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, view: fn(&mut T) -> WasiMmap<'_>) -> Result<()> {
    linker::add(linker, WASI_0_2, view, Scheduler::CallingThread)
}

/// Adds `wasi-mmap:mmap/mapping` and `wasi-mmap:mmap/span` to a linker for asynchronous stores. Operations that wait for
/// the system run on Tokio's threads for blocking work, as those of `wasi:filesystem` do.
///
/// If the future of a call is dropped while such an operation runs, the operation is completed, or the current step of a
/// `find`, `rfind` or `move`. Until then other calls on the same mapping are `busy`.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_async<T: Send + 'static>(linker: &mut Linker<T>, view: fn(&mut T) -> WasiMmap<'_>) -> Result<()> {
    linker::add(linker, WASI_0_2, view, Scheduler::BlockingThreads)
}

/// Adds the interfaces for WASI 0.3, `wasi-mmap:mmap/mapping@0.3.0` and `span@0.3.0`, to a linker: what [`add_to_linker`] does
/// for WASI 0.2. A linker may have both, and a component may use both for the same file.
///
/// All functions of the contract are synchronous in both generations, so a component may call them where it must not wait.
/// The descriptors are those of [`wasmtime_wasi::p3::add_to_linker`], and an engine that runs components of WASI 0.3 has
/// [`Config::concurrency_support`](wasmtime::Config::concurrency_support): see [What a host should know](crate#what-a-host-should-know).
///
/// # Errors
///
/// If the linker has one of the interfaces already.
#[cfg(feature = "p3")]
pub fn add_to_linker_p3<T: Send + 'static>(linker: &mut Linker<T>, view: fn(&mut T) -> WasiMmap<'_>) -> Result<()> {
    linker::add(linker, WASI_0_3, view, Scheduler::CallingThread)
}

/// Adds the interfaces for WASI 0.3 to a linker: what [`add_to_linker_async`] does for WASI 0.2.
///
/// The functions are synchronous for the guest: while one waits for the system, the tasks of its component do not run.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
#[cfg(feature = "p3")]
pub fn add_to_linker_p3_async<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> WasiMmap<'_>,
) -> Result<()> {
    linker::add(linker, WASI_0_3, view, Scheduler::BlockingThreads)
}

/// Counts the spans, of all stores in the process, that ended with lost pages without having told their guest: a file
/// was truncated or its storage failed, and the guest read zeros there, or lost what it stored.
///
/// A span tells by `faulted` and by an error of `flush`. It ends with its store at the latest.
#[must_use]
pub fn unnoticed_faults() -> usize {
    native::unnoticed_faults()
}

/// Counts the mappings in the process, of all stores, with their pages: for tests that look for leaks.
#[doc(hidden)]
#[must_use]
pub fn live_regions() -> usize {
    native::live_regions()
}

/// The example of that page is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../MULTI_TENANT.md")]
struct MultiTenant;
