//! The interface's part of a store's state: the context, its builder, and the view that borrows it.

use crate::deadline::DeadlineCheck;
use crate::limits::{Limits, Usage};
use crate::metrics::Counts;
use crate::span_engine::SpanEngine;
use crate::store_spans::StoreSpans;
use std::sync::Arc;
use wasmtime::component::ResourceTable;

/// The state of the interface in one store: what its guests hold, and their limits.
pub struct WasiMmapCtx {
    pub(crate) usage: Arc<Usage>,
    pub(crate) span_engine: Option<SpanEngine>,
    /// Of the store that the context is in, or was in.
    pub(crate) spans: Option<Arc<StoreSpans>>,
    /// In bytes.
    pub(crate) max_search: u64,
    /// In bytes.
    pub(crate) max_read: u64,
    pub(crate) counts: Counts,
    /// Bytes that long calls went through and no fuel was taken for yet.
    pub(crate) unpaid: u64,
    pub(crate) deadline_check: Option<DeadlineCheck>,
}

impl Default for WasiMmapCtx {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl WasiMmapCtx {
    /// Returns a builder whose only limit is the default of [`WasiMmapCtxBuilder::max_private_memory`].
    #[must_use]
    pub fn builder() -> WasiMmapCtxBuilder {
        WasiMmapCtxBuilder::default()
    }
}

/// Builds a [`WasiMmapCtx`].
///
/// ```
/// let ctx = wasmtime_wasi_mmap::WasiMmapCtx::builder().max_mappings(100).max_private_memory(64 << 20).build();
/// ```
pub struct WasiMmapCtxBuilder {
    limits: Limits,
    span_engine: Option<SpanEngine>,
    max_search: u64,
    max_read: u64,
}

impl Default for WasiMmapCtxBuilder {
    fn default() -> Self {
        Self { limits: Limits::default(), span_engine: None, max_search: u64::MAX, max_read: u64::MAX }
    }
}

impl WasiMmapCtxBuilder {
    /// Lets the guests of the store attach spans, if the store is one of this engine. Without it `granularity` is none and
    /// `attach` is `unsupported`.
    #[must_use]
    pub fn spans(mut self, engine: &SpanEngine) -> Self {
        self.span_engine = Some(engine.clone());
        self
    }

    /// Limits the number of mappings and spans that the guests of the store hold at one time. One more is `no-memory`.
    /// There is no limit by default.
    #[must_use]
    pub fn max_mappings(mut self, count: usize) -> Self {
        self.limits.mappings = count;
        self
    }

    /// Limits the number of spans that the guests of the store hold at one time; they count as mappings, too. One more is
    /// `no-memory`. There is no limit by default.
    ///
    /// A span divides the memory areas of the process, of which Linux has 65,530 by default.
    #[must_use]
    pub fn max_spans(mut self, count: usize) -> Self {
        self.limits.spans = count;
        self
    }

    /// Limits the length of all mappings, in bytes, that the guests of the store hold at one time. More is `no-memory`, of
    /// `resize` before any other error. There is no limit by default.
    ///
    /// A process has 128 TiB of addresses. The pages of a file that a guest touches are in the system's cache, and belong to
    /// the memory of a container.
    #[must_use]
    pub fn max_mapped(mut self, bytes: u64) -> Self {
        self.limits.mapped = bytes;
        self
    }

    /// Limits the memory of the host, in bytes, that the mappings of the store's guests take at one time beside the pages
    /// of files. More is `no-memory`.
    ///
    /// A mapping without a file takes its length. A `copy` mapping of a file takes the whole pages that are stored into,
    /// each time that they are, up to its length. A mapping that is locked takes its length. Every mapping takes a 512th of
    /// its length for page tables. The default is 4 GiB, or half of the memory of the machine or container if that is less.
    #[must_use]
    pub fn max_private_memory(mut self, bytes: u64) -> Self {
        self.limits.private_memory = bytes;
        self
    }

    /// Limits the bytes that one `find` or `rfind` goes through. A search that has found nothing by then traps.
    ///
    /// Holes of a sparse file count, though searching them takes no time. There is no limit by default.
    #[must_use]
    pub fn max_search(mut self, bytes: u64) -> Self {
        self.max_search = bytes;
        self
    }

    /// Limits the bytes that one `read` copies: it keeps its thread until it is done. More is `no-memory`.
    ///
    /// There is no limit by default, other than the memory of the guest; without the feature `single-copy`, it is 128 MiB at
    /// most. What `write` copies is limited by [`Store::set_hostcall_fuel`](wasmtime::Store::set_hostcall_fuel).
    #[must_use]
    pub fn max_read(mut self, bytes: u64) -> Self {
        self.max_read = bytes;
        self
    }

    /// Builds the context.
    #[must_use]
    pub fn build(self) -> WasiMmapCtx {
        WasiMmapCtx {
            usage: Arc::new(Usage::new(self.limits)),
            span_engine: self.span_engine,
            spans: None,
            max_search: self.max_search,
            max_read: self.max_read,
            counts: Counts::default(),
            unpaid: 0,
            deadline_check: None,
        }
    }
}

/// A view of a store's state: the context, and the table that holds descriptors and mappings.
///
/// The table must be the one that `wasi:filesystem` uses.
pub struct WasiMmap<'a> {
    pub(crate) ctx: &'a mut WasiMmapCtx,
    pub(crate) table: &'a mut ResourceTable,
}

impl<'a> WasiMmap<'a> {
    /// Borrows the context and the table from the state of a store.
    pub fn new(ctx: &'a mut WasiMmapCtx, table: &'a mut ResourceTable) -> Self {
        Self { ctx, table }
    }
}

/// Borrows the view from the state of a store, as a linker was told to.
pub(crate) type View<T> = fn(&mut T) -> WasiMmap<'_>;
