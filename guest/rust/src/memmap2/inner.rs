//! What all types of this module hold: memory, and what stands behind it.

use std::alloc::{alloc, alloc_zeroed, dealloc, Layout};
use std::borrow::Cow;
use std::io::Result;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasip2::filesystem::types::Descriptor;

use super::span::{attach, granularity, Span};
use super::Advice;
use crate::bindings::wasi_mmap::mmap::mapping::{mmap, mmap_posix, Mapping};
use crate::{Access, ErrorCode, Protection, Sharing};

/// What maps begin at where there are no spans: programs rely on pages for the alignment of what lies in a file.
const PAGE: usize = 4096;

/// How much is copied, compared or stored at a time.
const BLOCK: usize = 64 * 1024;

type Outcome<T> = std::result::Result<T, ErrorCode>;

/// Memory of the program, of its own until it is dropped.
struct Memory {
    base: *mut u8,
    layout: Layout,
}

impl Memory {
    /// What is in it is not initialized unless it is to be zero.
    fn new(length: usize, alignment: usize, zero: bool) -> Outcome<Self> {
        let layout = Layout::from_size_align(length, alignment).map_err(|_| ErrorCode::NoMemory)?;
        assert!(length > 0, "nothing is not allocated");
        // SAFETY: the size is not 0.
        let base = unsafe {
            if zero {
                alloc_zeroed(layout)
            } else {
                alloc(layout)
            }
        };
        if base.is_null() {
            return Err(ErrorCode::NoMemory);
        }
        Ok(Self { base, layout })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and whoever drops it has no pointer into it any more.
        unsafe { dealloc(self.base, self.layout) }
    }
}

/// A file that is copied, for the host has no spans.
struct Copied {
    mapping: Mapping,
    /// Where in the mapping the first byte is.
    at: u64,
    /// What was read or stored last: what differs from it was changed by the program.
    seen: Mutex<Vec<u8>>,
}

impl Copied {
    fn seen(&self) -> MutexGuard<'_, Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores what was changed in a part that lies in one block.
    fn store(&self, seen: &mut [u8], now: &[u8], start: usize) -> Outcome<()> {
        if *seen == *now {
            return Ok(());
        }
        let differs = |at: &usize| seen[*at] != now[*at];
        let first = (0..now.len()).find(differs).unwrap_or(0);
        let end = (first..now.len()).rfind(differs).unwrap_or(first) + 1;
        let offset = self.at + (start + first) as u64;
        let bytes = if (first..end).all(|at| differs(&at)) {
            Cow::Borrowed(&now[first..end])
        } else {
            // What lies between two changes is others' to change: it stays as it is in the file now.
            let mut bytes = self.mapping.read(offset, (end - first) as u64)?;
            for at in (first..end).filter(differs) {
                bytes[at - first] = now[at];
            }
            Cow::Owned(bytes)
        };
        self.mapping.write(offset, &bytes)?;
        seen[first..end].copy_from_slice(&now[first..end]);
        Ok(())
    }
}

enum Backing {
    /// There is no byte.
    Empty,
    /// The program's own: without a file, or a private copy of one.
    Own { _memory: Memory },
    /// Fields are dropped in this order: the region is the allocator's again when the file has left it.
    Span { span: Span, pad: usize, _memory: Memory },
    /// Stored when it is dropped.
    Copied { copied: Copied, _memory: Memory },
}

pub struct Inner {
    ptr: *mut u8,
    len: usize,
    access: Access,
    backing: Backing,
}

// SAFETY: it owns its memory, which is only written through `&mut`, or through pointers that its user answers for; and
// what else changes behind `&` is behind a lock.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// Allows a length past the end of the file, as a native `mmap` does, where the host knows such a thing.
fn open(file: &Descriptor, length: u64, access: Access, offset: u64) -> Outcome<(Mapping, bool)> {
    match mmap(Some(file), length, access, offset) {
        Err(ErrorCode::PastEnd) => {
            let (sharing, protection) = match access {
                Access::Read => (Sharing::Shared, Protection::READ),
                Access::Write => (Sharing::Shared, Protection::READ | Protection::WRITE),
                Access::Copy => (Sharing::Private, Protection::READ | Protection::WRITE),
            };
            match mmap_posix(Some(file), length, sharing, protection, offset) {
                Ok(mapping) => Ok((mapping, true)),
                Err(ErrorCode::Unsupported) => Err(ErrorCode::PastEnd),
                Err(error) => Err(error),
            }
        }
        other => Ok((other?, false)),
    }
}

/// Copies bytes of the mapping into memory, all or with an error.
fn copy_in(mapping: &Mapping, at: u64, memory: *mut u8, length: usize) -> Outcome<()> {
    for start in (0..length).step_by(BLOCK) {
        let count = BLOCK.min(length - start);
        let bytes = mapping.read(at + start as u64, count as u64)?;
        // SAFETY: so many bytes were allocated there, and the list is another allocation of exactly `count` bytes.
        unsafe { memory.add(start).copy_from_nonoverlapping(bytes[..count].as_ptr(), count) };
    }
    Ok(())
}

impl Inner {
    fn empty(access: Access) -> Self {
        // As aligned as a page, as natively.
        Self { ptr: std::ptr::without_provenance_mut(PAGE), len: 0, access, backing: Backing::Empty }
    }

    pub fn anonymous(len: usize) -> Result<Self> {
        if len == 0 {
            return Ok(Self::empty(Access::Write));
        }
        let memory = Memory::new(len, PAGE, true)?;
        Ok(Self { ptr: memory.base, len, access: Access::Write, backing: Backing::Own { _memory: memory } })
    }

