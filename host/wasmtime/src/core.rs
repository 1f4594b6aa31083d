//! The core's mapping as a safe type: the only code that calls the core.

use crate::ffi;
use crate::generated::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
use crate::Outcome;
use std::fs::File;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

/// What to map a file as: the arguments that tell the two constructors of the contract apart.
#[derive(Clone, Copy)]
pub enum Request {
    Access(Access),
    Posix(Sharing, Protection),
}

/// What the caller may do with a file.
#[derive(Clone, Copy)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
}

impl Rights {
    fn bits(self) -> u32 {
        u32::from(self.read) | u32::from(self.write) << 1
    }
}

/// How much of the host's memory some mappings may take. None: there was no memory for it, and there is none for them.
pub struct Budget(Option<NonNull<ffi::Budget>>);

// SAFETY: the core lets any threads use a budget, at the same time too.
unsafe impl Send for Budget {}
// SAFETY: likewise.
unsafe impl Sync for Budget {}

impl Budget {
    pub fn new(bytes: u64) -> Self {
        // SAFETY: it allocates.
        Self(NonNull::new(unsafe { ffi::wmcore_budget_create(bytes) }))
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if let Some(budget) = self.0 {
            // SAFETY: it is alive, and not used again by us.
            unsafe { ffi::wmcore_budget_release(budget.as_ptr()) };
        }
    }
}

/// A mapping. Dropping it unmaps.
pub struct Mapping(NonNull<ffi::Mapping>);

// SAFETY: the core lets any thread use a mapping; only calls on one mapping must not overlap. Everything that changes
// the mapping takes `&mut self`, and so does everything that the core documents no more about.
unsafe impl Send for Mapping {}

/// The contract's errors in its order, which is that of the core's numbers from 1.
const ERRORS: [ErrorCode; 14] = [
    ErrorCode::AccessDenied,
    ErrorCode::BadDescriptor,
    ErrorCode::EmptyFile,
    ErrorCode::PastEnd,
    ErrorCode::InvalidArgument,
    ErrorCode::ReadOnly,
    ErrorCode::OutOfRange,
    ErrorCode::NotResizable,
    ErrorCode::Busy,
    ErrorCode::Fault,
    ErrorCode::NoMemory,
    ErrorCode::NoSpace,
    ErrorCode::Unsupported,
    ErrorCode::Io,
];

fn check(status: ffi::Status) -> Outcome<()> {
    match status {
        0 => Ok(()),
        number => Err(ERRORS.get(number as usize - 1).copied().unwrap_or(ErrorCode::Io)),
    }
}

fn system_file(file: Option<&File>) -> ffi::File {
    #[cfg(unix)]
    let number = |file: &File| std::os::fd::AsRawFd::as_raw_fd(file) as ffi::File;
    #[cfg(windows)]
    let number = |file: &File| std::os::windows::io::AsRawHandle::as_raw_handle(file) as ffi::File;
    file.map_or(ffi::NO_FILE, number)
}

/// The core's bits are the contract's flags in their order.
fn bits(protection: Protection) -> u32 {
    let flags = [Protection::READ, Protection::WRITE, Protection::EXECUTE];
    (0..).zip(flags).map(|(bit, flag)| u32::from(protection.contains(flag)) << bit).sum()
}

/// What one step of a search has found.
pub enum Found {
    At(u64),
    Nowhere,
    /// There is more to do.
    NotYet,
}

impl Found {
    fn new(position: u64, done: bool) -> Self {
        match position {
            _ if !done => Self::NotYet,
            ffi::NOT_FOUND => Self::Nowhere,
            _ => Self::At(position),
        }
    }
}

/// Mappings and their pages that exist in the process: what tests for leaks count.
pub fn live_regions() -> usize {
    // SAFETY: it reads a counter.
    unsafe { ffi::wmcore_live_regions() }
}

/// Spans that ended with lost pages that nobody was told of.
pub fn unnoticed_faults() -> usize {
    // SAFETY: it reads a counter.
    unsafe { ffi::wmcore_unnoticed_faults() }
}

