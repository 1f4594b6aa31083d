//! The file of a mapping, whose pages may exist or be lost.

use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::bindings::wasi::filesystem::types::{self, Advice};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// The size of a page in bytes. Bytes between the end of a file and the end of its last page exist, as zeros.
pub const PAGE: u64 = PAGE_SIZE as u64;
pub const PAGE_SIZE: usize = 4096;

/// The most bytes of one call of the host. Many hosts return 64 KiB at most.
pub const CHUNK: u64 = CHUNK_SIZE as u64;
pub const CHUNK_SIZE: usize = 1 << 20;

/// The most bytes of a file. Some hosts have no larger numbers: preview2-shim throws at 2^53.
pub const MAX_FILE_SIZE: u64 = (1 << 53) - 1;

/// The operations that a mapping needs of its file: the host's descriptor, or a file of a test.
pub trait File {
    /// Reads up to `length` bytes from `offset`, as many as the host chooses, and returns whether the file ends there.
    fn read(&self, offset: u64, length: u64) -> Result<(Vec<u8>, bool), types::ErrorCode>;
    /// Writes bytes, as many as the host chooses, and returns their number.
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
        // The bindings trap if there is no memory for the host's list.
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

/// The error of the contract for an error of `wasi:filesystem` that is not about a page.
pub fn to_mapping_error(error: types::ErrorCode) -> ErrorCode {
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

/// The error for a page. One whose storage fails is `fault`, as on a native host.
fn to_page_error(error: types::ErrorCode) -> ErrorCode {
    match to_mapping_error(error) {
        ErrorCode::Io => ErrorCode::Fault,
        other => other,
    }
}

/// An empty list with room for `length` bytes.
pub fn with_room(length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| ErrorCode::NoMemory)?;
    Ok(bytes)
}

/// A list of `length` zeros.
pub fn zeros(length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = with_room(length)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

/// The end of the last page of a file of this size.
fn end_of_pages(size: u64) -> u64 {
    size.checked_next_multiple_of(PAGE).unwrap_or(u64::MAX)
}

/// The end of the last page that the file has now: a multiple of [`PAGE`].
pub fn covered(file: &impl File) -> Result<u64, ErrorCode> {
    file.size().map(end_of_pages).map_err(to_mapping_error)
}

/// Reads bytes from `position`: fewer than `length` if a page is lost.
pub fn read_pages(file: &impl File, position: u64, length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    let mut empty_answers = 0;
    while bytes.len() < length {
        let missing = length - bytes.len();
        let at = position.checked_add(bytes.len() as u64).ok_or(ErrorCode::Fault)?;
        let wanted = CHUNK.min(missing as u64);
        let (mut part, at_end) = file.read(at, wanted).map_err(to_page_error)?;
        part.truncate(missing); // A wrong host may return more than was asked.
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
        let size = file.size().map_err(to_mapping_error)?;
        let reached = position + bytes.len() as u64;
        if reached < size {
            // The file grew meanwhile, or the host returned nothing without a reason, which is tolerated once.
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

/// Writes bytes to the file. Bytes past its end are dropped, because a mapping never extends a file.
///
/// Nothing is written if a page is lost.
pub fn write_pages(file: &impl File, position: u64, bytes: &[u8]) -> Result<(), ErrorCode> {
    if bytes.is_empty() {
        return Ok(());
    }
    let size = file.size().map_err(to_mapping_error)?;
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
