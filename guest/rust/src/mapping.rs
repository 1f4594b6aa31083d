//! A mapping with operations at any offset, and as a file with a cursor.

use std::io::{BufRead, Read, Result, Seek, SeekFrom, Write};
use std::ops::{Bound, RangeBounds};

use crate::fill::{fill, pieces, LONGEST_LIST};
use crate::find::{find, Direction};
use crate::generation::AnyMapping;
use crate::{Access, Advice, ErrorCode};

/// The bytes that `BufRead` reads ahead.
const READ_AHEAD: u64 = 64 * 1024;

/// A mapped file, or zero-filled memory. Dropping it unmaps.
///
/// Offsets and lengths are bytes from the start of the mapping. An operation that touches a page that the file no longer has
/// is `fault`.
#[derive(Debug)]
pub struct Mapping {
    resource: AnyMapping,
    position: u64,
    /// The bytes that `BufRead` read ahead, and their offset.
    ahead: Vec<u8>,
    ahead_at: u64,
}

fn start_of(range: &impl RangeBounds<u64>) -> u64 {
    match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    }
}

fn end_of(range: &impl RangeBounds<u64>) -> u64 {
    match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => u64::MAX,
    }
}

impl Mapping {
    pub(crate) fn new(resource: AnyMapping) -> Self {
        Self { resource, position: 0, ahead: Vec::new(), ahead_at: 0 }
    }

    /// The size of the mapping in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // It is never empty.
    pub fn len(&self) -> u64 {
        self.resource.length()
    }

    /// The access of the mapping.
    #[must_use]
    pub fn access(&self) -> Access {
        self.resource.access()
    }

    /// The size of the *file* now, in bytes.
    ///
    /// # Errors
    ///
    /// `io`.
    pub fn file_size(&self) -> Result<u64> {
        Ok(self.resource.file_size()?)
    }

