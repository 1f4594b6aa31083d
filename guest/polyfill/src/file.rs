//! The file of a mapping, as pages that may be there or not.

use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::bindings::wasi::filesystem::types::{self, Advice};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What decides whether bytes past the end of the file are there: those in its last page are, as zeros.
pub const PAGE: u64 = PAGE_SIZE as u64;
pub const PAGE_SIZE: usize = 4096;

/// The most that is asked of the host at a time. Many give 64 KiB at most.
pub const CHUNK: u64 = CHUNK_SIZE as u64;
pub const CHUNK_SIZE: usize = 1 << 20;

/// No file is larger than this, and some hosts count in numbers that end here: preview2-shim throws at 2^53.
pub const MAX_FILE_SIZE: u64 = (1 << 53) - 1;

/// What is asked of a file. The host's descriptor is one; tests have others.
pub trait File {
    /// Up to `length` bytes from `offset` on, as many as the host likes, and whether the file ends there.
    fn read(&self, offset: u64, length: u64) -> Result<(Vec<u8>, bool), types::ErrorCode>;
    /// Stores bytes and tells how many, as the host likes.
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, types::ErrorCode>;
    fn size(&self) -> Result<u64, types::ErrorCode>;
    fn set_size(&self, size: u64) -> Result<(), types::ErrorCode>;
    fn sync(&self) -> Result<(), types::ErrorCode>;
    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), types::ErrorCode>;
}

impl File for Rc<types::Descriptor> {
    fn read(&self, offset: u64, length: u64) -> Result<(Vec<u8>, bool), types::ErrorCode> {
        if offset > MAX_FILE_SIZE - CHUNK {
            return Ok((Vec::new(), true));
        }
        // The host's list is put into memory that must be there: a failure would be a trap.
        drop(
            with_room(usize::try_from(length).unwrap_or(usize::MAX))
                .map_err(|_| types::ErrorCode::InsufficientMemory)?,
        );
        types::Descriptor::read(self, length, offset)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, types::ErrorCode> {
        types::Descriptor::write(self, bytes, offset)
    }

    fn size(&self) -> Result<u64, types::ErrorCode> {
        Ok(self.stat()?.size)
    }

    fn set_size(&self, size: u64) -> Result<(), types::ErrorCode> {
        types::Descriptor::set_size(self, size)
    }

    fn sync(&self) -> Result<(), types::ErrorCode> {
        self.sync_data()
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), types::ErrorCode> {
        if length > MAX_FILE_SIZE || offset > MAX_FILE_SIZE - length {
            return Err(types::ErrorCode::Invalid);
        }
        types::Descriptor::advise(self, offset, length, advice)
    }
}

/// The contract's error for an error of `wasi:filesystem`, where it is not about a page.
pub fn to_contract(error: types::ErrorCode) -> ErrorCode {
    use types::ErrorCode as Host;
    match error {
        Host::Access | Host::NotPermitted | Host::ReadOnly => ErrorCode::AccessDenied,
        Host::BadDescriptor => ErrorCode::BadDescriptor,
        Host::Invalid | Host::Overflow => ErrorCode::InvalidArgument,
        Host::WouldBlock | Host::Busy | Host::TextFileBusy => ErrorCode::Busy,
        Host::InsufficientMemory => ErrorCode::NoMemory,
        Host::InsufficientSpace | Host::Quota | Host::FileTooLarge => ErrorCode::NoSpace,
        Host::NoDevice | Host::NoSuchDevice | Host::Unsupported | Host::IsDirectory => ErrorCode::Unsupported,
        _ => ErrorCode::Io,
    }
}

/// A page that cannot be read or stored for its storage fails is `fault`, as on a native host.
fn to_page_error(error: types::ErrorCode) -> ErrorCode {
    match to_contract(error) {
        ErrorCode::Io => ErrorCode::Fault,
        other => other,
    }
}

/// An empty list with room for so many bytes.
pub fn with_room(length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| ErrorCode::NoMemory)?;
    Ok(bytes)
}

/// So many zeros.
pub fn zeros(length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = with_room(length)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

/// The end of the pages that a file of this size has.
fn end_of_pages(size: u64) -> u64 {
    size.checked_next_multiple_of(PAGE).unwrap_or(u64::MAX)
}

/// Where the pages end that are there now: a multiple of [`PAGE`].
pub fn covered(file: &impl File) -> Result<u64, ErrorCode> {
    file.size().map(end_of_pages).map_err(to_contract)
}

/// The bytes from `position` on: fewer than `length` if a page is not there.
pub fn read_pages(file: &impl File, position: u64, length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    let mut empty_answers = 0;
    while bytes.len() < length {
        let missing = length - bytes.len();
        let at = position.checked_add(bytes.len() as u64).ok_or(ErrorCode::Fault)?;
        let wanted = CHUNK.min(missing as u64);
        let (mut part, at_end) = file.read(at, wanted).map_err(to_page_error)?;
        part.truncate(missing); // A host that gives more than was asked is not to be trusted with an index.
        let got = part.len();
        if bytes.is_empty() && got == length {
            return Ok(part);
        }
        if bytes.is_empty() {
            bytes = with_room(length)?;
        }
        bytes.extend_from_slice(&part);
        if got > 0 && !at_end {
            continue;
        }
        let size = file.size().map_err(to_contract)?;
        let reached = position + bytes.len() as u64;
        if reached < size {
            // It grew meanwhile, or the host gave nothing for no reason: that once, but not for ever.
            empty_answers += usize::from(got == 0);
            if empty_answers > 1 {
                return Err(ErrorCode::Fault);
            }
            continue;
        }
        let there = end_of_pages(size).saturating_sub(reached).min((length - bytes.len()) as u64);
        #[allow(clippy::cast_possible_truncation)] // At most what is missing.
        bytes.resize(bytes.len() + there as usize, 0);
        break;
    }
    Ok(bytes)
}

/// Stores bytes where the file has pages. Bytes behind its end are not stored: a mapping never extends a file.
///
/// Nothing is stored if a page is not there.
pub fn write_pages(file: &impl File, position: u64, bytes: &[u8]) -> Result<(), ErrorCode> {
    if bytes.is_empty() {
        return Ok(());
    }
    let size = file.size().map_err(to_contract)?;
    let end = position.checked_add(bytes.len() as u64).ok_or(ErrorCode::Fault)?;
    if end > end_of_pages(size) {
        return Err(ErrorCode::Fault);
    }
    #[allow(clippy::cast_possible_truncation)] // At most their number.
    let mut rest = &bytes[..size.saturating_sub(position).min(bytes.len() as u64) as usize];
    let mut at = position;
    while !rest.is_empty() {
        let stored = file.write(at, &rest[..rest.len().min(CHUNK_SIZE)]).map_err(to_page_error)?;
        let stored = usize::try_from(stored).unwrap_or(usize::MAX).min(rest.len());
        if stored == 0 {
            return Err(ErrorCode::Fault);
        }
        rest = &rest[stored..];
        at += stored as u64;
    }
    Ok(())
}
