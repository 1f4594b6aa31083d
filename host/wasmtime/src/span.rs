//! The resource `span`: pages of a file in the memory of a guest.

use crate::limits::Claim;
use crate::native;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::{bail, Result};

/// The resource `span` in a [`ResourceTable`](wasmtime::component::ResourceTable). Dropping it detaches, and waits for a
/// call on another thread.
pub struct Span(Arc<Mutex<Option<AttachedSpan>>>);

struct AttachedSpan {
    native: native::Span,
    _claim: Claim,
}

impl Span {
    pub(crate) fn new(native: native::Span, claim: Claim) -> Self {
        Self(Arc::new(Mutex::new(Some(AttachedSpan { native, _claim: claim }))))
    }

    /// Returns a call on the span that can run on any thread.
    pub(crate) fn call<R>(&self, call: impl FnOnce(&mut native::Span) -> R) -> impl FnOnce() -> Result<R>
    where
        R: Send + 'static,
    {
        let shared = Arc::clone(&self.0);
        move || match shared.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(span) => Ok(call(&mut span.native)),
            None => bail!("a span that was dropped"),
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        // Detach now, not when a call whose future was dropped ends: the guest may reuse the region.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
