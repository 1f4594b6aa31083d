//! Copies of a file's bytes, which stand in for spans.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut, Range};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fill::fill;
use crate::generation::AnyMapping;
use crate::memmap2::memory::{Memory, PAGE};
use crate::ErrorCode;

/// The bytes that are compared or stored at a time.
pub const BLOCK: usize = 64 * 1024;

type Outcome<T> = Result<T, ErrorCode>;

/// Bytes in memory of their own, all of them initialized.
struct Bytes {
    memory: Memory,
    len: usize,
}

impl Bytes {
    fn copy_of(bytes: &[u8]) -> Outcome<Self> {
        let memory = Memory::new(bytes.len(), 1, false)?;
        // SAFETY: the memory is new, and that long.
        unsafe { memory.base().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(Self { memory, len: bytes.len() })
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the memory has at least `len` bytes, which `copy_of` initialized.
        unsafe { std::slice::from_raw_parts(self.memory.base(), self.len) }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `deref`, and the memory belongs to `self` alone.
        unsafe { std::slice::from_raw_parts_mut(self.memory.base(), self.len) }
    }
}

/// The mapping of a copy that is stored.
pub struct Stored {
    mapping: AnyMapping,
    /// The offset of the first byte in the mapping.
    at: u64,
    /// The bytes as last read or stored. The program has changed those that differ.
    known: Mutex<Bytes>,
}

impl Stored {
    /// Remembers what `now`, a copy from the offset `at` on, holds.
    pub fn new(mapping: AnyMapping, at: u64, now: &[u8]) -> Outcome<Self> {
        Ok(Self { mapping, at, known: Mutex::new(Bytes::copy_of(now)?) })
    }

    fn known(&self) -> MutexGuard<'_, Bytes> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the changes in a part that lies in one block.
    fn store_block(&self, known: &mut [u8], now: &[u8], start: usize) -> Outcome<()> {
        if *known == *now {
            return Ok(());
        }
        let differs = |at: &usize| known[*at] != now[*at];
        let first = (0..now.len()).find(differs).unwrap_or(0);
        let end = (first..now.len()).rfind(differs).unwrap_or(first) + 1;
        let offset = self.at + (start + first) as u64;
        let bytes = if (first..end).all(|at| differs(&at)) {
            Cow::Borrowed(&now[first..end])
        } else {
            // Others may have changed the bytes between two changes: read them from the file now.
            let mut bytes = self.mapping.read(offset, (end - first) as u64)?;
            for at in (first..end).filter(differs) {
                bytes[at - first] = now[at];
            }
            Cow::Owned(bytes)
        };
        self.mapping.write(offset, &bytes)?;
        known[first..end].copy_from_slice(&now[first..end]);
        Ok(())
    }

    /// Stores the changes in a range, as many as possible, and returns the first error.
    fn store_range(&self, known: &mut [u8], now: *const u8, range: Range<usize>, step: usize) -> Outcome<()> {
        let mut outcome = Ok(());
        let mut start = range.start;
        while start < range.end {
            let to_border = step - (now.addr() + start) % step;
            let end = range.end.min(start + to_border);
            // SAFETY: the caller of `store` has so many bytes there.
            let bytes = unsafe { std::slice::from_raw_parts(now.add(start), end - start) };
            let stored = match self.store_block(&mut known[start..end], bytes, start) {
                // Some of the pages may exist.
                Err(ErrorCode::Fault) if step > PAGE => self.store_range(known, now, start..end, PAGE),
                stored => stored,
            };
            outcome = outcome.and(stored);
            start = end;
        }
        outcome
    }

    /// Stores the changes in a range, as many as possible, and returns the first error.
    ///
    /// # Safety
    ///
    /// `now` are the bytes of the copy, all of them initialized, and no exclusive reference to them exists.
    pub unsafe fn store(&self, now: *const u8, range: Range<usize>) -> Outcome<()> {
        self.store_range(&mut self.known(), now, range, BLOCK)
    }

    /// Returns when the stored changes of a range are on the storage device.
    pub fn flush(&self, range: Range<usize>) -> Outcome<()> {
        self.mapping.flush(self.at + range.start as u64, range.len() as u64)
    }

    /// Reads a range of the file again.
    ///
    /// # Safety
    ///
    /// As for `store`, and no reference to the bytes of the range is in use.
    pub unsafe fn read_again(&self, now: *mut u8, range: Range<usize>) -> Outcome<()> {
        let known = &mut self.known()[range.clone()];
        // SAFETY: the caller has this range of bytes there.
        unsafe {
            fill(&self.mapping, self.at + range.start as u64, now.add(range.start), range.len())?;
            known.copy_from_slice(std::slice::from_raw_parts(now.add(range.start), range.len()));
        }
        Ok(())
    }

    /// Forgets the bytes from `len` on.
    pub fn truncate(&mut self, len: usize) {
        let mut known = self.known();
        known.len = len.min(known.len);
    }
}
