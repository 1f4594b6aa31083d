//! The core's mapping as a safe type: the only code that calls the core.

use crate::ffi;
use crate::generated::wasi_mmap::mmap::mapping::{Access, Advice, ErrorCode, Protection, Sharing};
use std::fs::File;
use std::ptr::{self, NonNull};

/// What to map a file as: the arguments that tell the two constructors of the contract apart.
#[derive(Clone, Copy)]
pub enum Request {
    Access(Access),
    Posix(Sharing, Protection),
}

impl Request {
    /// Whether changes would reach the file, which takes the right to write.
    pub fn needs_write(self) -> bool {
        match self {
            Request::Access(access) => access == Access::Write,
            Request::Posix(sharing, protection) => sharing == Sharing::Shared && protection.contains(Protection::WRITE),
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

fn check(status: ffi::Status) -> Result<(), ErrorCode> {
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

fn position(found: u64) -> Option<u64> {
    (found != ffi::NOT_FOUND).then_some(found)
}

/// Mappings and their pages that exist in the process: what tests for leaks count.
pub fn live_regions() -> usize {
    // SAFETY: it reads a counter.
    unsafe { ffi::wmmap_live_regions() }
}

impl Mapping {
    /// Maps a file, or memory without one. The core duplicates the file.
    pub fn open(file: Option<&File>, length: u64, request: Request, offset: u64) -> Result<Self, ErrorCode> {
        let mut result = ptr::null_mut();
        let file = system_file(file);
        // SAFETY: `result` outlives the calls, `file` is open for as long, and the core checks all other arguments.
        check(unsafe {
            match request {
                Request::Access(access) => ffi::wmmap_open(file, length, access as u32, offset, &raw mut result),
                Request::Posix(sharing, protection) => {
                    ffi::wmmap_open_posix(file, length, sharing as u32, bits(protection), offset, &raw mut result)
                }
            }
        })?;
        NonNull::new(result).map(Self).ok_or(ErrorCode::Io)
    }

    pub fn length(&self) -> u64 {
        // SAFETY: the mapping is alive.
        unsafe { ffi::wmmap_length(self.0.as_ptr()) }
    }

    pub fn access(&self) -> Access {
        // SAFETY: the mapping is alive.
        match unsafe { ffi::wmmap_get_access(self.0.as_ptr()) } {
            0 => Access::Read,
            1 => Access::Write,
            _ => Access::Copy,
        }
    }

    pub fn file_size(&self) -> Result<u64, ErrorCode> {
        let mut size = 0;
        // SAFETY: the mapping is alive, and `size` outlives the call.
        check(unsafe { ffi::wmmap_file_size(self.0.as_ptr(), &raw mut size) })?;
        Ok(size)
    }

    /// Whether [`Self::read`] may be called for the range.
    pub fn may_read(&self, offset: u64, length: u64) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmmap_may_read(self.0.as_ptr(), offset, length) })
    }

    pub fn read(&mut self, offset: u64, target: &mut [u8]) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive; the core checks the range and fills `target`, which a mapping of its own pages
        // cannot overlap. Pages that are lost meanwhile are the core's concern: it handles the signal.
        check(unsafe { ffi::wmmap_read(self.0.as_ptr(), offset, target.len() as u64, target.as_mut_ptr().cast()) })
    }

    pub fn write(&mut self, offset: u64, source: &[u8]) -> Result<(), ErrorCode> {
        // SAFETY: as for `read`.
        check(unsafe { ffi::wmmap_write(self.0.as_ptr(), offset, source.len() as u64, source.as_ptr().cast()) })
    }

    pub fn copy_within(&mut self, destination: u64, source: u64, length: u64) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive, and the core checks both ranges.
        check(unsafe { ffi::wmmap_move(self.0.as_ptr(), destination, source, length) })
    }

    pub fn find(&mut self, needle: &[u8], start: u64, end: u64) -> Result<Option<u64>, ErrorCode> {
        let mut found = ffi::NOT_FOUND;
        // SAFETY: the mapping is alive, `needle` and `found` outlive the call, and the core clamps the range.
        check(unsafe {
            ffi::wmmap_find(self.0.as_ptr(), needle.as_ptr().cast(), needle.len(), start, end, &raw mut found)
        })?;
        Ok(position(found))
    }

    pub fn rfind(&mut self, needle: &[u8], start: u64, end: u64) -> Result<Option<u64>, ErrorCode> {
        let mut found = ffi::NOT_FOUND;
        // SAFETY: as for `find`.
        check(unsafe {
            ffi::wmmap_rfind(self.0.as_ptr(), needle.as_ptr().cast(), needle.len(), start, end, &raw mut found)
        })?;
        Ok(position(found))
    }

    pub fn flush(&mut self, offset: u64, length: u64) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmmap_flush(self.0.as_ptr(), offset, length) })
    }

    pub fn resize(&mut self, length: u64) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive, and nobody holds its address.
        check(unsafe { ffi::wmmap_resize(self.0.as_ptr(), length) })
    }

    pub fn advise(&mut self, offset: u64, length: u64, advice: Advice) -> Result<(), ErrorCode> {
        // SAFETY: the mapping is alive, and the core checks the range.
        check(unsafe { ffi::wmmap_advise(self.0.as_ptr(), offset, length, advice as u32) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is alive and not used again.
        unsafe { ffi::wmmap_close(self.0.as_ptr()) }
    }
}