impl Mapping {
    /// Maps a file, or memory without one. The core duplicates the file.
    /// Its rights are those of the caller, which may be fewer than the system's.
    pub fn open(file: Option<(&File, Rights)>, length: u64, request: Request, offset: u64) -> Outcome<Self> {
        let mut result = ptr::null_mut();
        let rights = file.map_or(0, |(_, rights)| rights.bits());
        let file = system_file(file.map(|(file, _)| file));
        // SAFETY: `result` outlives the calls, `file` is open for as long, and the core checks all other arguments.
        check(unsafe {
            match request {
                Request::Access(access) => {
                    ffi::wmcore_open(file, rights, length, access as u32, offset, &raw mut result)
                }
                Request::Posix(sharing, protection) => ffi::wmcore_open_posix(
                    file,
                    rights,
                    length,
                    sharing as u32,
                    bits(protection),
                    offset,
                    &raw mut result,
                ),
            }
        })?;
        NonNull::new(result).map(Self).ok_or(ErrorCode::Io)
    }

    /// Charges the mapping, which was just opened, and all that it does, to a budget.
    pub fn charge(&mut self, budget: &Budget) -> Outcome<()> {
        let budget = budget.0.ok_or(ErrorCode::NoMemory)?;
        // SAFETY: both are alive; the mapping keeps the budget.
        check(unsafe { ffi::wmcore_charge(self.0.as_ptr(), budget.as_ptr()) })
    }

    pub fn length(&self) -> u64 {
        // SAFETY: the mapping is alive.
        unsafe { ffi::wmcore_length(self.0.as_ptr()) }
    }

    pub fn access(&self) -> Access {
        // SAFETY: the mapping is alive.
        match unsafe { ffi::wmcore_get_access(self.0.as_ptr()) } {
            0 => Access::Read,
            1 => Access::Write,
            _ => Access::Copy,
        }
    }

    pub fn file_size(&self) -> Outcome<u64> {
        let mut size = 0;
        // SAFETY: the mapping is alive, and `size` outlives the call.
        check(unsafe { ffi::wmcore_file_size(self.0.as_ptr(), &raw mut size) })?;
        Ok(size)
    }

    /// Whether [`Self::read`] may be called for the range.
    pub fn may_read(&self, offset: u64, length: u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmcore_may_read(self.0.as_ptr(), offset, length) })
    }

    /// Whether [`Span::attach`] may be called; an empty region is refused.
    pub fn may_attach(&self, offset: u64, region: Region) -> Outcome<()> {
        let start = ptr::without_provenance(region.address);
        // SAFETY: the mapping is alive, and the core does not look at the region.
        check(unsafe { ffi::wmcore_may_attach(self.0.as_ptr(), offset, start, region.length as u64) })
    }

    pub fn read(&mut self, offset: u64, target: &mut [u8]) -> Outcome<()> {
        // SAFETY: the mapping is alive; the core checks the range and fills `target`, which a mapping of its own pages
        // cannot overlap. Pages that are lost meanwhile are the core's concern: it handles the signal.
        check(unsafe { ffi::wmcore_read(self.0.as_ptr(), offset, target.len() as u64, target.as_mut_ptr().cast()) })
    }

    pub fn write(&mut self, offset: u64, source: &[u8]) -> Outcome<()> {
        // SAFETY: as for `read`.
        check(unsafe { ffi::wmcore_write(self.0.as_ptr(), offset, source.len() as u64, source.as_ptr().cast()) })
    }

    /// One step of a move: leaves in the arguments what is still to do.
    pub fn move_step(&mut self, destination: &mut u64, source: &mut u64, length: &mut u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, what is passed outlives the call, and the core checks both ranges.
        check(unsafe { ffi::wmcore_move_step(self.0.as_ptr(), destination, source, length) })
    }

    /// One step of a search from `start` on, which moves it.
    pub fn find_step(&mut self, needle: &[u8], start: &mut u64, end: u64) -> Outcome<Found> {
        let (mut found, mut done) = (ffi::NOT_FOUND, false);
        let (bytes, length) = (needle.as_ptr().cast(), needle.len());
        // SAFETY: the mapping is alive, all that is passed outlives the call, and the core clamps the range.
        check(unsafe {
            ffi::wmcore_find_step(self.0.as_ptr(), bytes, length, start, end, &raw mut found, &raw mut done)
        })?;
        Ok(Found::new(found, done))
    }

    /// Likewise from `end` back.
    pub fn rfind_step(&mut self, needle: &[u8], start: u64, end: &mut u64) -> Outcome<Found> {
        let (mut found, mut done) = (ffi::NOT_FOUND, false);
        let (bytes, length) = (needle.as_ptr().cast(), needle.len());
        // SAFETY: as for `find_step`.
        check(unsafe {
            ffi::wmcore_rfind_step(self.0.as_ptr(), bytes, length, start, end, &raw mut found, &raw mut done)
        })?;
        Ok(Found::new(found, done))
    }

    pub fn flush(&mut self, offset: u64, length: u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmcore_flush(self.0.as_ptr(), offset, length) })
    }

    pub fn resize(&mut self, length: u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, and nobody holds its address.
        check(unsafe { ffi::wmcore_resize(self.0.as_ptr(), length) })
    }

    pub fn advise(&mut self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmcore_advise(self.0.as_ptr(), offset, length, advice as u32) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is alive and not used again.
        unsafe { ffi::wmcore_close(self.0.as_ptr()) }
    }
}