    pub fn of_file(file: &Descriptor, len: usize, access: Access, offset: u64) -> Result<Self> {
        if len == 0 {
            // The rights are looked at all the same.
            return match mmap(Some(file), 0, access, 0) {
                Ok(_) | Err(ErrorCode::EmptyFile) => Ok(Self::empty(access)),
                Err(error) => Err(error.into()),
            };
        }
        let granularity = granularity();
        let alignment = granularity.unwrap_or(PAGE);
        #[allow(clippy::cast_possible_truncation)] // It is less than the alignment.
        let pad = (offset % alignment as u64) as usize;
        let size = pad.checked_add(len).and_then(|size| size.checked_next_multiple_of(alignment));
        let size = size.ok_or(ErrorCode::NoMemory)?;
        let (mapping, is_longer) = open(file, (pad + len) as u64, access, offset - pad as u64)?;
        let memory = Memory::new(size, alignment, false)?;
        // SAFETY: it lies inside what was allocated.
        let ptr = unsafe { memory.base.add(pad) };
        if granularity.is_some() {
            // SAFETY: the region was allocated above, nothing is in it, and a span is dropped before its memory.
            match unsafe { attach(&mapping, 0, memory.base, size) } {
                Ok(span) => {
                    return Ok(Self { ptr, len, access, backing: Backing::Span { span, pad, _memory: memory } })
                }
                // Memory that may move, for example: the host can, but not here.
                Err(ErrorCode::Unsupported) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match copy_in(&mapping, pad as u64, ptr, len) {
            // A copy would never see the file grow: no program can want that.
            Err(ErrorCode::Fault) if is_longer => return Err(ErrorCode::PastEnd.into()),
            other => other?,
        }
        if access != Access::Write {
            return Ok(Self { ptr, len, access, backing: Backing::Own { _memory: memory } });
        }
        let mut seen = Vec::new();
        seen.try_reserve_exact(len).map_err(|_| ErrorCode::NoMemory)?;
        // SAFETY: `copy_in` has initialized `len` bytes there.
        seen.extend_from_slice(unsafe { std::slice::from_raw_parts(ptr, len) });
        let copied = Copied { mapping, at: pad as u64, seen: Mutex::new(seen) };
        Ok(Self { ptr, len, access, backing: Backing::Copied { copied, _memory: memory } })
    }

    pub fn ptr(&self) -> *mut u8 {
        self.ptr
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_span(&self) -> bool {
        matches!(self.backing, Backing::Span { .. })
    }

    pub fn faulted(&self) -> bool {
        matches!(&self.backing, Backing::Span { span, .. } if span.faulted())
    }

    /// Whether its bytes may be changed: `mprotect` of pages that were mapped for reading is refused too, unless the file
    /// was opened for more, which nobody remembers here.
    pub fn check_writable(&self) -> Result<()> {
        if self.access == Access::Read && self.len > 0 {
            return Err(ErrorCode::ReadOnly.into());
        }
        Ok(())
    }

    fn check(&self, offset: usize, len: usize) -> Result<Range<usize>> {
        if offset > self.len || len > self.len - offset {
            return Err(ErrorCode::OutOfRange.into());
        }
        Ok(offset..offset + len)
    }

    /// Stores what was changed in a range, all that can be: the first error is that of the whole.
    fn store(&self, copied: &Copied, seen: &mut [u8], range: Range<usize>, step: usize) -> Outcome<()> {
        let mut outcome = Ok(());
        let mut start = range.start;
        while start < range.end {
            let to_border = step - (self.ptr.addr() + start) % step;
            let end = range.end.min(start + to_border);
            // SAFETY: all bytes are initialized, and who calls has no exclusive reference to them: it would be one to this.
            let now = unsafe { std::slice::from_raw_parts(self.ptr.add(start), end - start) };
            let stored = match copied.store(&mut seen[start..end], now, start) {
                // Some of its pages are there.
                Err(ErrorCode::Fault) if step > PAGE => self.store(copied, seen, start..end, PAGE),
                stored => stored,
            };
            outcome = outcome.and(stored);
            start = end;
        }
        outcome
    }

    /// Makes changes visible in the file, as they are at once in a span.
    pub fn flush_async(&self, offset: usize, len: usize) -> Result<()> {
        let range = self.check(offset, len)?;
        if let Backing::Copied { copied, .. } = &self.backing {
            self.store(copied, &mut copied.seen(), range, BLOCK)?;
        }
        Ok(())
    }

    pub fn flush(&self, offset: usize, len: usize) -> Result<()> {
        self.flush_async(offset, len)?;
        match &self.backing {
            Backing::Span { span, pad, .. } => span.flush((pad + offset) as u64, len as u64)?,
            Backing::Copied { copied, .. } => copied.mapping.flush(copied.at + offset as u64, len as u64)?,
            Backing::Empty | Backing::Own { .. } => {}
        }
        Ok(())
    }

    pub fn advise(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
        self.check(offset, len)?;
        match &self.backing {
            Backing::Span { span, pad, .. } if len > 0 => {
                Ok(span.advise((pad + offset) as u64, len as u64, advice.into())?)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Inner {
    /// What cannot be stored is lost, as it is natively when a disk fails after `munmap`; `flush` says so before.
    fn drop(&mut self) {
        let _ = self.flush_async(0, self.len);
    }
}
