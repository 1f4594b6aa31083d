//! The resource `span`: pages of a file in the memory of a guest.

use crate::limits::Claim;
use crate::native;
use crate::store_spans::StoreSpans;
use std::sync::Arc;
use wasmtime::{format_err, Result};

/// The resource `span` in a [`ResourceTable`](wasmtime::component::ResourceTable).
///
/// When the guest drops it, its region becomes memory again. When the host drops it, the pages stay until the store goes.
pub struct Span {
    native: Arc<native::Span>,
    spans: Arc<StoreSpans>,
    _claim: Claim,
}

impl Span {
    pub(crate) fn new(native: Arc<native::Span>, spans: Arc<StoreSpans>, claim: Claim) -> Self {
        Self { native, spans, _claim: claim }
    }

    /// Returns a call on the span that can run on any thread.
    pub(crate) fn call<R>(&self, call: impl FnOnce(&native::Span) -> Option<R>) -> impl FnOnce() -> Result<R> {
        let native = Arc::clone(&self.native);
        move || call(&native).ok_or_else(|| format_err!("a span that was dropped"))
    }

    /// Whether its pages lie in a memory of the store that keeps its state at this address. The state of a store, which
    /// holds spans, may move to another.
    pub(crate) fn is_at(&self, address: usize) -> bool {
        self.spans.is_at(address)
    }

    /// Puts memory in place of the pages, for a guest of the store that keeps its state at this address.
    pub(crate) fn detach(self, address: usize) {
        if self.is_at(address) {
            // SAFETY: the span is one of the store's, whose guest waits for this call.
            unsafe { self.spans.detach(&self.native) };
        }
    }
}
