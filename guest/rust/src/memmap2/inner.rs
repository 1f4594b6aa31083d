//! The memory of a map, and the span or copy behind it.

use std::alloc::{alloc, alloc_zeroed, dealloc, Layout};
use std::borrow::Cow;
use std::io::Result;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasip2::filesystem::types::Descriptor;

use crate::bindings::wasi_mmap::mmap::mapping::{mmap, mmap_posix, Access, ErrorCode, Mapping, Protection, Sharing};
use crate::fill::fill;
use crate::memmap2::advice::Advice;
use crate::memmap2::span::{attach, granularity, Span};

/// The alignment of maps where there are no spans: programs rely on that of pages.
const PAGE: usize = 4096;

/// The bytes that are compared or stored at a time.
const BLOCK: usize = 64 * 1024;

/// The most bytes of one call. Hosts limit the lists of a guest, and may hold them in memory of their own.
const LARGEST_LIST: usize = 16 << 20;

type Outcome<T> = std::result::Result<T, ErrorCode>;

/// An allocation.
struct Memory {
    base: *mut u8,
    layout: Layout,
}

impl Memory {
    /// Allocates `length` bytes, which are uninitialized unless `zero` is set.
    fn new(length: usize, alignment: usize, zero: bool) -> Outcome<Self> {
        let layout = Layout::from_size_align(length, alignment).map_err(|_| ErrorCode::NoMemory)?;
        assert!(length > 0, "an allocation has bytes");
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
        // SAFETY: it was allocated with this layout, and its owner has no pointer into it after the drop.
        unsafe { dealloc(self.base, self.layout) }
    }
}

/// The mapping of a copy that is stored, where the host has no spans.
struct Copied {
    mapping: Mapping,
    /// The offset of the first byte in the mapping.
    at: u64,
    /// The bytes as last read or stored. The program has changed those that differ.
    known: Mutex<Vec<u8>>,
}

impl Copied {
    fn known(&self) -> MutexGuard<'_, Vec<u8>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the changes in a part that lies in one block.
    fn store(&self, known: &mut [u8], now: &[u8], start: usize) -> Outcome<()> {
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
}

enum Backing {
    /// No bytes.
    Empty,
    /// Memory without a file, or a private copy of one.
    Own { _memory: Memory },
    /// Fields are dropped in this order: the file is detached before the memory is freed.
    Span { span: Span, pad: usize, _memory: Memory },
    /// A copy whose changes are stored, at the latest when it is dropped.
    Copied { copied: Copied, _memory: Memory },
}

pub struct Inner {
    ptr: *mut u8,
    len: usize,
    access: Access,
    backing: Backing,
}

// SAFETY: it owns its memory, which is written through `&mut` only, or through pointers whose user keeps the rules. All
// else that changes behind `&` has a lock.
unsafe impl Send for Inner {}
// SAFETY: as for `Send`.
unsafe impl Sync for Inner {}

/// Maps a file, and allows a length past its end where the host does, as a native `mmap`. Returns whether it is longer.
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
///
/// # Safety
///
/// `memory` can be written for `length` bytes, and nobody else uses it meanwhile.
unsafe fn copy_in(mapping: &Mapping, at: u64, memory: *mut u8, length: usize) -> Outcome<()> {
    for start in (0..length).step_by(LARGEST_LIST) {
        // SAFETY: the part lies in the memory.
        unsafe { fill(mapping, at + start as u64, memory.add(start), LARGEST_LIST.min(length - start))? };
    }
    Ok(())
}

impl Inner {
    fn empty(access: Access) -> Self {
        // Aligned to a page, as a native map is.
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
            // The rights are checked all the same.
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
        // SAFETY: it lies inside the allocation.
        let ptr = unsafe { memory.base.add(pad) };
        if granularity.is_some() {
            // SAFETY: the region was allocated above, nothing is in it, and a span is dropped before its memory.
            match unsafe { attach(&mapping, 0, memory.base, size) } {
                Ok(span) => {
                    return Ok(Self { ptr, len, access, backing: Backing::Span { span, pad, _memory: memory } })
                }
                // The host has spans but not for this memory, which may move for example.
                Err(ErrorCode::Unsupported) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // SAFETY: `len` bytes are allocated there, and nobody has seen them.
        match unsafe { copy_in(&mapping, pad as u64, ptr, len) } {
            // A copy would never see the file grow, which is the reason for such a map.
            Err(ErrorCode::Fault) if is_longer => return Err(ErrorCode::PastEnd.into()),
            other => other?,
        }
        if access != Access::Write {
            return Ok(Self { ptr, len, access, backing: Backing::Own { _memory: memory } });
        }
        let mut known = Vec::new();
        known.try_reserve_exact(len).map_err(|_| ErrorCode::NoMemory)?;
        // SAFETY: `copy_in` has initialized `len` bytes there.
        known.extend_from_slice(unsafe { std::slice::from_raw_parts(ptr, len) });
        let copied = Copied { mapping, at: pad as u64, known: Mutex::new(known) };
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

    /// `read-only` if the bytes may not be changed. A native `mprotect` is refused too, unless the file was opened for
    /// writing, which is not known here.
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

    /// Stores the changes in a range, as many as possible, and returns the first error.
    fn store(&self, copied: &Copied, known: &mut [u8], range: Range<usize>, step: usize) -> Outcome<()> {
        let mut outcome = Ok(());
        let mut start = range.start;
        while start < range.end {
            let to_border = step - (self.ptr.addr() + start) % step;
            let end = range.end.min(start + to_border);
            // SAFETY: all bytes are initialized, and no exclusive reference to them exists: it would be one to `self`.
            let now = unsafe { std::slice::from_raw_parts(self.ptr.add(start), end - start) };
            let stored = match copied.store(&mut known[start..end], now, start) {
                // Some of the pages may exist.
                Err(ErrorCode::Fault) if step > PAGE => self.store(copied, known, start..end, PAGE),
                stored => stored,
            };
            outcome = outcome.and(stored);
            start = end;
        }
        outcome
    }

    /// Stores the changes in a range in the file, where those of a span are at once.
    pub fn flush_async(&self, offset: usize, len: usize) -> Result<()> {
        let range = self.check(offset, len)?;
        if let Backing::Copied { copied, .. } = &self.backing {
            self.store(copied, &mut copied.known(), range, BLOCK)?;
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
    /// Changes that cannot be stored are lost, as natively when a disk fails after `munmap`; only `flush` reports it.
    fn drop(&mut self) {
        let _ = self.flush_async(0, self.len);
    }
}
