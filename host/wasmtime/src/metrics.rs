//! What a host can know of a store: the figures, and the events where the feature `tracing` is on.

use crate::bindings::{ErrorCode, Outcome};
use crate::ctx::WasiMmapCtx;

/// An event for the crate `tracing`; nothing without the feature. Its fields are numbers and names of the contract: nothing
/// that a guest can write as it likes.
macro_rules! event {
    ($level:ident, $($fields:tt)*) => {{
        #[cfg(feature = "tracing")]
        tracing::$level!(target: "wasi_mmap", $($fields)*);
    }};
}
pub(crate) use event;

/// What the guests of one store hold, and what they have done: [`WasiMmapCtx::metrics`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// The mappings that are open.
    pub mappings: u64,
    /// The spans that are attached.
    pub spans: u64,
    /// The length of all open mappings, in bytes of addresses.
    pub mapped: u64,
    /// The most that `mapped` was.
    pub peak_mapped: u64,
    /// The length of all attached spans, in bytes of the guests' memories.
    pub attached: u64,
    /// The most that `attached` was.
    pub peak_attached: u64,
    /// The memory of the host, in bytes, that the mappings take beside the pages of files, as
    /// [`max_private_memory`](crate::WasiMmapCtxBuilder::max_private_memory) counts it.
    pub private_memory: u64,
    /// The most that `private_memory` was.
    pub peak_private_memory: u64,
    /// The mappings that were ever made.
    pub all_mappings: u64,
    /// The spans that were ever attached.
    pub all_spans: u64,
    /// The bytes that `read` copied.
    pub bytes_read: u64,
    /// The bytes that `write` copied.
    pub bytes_written: u64,
    /// The bytes that `find`, `rfind`, `move`, `populate` and `resident` went through.
    pub bytes_stepped: u64,
    /// The calls that were the error `fault`, and those of `faulted` that said yes: a file was truncated, or its storage
    /// failed. Loads and stores in a span are no calls.
    pub faults: u64,
    /// The calls that were the error `no-memory`: past a limit of the store, or of the system.
    pub no_memory: u64,
    /// The calls that `max_search`, fuel or an epoch deadline ended with a trap.
    pub cut_off: u64,
}

/// The figures that calls of guests change. They belong to the store, so they need not be atomic.
#[derive(Default)]
pub struct Counts {
    pub read: u64,
    pub written: u64,
    pub stepped: u64,
    faults: u64,
    no_memory: u64,
    cut_off: u64,
}

impl Counts {
    /// Counts a call by its result. A guest may repeat it for ever, so events come at powers of two.
    #[inline]
    pub fn note<R>(&mut self, result: &Outcome<R>) {
        match result {
            Err(ErrorCode::Fault) => self.fault(),
            Err(ErrorCode::NoMemory) => self.refused(),
            _ => {}
        }
    }

    #[cold]
    fn refused(&mut self) {
        self.no_memory += 1;
        if self.no_memory.is_power_of_two() {
            event!(warn, calls = self.no_memory, "a guest is past a limit of memory or mappings");
        }
    }

    /// Counts a call that found lost pages.
    #[cold]
    pub fn fault(&mut self) {
        self.faults += 1;
        if self.faults.is_power_of_two() {
            event!(warn, calls = self.faults, "pages of a mapped file are lost");
        }
    }

    /// Counts a long call that ends with a trap.
    pub fn cut_off(&mut self) {
        self.cut_off += 1;
        event!(warn, bytes = self.stepped, "a long call was cut off");
    }
}

impl WasiMmapCtx {
    /// Returns what the guests of the store hold and have done. It costs a dozen loads. The figures are those of this store:
    /// a host that wants sums adds them up when a store ends.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let ((mappings, spans), (all_mappings, all_spans)) = (self.usage.held(), self.usage.made());
        let ((mapped, peak_mapped), (attached, peak_attached)) = (self.usage.mapped(), self.usage.attached());
        let (private_memory, peak_private_memory) = self.usage.private_memory();
        let Counts { read, written, stepped, faults, no_memory, cut_off } = self.counts;
        Metrics {
            mappings,
            spans,
            mapped,
            peak_mapped,
            attached,
            peak_attached,
            private_memory,
            peak_private_memory,
            all_mappings,
            all_spans,
            bytes_read: read,
            bytes_written: written,
            bytes_stepped: stepped,
            faults,
            no_memory,
            cut_off,
        }
    }
}
