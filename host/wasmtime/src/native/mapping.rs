//! The core's mapping.

use crate::bindings::{Access, Advice, ErrorCode, Outcome, Protection, Sharing};
use crate::ffi;
use crate::native::status::check;
use std::fs::File;
use std::ptr::{self, NonNull};

/// How to map a file: the arguments that tell the two constructors of the contract apart.
#[derive(Clone, Copy)]
pub enum Request {
    Access(Access),
    Posix(Sharing, Protection),
}

/// The caller's rights to a file.
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

/// How much of the host's memory some mappings may take. None if there was no memory for the budget itself: then there is
/// none for mappings.
pub struct Budget(Option<NonNull<ffi::Budget>>);

// SAFETY: the core lets any threads use a budget at the same time.
unsafe impl Send for Budget {}
// SAFETY: likewise.
unsafe impl Sync for Budget {}

impl Budget {
    pub fn new(bytes: u64) -> Self {
        // SAFETY: it allocates.
        Self(NonNull::new(unsafe { ffi::wmcore_budget_create(bytes) }))
    }

    /// The bytes that mappings take now.
    pub fn used(&self) -> u64 {
        // SAFETY: the budget is alive.
        self.0.map_or(0, |budget| unsafe { ffi::wmcore_budget_used(budget.as_ptr()) })
    }

    /// The most bytes that mappings took at one time.
    pub fn peak(&self) -> u64 {
        // SAFETY: the budget is alive.
        self.0.map_or(0, |budget| unsafe { ffi::wmcore_budget_peak(budget.as_ptr()) })
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if let Some(budget) = self.0 {
            // SAFETY: it is alive, and not used again here.
            unsafe { ffi::wmcore_budget_release(budget.as_ptr()) };
        }
    }
}

/// A mapping. Dropping it unmaps.
pub struct Mapping(NonNull<ffi::Mapping>);

// SAFETY: the core lets any thread use a mapping; only calls on one mapping must not overlap. So every call takes
// `&mut self`, except those that read fields which nothing else changes.
unsafe impl Send for Mapping {}

fn system_file(file: Option<&File>) -> ffi::File {
    #[cfg(unix)]
    let number = |file: &File| std::os::fd::AsRawFd::as_raw_fd(file) as ffi::File;
    #[cfg(windows)]
    let number = |file: &File| std::os::windows::io::AsRawHandle::as_raw_handle(file) as ffi::File;
    file.map_or(ffi::NO_FILE, number)
}

/// The flags as the core's bits, which have the order of the contract.
fn bits(protection: Protection) -> u32 {
    let flags = [Protection::READ, Protection::WRITE, Protection::EXECUTE];
    (0..).zip(flags).map(|(bit, flag)| u32::from(protection.contains(flag)) << bit).sum()
}

/// The result of one step of a search.
pub enum Found {
    At(u64),
    Nowhere,
    /// The search goes on.
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

impl Mapping {
    pub(super) fn as_ptr(&self) -> *mut ffi::Mapping {
        self.0.as_ptr()
    }

    /// Maps a file, or zero-filled memory if there is none. The core duplicates the file's handle.
    /// The rights are those of the caller, which may be fewer than those of the system's file.
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

    /// Charges the mapping, which was just opened, and its later operations to a budget.
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

    pub fn read(&mut self, offset: u64, target: &mut [u8]) -> Outcome<()> {
        // SAFETY: the mapping is alive; the core checks the range and fills `target`, which cannot overlap the mapping's own
        // pages. The core handles the signal of pages that are lost meanwhile.
        check(unsafe { ffi::wmcore_read(self.0.as_ptr(), offset, target.len() as u64, target.as_mut_ptr().cast()) })
    }

    pub fn write(&mut self, offset: u64, source: &[u8]) -> Outcome<()> {
        // SAFETY: as for `read`.
        check(unsafe { ffi::wmcore_write(self.0.as_ptr(), offset, source.len() as u64, source.as_ptr().cast()) })
    }

    /// Makes one step of a move, and sets the arguments to the rest of it.
    pub fn move_step(&mut self, destination: &mut u64, source: &mut u64, length: &mut u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, the arguments outlive the call, and the core checks both ranges.
        check(unsafe { ffi::wmcore_move_step(self.0.as_ptr(), destination, source, length) })
    }

    /// Makes one step of a search from `start`, and moves `start` to the next one.
    pub fn find_step(&mut self, needle: &[u8], start: &mut u64, end: u64) -> Outcome<Found> {
        let (mut found, mut done) = (ffi::NOT_FOUND, false);
        let (bytes, length) = (needle.as_ptr().cast(), needle.len());
        // SAFETY: the mapping is alive, the arguments outlive the call, and the core clamps the range.
        check(unsafe {
            ffi::wmcore_find_step(self.0.as_ptr(), bytes, length, start, end, &raw mut found, &raw mut done)
        })?;
        Ok(Found::new(found, done))
    }

    /// Makes one step of a search from `end` backward, and moves `end` to the next one.
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

    pub fn start_flush(&mut self, offset: u64, length: u64) -> Outcome<()> {
        // SAFETY: as for `flush`.
        check(unsafe { ffi::wmcore_start_flush(self.0.as_ptr(), offset, length) })
    }

    pub fn resize(&mut self, length: u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, and nobody holds its address.
        check(unsafe { ffi::wmcore_resize(self.0.as_ptr(), length) })
    }

    pub fn advise(&mut self, offset: u64, length: u64, advice: Advice) -> Outcome<()> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmcore_advise(self.0.as_ptr(), offset, length, advice as u32) })
    }

    /// Loads the first bytes of a range, and sets the arguments to the rest of it.
    pub fn populate_step(&mut self, offset: &mut u64, length: &mut u64) -> Outcome<()> {
        // SAFETY: the mapping is alive, the arguments outlive the call, and the core checks the range.
        check(unsafe { ffi::wmcore_populate_step(self.0.as_ptr(), offset, length) })
    }

    /// Counts the first bytes of a range that are in memory, adds them to `bytes`, and sets the range to the rest of it.
    pub fn resident_step(&mut self, offset: &mut u64, length: &mut u64, bytes: &mut u64) -> Outcome<()> {
        // SAFETY: as for `populate_step`.
        check(unsafe { ffi::wmcore_resident_step(self.0.as_ptr(), offset, length, bytes) })
    }

    pub fn mlock(&mut self) -> Outcome<()> {
        // SAFETY: the mapping is alive.
        check(unsafe { ffi::wmcore_mlock(self.0.as_ptr()) })
    }

    pub fn munlock(&mut self) -> Outcome<()> {
        // SAFETY: the mapping is alive.
        check(unsafe { ffi::wmcore_munlock(self.0.as_ptr()) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is alive and not used again.
        unsafe { ffi::wmcore_close(self.0.as_ptr()) }
    }
}