    /// Fills the buffer with the bytes at this offset.
    ///
    /// # Errors
    ///
    /// `out-of-range`, `access-denied`, `fault`.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        // SAFETY: the buffer is borrowed for the call.
        Ok(unsafe { fill(&self.resource, offset, buffer.as_mut_ptr(), buffer.len()) }?)
    }

    /// Returns `len` bytes.
    ///
    /// # Errors
    ///
    /// `out-of-range`, `access-denied`, `fault`, `no-memory`.
    pub fn read_vec_at(&self, offset: u64, len: u64) -> Result<Vec<u8>> {
        let Some(rest) = len.checked_sub(LONGEST_LIST as u64).filter(|rest| *rest > 0) else {
            return Ok(self.resource.read(offset, len)?);
        };
        // The last piece first: a range that reaches too far takes no memory.
        let last = self.resource.read(offset.saturating_add(rest), LONGEST_LIST as u64)?;
        let mut bytes = Vec::new();
        let (Ok(len), Ok(rest)) = (usize::try_from(len), usize::try_from(rest)) else {
            return Err(ErrorCode::NoMemory.into());
        };
        bytes.try_reserve_exact(len).map_err(|_| ErrorCode::NoMemory)?;
        // SAFETY: there is room for `len` bytes, and the first `rest` of them are initialized where `fill` succeeds.
        unsafe {
            fill(&self.resource, offset, bytes.as_mut_ptr(), rest)?;
            bytes.set_len(rest);
        }
        bytes.extend_from_slice(&last);
        Ok(bytes)
    }

    /// Stores all bytes at this offset, or none if they do not fit. Of more than 16 MiB, some may be stored after another
    /// error.
    ///
    /// # Errors
    ///
    /// `read-only`, `out-of-range`, `fault`, `no-memory`, `no-space` (through the polyfill).
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        for (start, len) in pieces(bytes.len()) {
            self.resource.write(offset.saturating_add(start as u64), &bytes[start..start + len])?;
        }
        Ok(())
    }

    /// Copies `len` bytes inside the mapping. The ranges may overlap.
    ///
    /// # Errors
    ///
    /// `read-only`, `out-of-range`, `fault`, `no-memory`.
    pub fn copy_within(&self, source: u64, destination: u64, len: u64) -> Result<()> {
        Ok(self.resource.move_(destination, source, len)?)
    }

    /// Returns the offset of the first match that lies wholly inside the range.
    ///
    /// For a needle of more than 16 MiB, where hosts limit lists, the program searches too: it allocates four times the
    /// length, and copies the range from the first place where the needle can be.
    ///
    /// # Errors
    ///
    /// `access-denied`, `fault`, `no-memory` (for such a needle).
    pub fn find(&self, needle: &[u8], range: impl RangeBounds<u64>) -> Result<Option<u64>> {
        Ok(find(&self.resource, needle, start_of(&range), end_of(&range), Direction::Forward)?)
    }

    /// Returns the offset of the last match that lies wholly inside the range, as [`find`](Self::find) the first.
    ///
    /// # Errors
    ///
    /// `access-denied`, `fault`, `no-memory` (for a needle of more than 16 MiB).
    pub fn rfind(&self, needle: &[u8], range: impl RangeBounds<u64>) -> Result<Option<u64>> {
        Ok(find(&self.resource, needle, start_of(&range), end_of(&range), Direction::Backward)?)
    }

    /// Returns when all changes are on the storage device.
    ///
    /// # Errors
    ///
    /// `fault`, `no-space`, `io`.
    pub fn flush(&self) -> Result<()> {
        self.flush_range(0, self.len())
    }

    /// Returns when the changes in a range are on the storage device.
    ///
    /// # Errors
    ///
    /// `out-of-range`, `fault`, `no-space`, `io`.
    pub fn flush_range(&self, offset: u64, len: u64) -> Result<()> {
        Ok(self.resource.flush(offset, len)?)
    }

    /// Begins to store all changes on the storage device, and does not wait: a later [`flush`](Self::flush) waits less.
    ///
    /// # Errors
    ///
    /// `fault`, `no-space`, `io`.
    pub fn start_flush(&self) -> Result<()> {
        self.start_flush_range(0, self.len())
    }

    /// Begins to store the changes in a range on the storage device, and does not wait.
    ///
    /// # Errors
    ///
    /// `out-of-range`, `fault`, `no-space`, `io`.
    pub fn start_flush_range(&self, offset: u64, len: u64) -> Result<()> {
        Ok(self.resource.start_flush(offset, len)?)
    }

    /// Sets the size of the mapping and of the file, which then ends where the mapping does.
    ///
    /// # Errors
    ///
    /// `not-resizable`, `invalid-argument` (0, or more than a file can have), `no-space`, `no-memory`, `busy`, `io`.
    pub fn resize(&mut self, len: u64) -> Result<()> {
        self.ahead.clear();
        Ok(self.resource.resize(len)?)
    }

    /// Says how the mapping will be used.
    ///
    /// # Errors
    ///
    /// `no-memory`, `io`.
    pub fn advise(&self, advice: Advice) -> Result<()> {
        self.advise_range(advice, 0, self.len())
    }

    /// Says how a range will be used. The part of it past the end is ignored.
    ///
    /// # Errors
    ///
    /// `out-of-range` (an offset past the last byte), `no-memory`, `io`.
    pub fn advise_range(&self, advice: Advice, offset: u64, len: u64) -> Result<()> {
        Ok(self.resource.advise(offset, len, advice)?)
    }

    /// Returns when the bytes of a range are in memory, so that accesses that follow soon need not wait for the storage
    /// device.
    ///
    /// # Errors
    ///
    /// `access-denied`, `out-of-range`, `fault`, `no-memory`, `io`.
    pub fn populate(&self, offset: u64, len: u64) -> Result<()> {
        Ok(self.resource.populate(offset, len)?)
    }

    /// Returns how many bytes of a range are in memory now. A system that keeps the answer secret says that all are.
    ///
    /// # Errors
    ///
    /// `access-denied`, `out-of-range`, `fault`, `no-memory`, `unsupported` (hosts on Windows, and the polyfill).
    pub fn resident(&self, offset: u64, len: u64) -> Result<u64> {
        Ok(self.resource.resident(offset, len)?)
    }

    /// Loads the whole mapping, and keeps it in memory until [`munlock`](Self::munlock), [`resize`](Self::resize) or the
    /// drop. The host may charge its bytes to the memory that guests may take.
    ///
    /// # Errors
    ///
    /// `access-denied`, `fault`, `no-memory` (more than the host allows), `unsupported` (the polyfill).
    pub fn mlock(&self) -> Result<()> {
        Ok(self.resource.mlock()?)
    }

    /// Ends [`mlock`](Self::mlock). Does nothing on a mapping that is not locked.
    ///
    /// # Errors
    ///
    /// `unsupported` (the polyfill), `io`.
    pub fn munlock(&self) -> Result<()> {
        Ok(self.resource.munlock()?)
    }

    /// Moves the cursor to an offset: `seek(SeekFrom::Start(offset))`.
    ///
    /// # Errors
    ///
    /// `out-of-range` past the end.
    pub fn seek_to(&mut self, offset: u64) -> Result<()> {
        if offset > self.len() {
            return Err(ErrorCode::OutOfRange.into());
        }
        self.position = offset;
        Ok(())
    }

    fn rest(&self) -> u64 {
        self.len().saturating_sub(self.position)
    }
}

impl Read for Mapping {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = buffer.len().min(usize::try_from(self.rest()).unwrap_or(usize::MAX));
        if count == 0 {
            return Ok(0); // The cursor may lie past the end.
        }
        self.read_exact_at(&mut buffer[..count], self.position)?;
        self.position += count as u64;
        Ok(count)
    }

    fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let rest = self.read_vec_at(self.position.min(self.len()), self.rest())?;
        self.position += rest.len() as u64;
        buffer.extend_from_slice(&rest);
        Ok(rest.len())
    }
}

impl Write for Mapping {
    /// Stores all bytes, or none and `out-of-range` if they do not fit.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.ahead.clear();
        self.write_all_at(bytes, self.position)?;
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Mapping::flush(self)
    }
}

impl Seek for Mapping {
    /// `out-of-range` before the start and past the end.
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.len().checked_add_signed(distance),
        };
        self.seek_to(target.ok_or(ErrorCode::OutOfRange)?)?;
        Ok(self.position)
    }

    /// The cursor can lie past the end after [`resize`](Mapping::resize).
    fn stream_position(&mut self) -> Result<u64> {
        Ok(self.position)
    }
}

/// Reads up to 64 KiB ahead. Later changes of others may not show in bytes that were read ahead.
impl BufRead for Mapping {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        let skip = self.position.checked_sub(self.ahead_at).and_then(|skip| usize::try_from(skip).ok());
        let skip = match skip {
            Some(skip) if skip < self.ahead.len() => skip,
            _ => {
                let position = self.position.min(self.len());
                self.ahead = self.resource.read(position, self.rest().min(READ_AHEAD))?;
                self.ahead_at = self.position;
                0
            }
        };
        Ok(&self.ahead[skip..])
    }

    fn consume(&mut self, count: usize) {
        self.position += count as u64;
    }
}
