//! Memory of guests that spans can lie in, and the core's span.

use crate::bindings::{Advice, ErrorCode, Outcome};
use crate::ffi;
use crate::native::mapping::Mapping;
use crate::native::status::check;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

/// The alignment of spans in bytes; none where there are no spans.
pub fn span_granularity() -> Option<u32> {
    // SAFETY: it takes nothing and changes nothing.
    Some(unsafe { ffi::wmcore_span_granularity() }).filter(|granularity| *granularity > 0)
}

/// A part of the memory of a guest. It is no reference, because its bytes change when pages are attached there.
#[derive(Clone, Copy)]
pub struct Region {
    pub address: usize,
    pub length: usize,
}

/// The core's span. Every call on it holds its lock, because a flush whose caller has gone may still run on another thread
/// when the memory is released.
struct RawSpan(Mutex<NonNull<ffi::Span>>);

// SAFETY: as for a mapping; the pointer is used under the lock only.
unsafe impl Send for RawSpan {}
// SAFETY: likewise.
unsafe impl Sync for RawSpan {}

impl RawSpan {
    fn call<R>(&self, call: impl FnOnce(*mut ffi::Span) -> R) -> R {
        call(self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ptr())
    }
}

/// Reserved addresses for the memory of a guest, and the spans that lie in it. They are given back by [`Self::release`].
pub struct Memory {
    base: NonNull<u8>,
    reserved: usize,
    /// The spans whose pages lie in the memory; none after its release. This lock is taken before that of a span.
    spans: Mutex<Option<Vec<Arc<RawSpan>>>>,
}

// SAFETY: the addresses belong to the process, and the list has a lock.
unsafe impl Send for Memory {}
// SAFETY: likewise.
unsafe impl Sync for Memory {}

impl Memory {
    /// Reserves addresses, a multiple of the system's pages. They can be used after [`Self::commit`].
    pub fn reserve(reserved: usize) -> Option<Self> {
        // SAFETY: it takes addresses that nobody uses.
        let base = NonNull::new(unsafe { ffi::wmcore_memory_reserve(reserved as u64) })?.cast();
        Some(Self { base, reserved, spans: Mutex::new(Some(Vec::new())) })
    }

    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub fn contains(&self, region: Region) -> bool {
        let offset = region.address.wrapping_sub(self.base.as_ptr().addr());
        offset <= self.reserved && region.length <= self.reserved - offset
    }

    /// Makes the bytes between the offsets zero-filled memory. Returns false if there is not enough memory.
    pub fn commit(&self, from: usize, to: usize) -> bool {
        assert!(from <= to && to <= self.reserved);
        // SAFETY: the range is reserved, by the line above, and nobody could use it until now.
        unsafe { ffi::wmcore_memory_commit(self.base.as_ptr().add(from).cast(), (to - from) as u64) }
    }

    /// Gives the addresses back, and waits for calls on the spans there. The spans do not touch them again.
    ///
    /// # Safety
    ///
    /// Nobody uses the memory again.
    pub unsafe fn release(&self) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = spans.take() else { return };
        for span in list {
            // SAFETY: the span is alive, because it leaves the list before it is detached.
            span.call(|raw| unsafe { ffi::wmcore_span_abandon(raw) });
        }
        // SAFETY: the addresses are reserved until here, and the caller promises that nobody uses them again.
        unsafe { ffi::wmcore_memory_release(self.base.as_ptr().cast(), self.reserved as u64) };
    }
}

/// Pages of a file in the memory of a guest. Dropping it detaches them.
pub struct Span {
    raw: Arc<RawSpan>,
    memory: Arc<Memory>,
}

impl Span {
    /// Checks the arguments of [`Self::attach`]. An empty region is refused. Only the address of `region` is used.
    pub fn may_attach(mapping: &Mapping, offset: u64, region: Region) -> Outcome<()> {
        let start = ptr::without_provenance(region.address);
        // SAFETY: the mapping is alive, and the core does not look at the region.
        check(unsafe { ffi::wmcore_may_attach(mapping.as_ptr(), offset, start, region.length as u64) })
    }

    /// Attaches pages of the mapping's file. The guest whose memory the region lies in does not run meanwhile.
    pub fn attach(mapping: &mut Mapping, offset: u64, region: Region, memory: Arc<Memory>) -> Outcome<Self> {
        assert!(memory.contains(region));
        let mut result = ptr::null_mut();
        let mut spans = memory.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let list = spans.as_mut().ok_or(ErrorCode::Unsupported)?; // No guest can call after the release.
        let start = memory.base().with_addr(region.address).cast();
        // SAFETY: the mapping is alive. The region is memory of a guest, which does not move and ends its spans when it is
        // released. The guest waits, and Rust has no reference to the region.
        check(unsafe {
            ffi::wmcore_span_attach(mapping.as_ptr(), offset, start, region.length as u64, &raw mut result)
        })?;
        let raw = Arc::new(RawSpan(Mutex::new(NonNull::new(result).ok_or(ErrorCode::Io)?)));
        list.push(Arc::clone(&raw));
        drop(spans);
        Ok(Self { raw, memory })
    }

    pub fn flush(&mut self, offset: u64, length: u64) -> Outcome<()> {
        // SAFETY: the span is alive, and the core checks the range.
        check(self.raw.call(|raw| unsafe { ffi::wmcore_span_flush(raw, offset, length) }))
    }

    pub fn advise(&mut self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        // SAFETY: as for `flush`.
        check(self.raw.call(|raw| unsafe { ffi::wmcore_span_advise(raw, offset, length, advice as u32) }))
    }

    pub fn faulted(&mut self) -> bool {
        // SAFETY: the span is alive.
        self.raw.call(|raw| unsafe { ffi::wmcore_span_faulted(raw) })
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        // Under the list's lock, so the memory cannot be released in between.
        let mut spans = self.memory.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = spans.as_mut() {
            list.retain(|span| !Arc::ptr_eq(span, &self.raw));
        }
        // SAFETY: the span is alive and not used again: it is in no list, and `self` ends here. Its pages lie in memory that
        // is reserved, or the span was abandoned.
        self.raw.call(|raw| unsafe { ffi::wmcore_span_detach(raw) });
    }
}
