//! The core's span.

use crate::bindings::{Advice, ErrorCode, Outcome};
use crate::ffi;
use crate::lock::lock;
use crate::native::mapping::Mapping;
use crate::native::status::check;
use std::ptr::{self, NonNull};
use std::sync::Mutex;

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

impl Region {
    /// The address past its end. A region never ends at the last address.
    pub fn end(self) -> usize {
        self.address + self.length
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.address < other.end() && other.address < self.end()
    }
}

/// Pages of a file in the memory of a guest; none after they were detached or abandoned. Every call holds the lock, because
/// a flush whose caller has gone may still run on another thread.
pub struct Span {
    raw: Mutex<Option<NonNull<ffi::Span>>>,
    pub region: Region,
}

// SAFETY: as for a mapping; the pointer is used under the lock only.
unsafe impl Send for Span {}
// SAFETY: likewise.
unsafe impl Sync for Span {}

impl Span {
    /// Checks the arguments of [`Self::attach`]. An empty region is refused. Only the address of `region` is used.
    pub fn may_attach(mapping: &Mapping, offset: u64, region: Region) -> Outcome<()> {
        let start = ptr::without_provenance(region.address);
        // SAFETY: the mapping is alive, and the core does not look at the region.
        check(unsafe { ffi::wmcore_may_attach(mapping.as_ptr(), offset, start, region.length as u64) })
    }

    /// Attaches pages of the mapping's file. `busy` if there are spans already, or still.
    ///
    /// # Safety
    ///
    /// The region is memory of a guest, which waits, and no reference to it exists. The memory does not move, and the span
    /// is detached or abandoned before its addresses are used for something else.
    pub unsafe fn attach(mapping: &mut Mapping, offset: u64, region: Region) -> Outcome<Self> {
        let mut result = ptr::null_mut();
        let start = ptr::with_exposed_provenance_mut(region.address);
        // SAFETY: the mapping is alive, and the caller keeps the rest.
        check(unsafe {
            ffi::wmcore_span_attach(mapping.as_ptr(), offset, start, region.length as u64, &raw mut result)
        })?;
        Ok(Self { raw: Mutex::new(Some(NonNull::new(result).ok_or(ErrorCode::Io)?)), region })
    }

    fn call<R>(&self, call: impl FnOnce(*mut ffi::Span) -> R) -> Option<R> {
        lock(&self.raw).map(|raw| call(raw.as_ptr()))
    }

    /// The last call. Others that end the span wait for it.
    fn end<R>(&self, call: impl FnOnce(*mut ffi::Span) -> R) -> Option<R> {
        let mut raw = lock(&self.raw);
        raw.take().map(|raw| call(raw.as_ptr()))
    }

    /// Puts zero-filled memory in place of the pages, after the calls that run. Returns false if the system refused:
    /// then they stay, until [`forget`].
    ///
    /// # Safety
    ///
    /// The memory is that of [`Self::attach`], and its guest waits.
    pub unsafe fn detach(&self) -> bool {
        // SAFETY: the span is alive and not used again. The caller keeps the rest.
        self.end(|raw| unsafe { ffi::wmcore_span_detach(raw) }).unwrap_or(true)
    }

    /// Forgets the pages, after the calls that run: their memory has gone, or goes before its guest can run again.
    pub fn abandon(&self) {
        // SAFETY: the span is alive and not used again. Once abandoned it touches no address.
        self.end(|raw| unsafe {
            ffi::wmcore_span_abandon(raw);
            ffi::wmcore_span_detach(raw)
        });
    }

    /// None if the span has ended, as for the calls below.
    pub fn flush(&self, offset: u64, length: u64) -> Option<Outcome<()>> {
        // SAFETY: the span is alive, and the core checks the range. If the memory goes meanwhile, the system writes back
        // what others have mapped at its addresses, or nothing.
        self.call(|raw| check(unsafe { ffi::wmcore_span_flush(raw, offset, length) }))
    }

    /// # Safety
    ///
    /// As for [`Self::detach`].
    pub unsafe fn advise(&self, offset: u64, length: u64, advice: Advice) -> Option<Outcome<()>> {
        // SAFETY: the span is alive, and the core checks the range. The caller keeps the rest.
        self.call(|raw| check(unsafe { ffi::wmcore_span_advise(raw, offset, length, advice as u32) }))
    }

    pub fn faulted(&self) -> Option<bool> {
        // SAFETY: the span is alive.
        self.call(|raw| unsafe { ffi::wmcore_span_faulted(raw) })
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Tells the core that the guest of a region has ended, with a span there that could not be detached.
pub fn forget(region: Region) {
    // SAFETY: it unregisters addresses, and touches none.
    unsafe { ffi::wmcore_forget_addresses(ptr::without_provenance_mut(region.address), region.length as u64) };
}

/// Tells the core that children of `fork` inherit the memory of guests, as they do wasmtime's.
#[cfg(target_os = "linux")]
pub fn let_children_inherit_guests() {
    // SAFETY: it sets a flag.
    unsafe { ffi::wmcore_let_children_inherit_guests() };
}