/// What spans are aligned to, in bytes; none where there are no spans.
pub fn span_granularity() -> Option<u32> {
    // SAFETY: it only asks.
    Some(unsafe { ffi::wmcore_span_granularity() }).filter(|granularity| *granularity > 0)
}

/// A part of the memory of a guest, by its place. No reference may stand for it: its bytes change when pages are put there.
#[derive(Clone, Copy)]
pub struct Region {
    pub address: usize,
    pub length: usize,
}

/// The core's span. Its lock is held by every call on it, whichever thread makes it: a flush that was given up may still
/// run when the memory goes.
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

/// Addresses for the memory of a guest, and the spans that lie in it. It ends with [`Self::release`].
pub struct Memory {
    base: NonNull<u8>,
    reserved: usize,
    /// The spans whose pages lie in the memory; none once it is gone. Its lock comes before that of a span.
    spans: Mutex<Option<Vec<Arc<RawSpan>>>>,
}

// SAFETY: the addresses are the process's, and the list is behind a lock.
unsafe impl Send for Memory {}
// SAFETY: likewise.
unsafe impl Sync for Memory {}

impl Memory {
    /// Reserves addresses, a multiple of the system's pages, of which none can be used yet.
    pub fn reserve(reserved: usize) -> Option<Self> {
        // SAFETY: it takes addresses that nobody has.
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

    /// Makes the bytes between the offsets zero-filled memory. False: there is not enough of it.
    pub fn allow(&self, from: usize, to: usize) -> bool {
        assert!(from <= to && to <= self.reserved);
        // SAFETY: the range is ours, by the line above, and nobody could use it until now.
        unsafe { ffi::wmcore_memory_commit(self.base.as_ptr().add(from).cast(), (to - from) as u64) }
    }

    /// Gives the addresses back. Spans that lie there touch them no more: it waits for a call that one of them is at.
    ///
    /// # Safety
    ///
    /// Nobody uses the memory again.
    pub unsafe fn release(&self) {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = spans.take() else { return };
        for span in list {
            // SAFETY: the span is alive, for one that is detached leaves the list first.
            span.call(|raw| unsafe { ffi::wmcore_span_abandon(raw) });
        }
        // SAFETY: the addresses are ours until here, and by the caller's word nobody uses them again.
        unsafe { ffi::wmcore_memory_release(self.base.as_ptr().cast(), self.reserved as u64) };
    }
}

/// Pages of a file in the memory of a guest. Dropping it detaches.
pub struct Span {
    raw: Arc<RawSpan>,
    memory: Arc<Memory>,
}

impl Span {
    /// Attaches. The region lies in the memory of a guest that does not run meanwhile.
    pub fn attach(mapping: &mut Mapping, offset: u64, region: Region, memory: Arc<Memory>) -> Outcome<Self> {
        assert!(memory.contains(region));
        let mut result = ptr::null_mut();
        let mut spans = memory.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let list = spans.as_mut().ok_or(ErrorCode::Unsupported)?; // It is gone, so that no guest can have called.
        let start = memory.base().with_addr(region.address).cast();
        // SAFETY: the mapping is alive. The region is memory of a guest, which neither moves nor goes without telling its
        // spans; the guest waits, and there is no reference of Rust's to it.
        check(unsafe {
            ffi::wmcore_span_attach(mapping.0.as_ptr(), offset, start, region.length as u64, &raw mut result)
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
        // Under the list's lock, so that the memory cannot go in between.
        let mut spans = self.memory.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = spans.as_mut() {
            list.retain(|span| !Arc::ptr_eq(span, &self.raw));
        }
        // SAFETY: the span is alive and not used again: it is in no list, and `self` goes. Its pages lie in memory that is
        // there, or it was told that it is gone.
        self.raw.call(|raw| unsafe { ffi::wmcore_span_detach(raw) });
    }
}
