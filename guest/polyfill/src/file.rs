//! The file of a mapping, whose pages may exist or be lost.

use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::bindings::wasi::filesystem::types::{self, Advice};
use crate::places::{Bytes, Room};
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
    /// The most bytes of a window of a search.
    const WINDOW: u64 = CHUNK;
    /// Reads bytes from `offset`, as many as the host chooses. Returns their number, and whether the file ends there.
    fn read(&self, offset: u64, room: &mut [u8]) -> Result<(usize, bool), types::ErrorCode>;
    /// Writes bytes, as many as the host chooses, and returns their number.
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, types::ErrorCode>;
    fn size(&self) -> Result<u64, types::ErrorCode>;
    fn set_size(&self, size: u64) -> Result<(), types::ErrorCode>;
    fn sync(&self) -> Result<(), types::ErrorCode>;
    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), types::ErrorCode>;
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

/// A list of `length` zeros.
pub fn zeros(length: usize) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| ErrorCode::NoMemory)?;
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

/// Reads bytes from `position`, and returns their number: less than there is room for if a page is lost.
pub fn read_pages<F: File>(file: &F, position: u64, room: &mut (impl Room<F> + ?Sized)) -> Result<usize, ErrorCode> {
    let length = room.length();
    let mut done = 0;
    let mut empty_answers = 0;
    while done < length {
        let at = position.checked_add(done as u64).ok_or(ErrorCode::Fault)?;
        let wanted = CHUNK_SIZE.min(length - done);
        let (got, at_end) = room.read(done..done + wanted, file, at).map_err(to_page_error)?;
        done += got;
        if done == length || got > 0 && !at_end {
            continue;
        }
        let size = file.size().map_err(to_mapping_error)?;
        let reached = position + done as u64;
        if reached < size {
            // The file grew meanwhile, or the host returned nothing without a reason, which is tolerated once.
            empty_answers += usize::from(got == 0);
            if empty_answers > 1 {
                return Err(ErrorCode::Fault);
            }
            continue;
        }
        #[allow(clippy::cast_possible_truncation)] // At most what is missing.
        let zeros = end_of_pages(size).saturating_sub(reached).min((length - done) as u64) as usize;
        room.clear(done..done + zeros);
        return Ok(done + zeros);
    }
    Ok(done)
}

/// Writes bytes to the file. Bytes past its end are dropped, because a mapping never extends a file.
///
/// Nothing is written if a page is lost.
pub fn write_pages<F: File>(file: &F, position: u64, bytes: &(impl Bytes<F> + ?Sized)) -> Result<(), ErrorCode> {
    let length = bytes.length();
    if length == 0 {
        return Ok(());
    }
    let size = file.size().map_err(to_mapping_error)?;
    let end = position.checked_add(length as u64).ok_or(ErrorCode::Fault)?;
    if end > end_of_pages(size) {
        return Err(ErrorCode::Fault);
    }
    #[allow(clippy::cast_possible_truncation)] // At most their number.
    let length = size.saturating_sub(position).min(length as u64) as usize;
    let mut done = 0;
    while done < length {
        let part = done..length.min(done + CHUNK_SIZE);
        let most = part.len();
        let stored = bytes.write(part, file, position + done as u64).map_err(to_page_error)?;
        let stored = usize::try_from(stored).unwrap_or(usize::MAX).min(most);
        if stored == 0 {
            return Err(ErrorCode::Fault);
        }
        done += stored;
    }
    Ok(())
}
