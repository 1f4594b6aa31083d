//! The memory of a map, and the span or copy behind it.

use std::io::Result;
use std::ops::Range;

use super::copied::Stored;
use super::madvise::{effect, Effect};
use super::memory::{Memory, PAGE};
use super::origin::Origin;
use super::span::{attach, granularity, Span};
use crate::fill::fill;
use crate::generation::{AnyMapping, File};
use crate::{Protection, Sharing};

pub use crate::{Access, ErrorCode};

type Outcome<T> = std::result::Result<T, ErrorCode>;

pub(super) enum Backing {
    /// No bytes.
    Empty,
    /// Memory without a file.
    Anonymous { memory: Memory },
    /// Fields are dropped in this order: the file is detached before the memory is freed.
    Span {
        span: Span,
        /// None for private changes: the host counts the memory that they may take.
        mapping: Option<AnyMapping>,
        pad: usize,
        memory: Memory,
    },
    /// A copy for reading, or for private changes.
    Copy { mapping: AnyMapping, at: u64, _memory: Memory },
    /// A copy whose changes are stored, at the latest when it is dropped.
    Stored { stored: Stored, _memory: Memory },
}

/// A map, without the types that `memmap2` gives it.
pub struct Inner {
    pub(super) ptr: *mut u8,
    pub(super) len: usize,
    pub(super) access: Access,
    /// A pointer: with what changes behind `&` inside, the types would not be `Freeze`, as those of `memmap2` are.
    pub(super) backing: Box<Backing>,
    pub(super) origin: Origin,
}

// SAFETY: it owns its memory, which is written through `&mut` only, or through pointers whose user keeps the rules. All
// else that changes behind `&` has a lock.
unsafe impl Send for Inner {}
// SAFETY: as for `Send`.
unsafe impl Sync for Inner {}

/// Maps a file, and allows a length past its end where the host does, as a native `mmap`. Returns whether it is longer.
fn open(file: &impl File, length: u64, access: Access, offset: u64) -> Outcome<(AnyMapping, bool)> {
    match file.mmap(length, access, offset) {
        Err(ErrorCode::PastEnd) => {
            let (sharing, protection) = match access {
                Access::Read => (Sharing::Shared, Protection::READ),
                Access::Write => (Sharing::Shared, Protection::READ | Protection::WRITE),
                Access::Copy => (Sharing::Private, Protection::READ | Protection::WRITE),
            };
            match file.mmap_posix(length, sharing, protection, offset) {
                Ok(mapping) => Ok((mapping, true)),
                Err(ErrorCode::Unsupported) => Err(ErrorCode::PastEnd),
                Err(error) => Err(error),
            }
        }
        other => Ok((other?, false)),
    }
}

impl Inner {
    fn empty(access: Access, origin: Origin) -> Self {
        // Aligned to a page, as a native map is.
        let ptr = std::ptr::without_provenance_mut(PAGE);
        Self { ptr, len: 0, access, backing: Box::new(Backing::Empty), origin }
    }

    pub fn anonymous(len: usize) -> Result<Self> {
        if len == 0 {
            return Ok(Self::empty(Access::Write, Origin::Anonymous));
        }
        let size = len.checked_next_multiple_of(PAGE).ok_or(ErrorCode::NoMemory)?;
        let memory = Memory::new(size, PAGE, true)?;
        let ptr = memory.base();
        let backing = Box::new(Backing::Anonymous { memory });
        Ok(Self { ptr, len, access: Access::Write, backing, origin: Origin::Anonymous })
    }

    /// Maps `len` bytes of a file. `fd` is its number in the C library, if it has one.
    pub fn of_file<D: File>(file: &D, fd: Option<i32>, len: usize, access: Access, offset: u64) -> Result<Self> {
        let origin = Origin::of(file, fd, offset);
        if len == 0 {
            // The rights are checked all the same.
            return match file.mmap(0, access, 0) {
                Ok(_) | Err(ErrorCode::EmptyFile) => Ok(Self::empty(access, origin)),
                Err(error) => Err(error.into()),
            };
        }
        let granularity = granularity::<D>();
        let alignment = granularity.unwrap_or(PAGE);
        #[allow(clippy::cast_possible_truncation)] // It is less than the alignment.
        let pad = (offset % alignment as u64) as usize;
        let size = pad.checked_add(len).and_then(|size| size.checked_next_multiple_of(alignment));
        let size = size.ok_or(ErrorCode::NoMemory)?;
        // Private changes of a copy are not the host's.
        let hosts = if granularity.is_none() && access == Access::Copy { Access::Read } else { access };
        let (mapping, is_longer) = open(file, (pad + len) as u64, hosts, offset - pad as u64)?;
        let memory = Memory::new(size, alignment, false)?;
        // SAFETY: it lies inside the allocation.
        let ptr = unsafe { memory.base().add(pad) };
        if granularity.is_some() {
            // SAFETY: the region was allocated above, nothing is in it, and a span is dropped before its memory.
            match unsafe { attach::<D>(&mapping, 0, memory.base(), size) } {
                Ok(span) => {
                    let mapping = (access != Access::Copy).then_some(mapping);
                    let backing = Box::new(Backing::Span { span, mapping, pad, memory });
                    return Ok(Self { ptr, len, access, backing, origin });
                }
                // The host has spans but not for this memory, which may move for example.
                Err(ErrorCode::Unsupported) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let at = pad as u64;
        // SAFETY: `len` bytes are allocated there, and nobody has seen them.
        match unsafe { fill(&mapping, at, ptr, len) } {
            // A copy would never see the file grow, which is the reason for such a map.
            Err(ErrorCode::Fault) if is_longer => return Err(ErrorCode::PastEnd.into()),
            other => other?,
        }
        let backing = if access == Access::Write {
            // SAFETY: `fill` has initialized `len` bytes there.
            let now = unsafe { std::slice::from_raw_parts(ptr, len) };
            Backing::Stored { stored: Stored::new(mapping, at, now)?, _memory: memory }
        } else {
            Backing::Copy { mapping, at, _memory: memory }
        };
        Ok(Self { ptr, len, access, backing: Box::new(backing), origin })
    }

    #[must_use]
    pub fn ptr(&self) -> *mut u8 {
        self.ptr
    }

    #[must_use]
    #[allow(clippy::len_without_is_empty)] // Nobody asks.
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_span(&self) -> bool {
        matches!(*self.backing, Backing::Span { .. })
    }

    #[must_use]
    pub fn faulted(&self) -> bool {
        matches!(&*self.backing, Backing::Span { span, .. } if span.faulted())
    }

    fn check(&self, offset: usize, len: usize) -> Result<Range<usize>> {
        if offset > self.len || len > self.len - offset {
            return Err(ErrorCode::OutOfRange.into());
        }
        Ok(offset..offset + len)
    }

    /// Stores the changes in a range in the file, where those of a span are at once.
    pub fn flush_async(&self, offset: usize, len: usize) -> Result<()> {
        let range = self.check(offset, len)?;
        if let Backing::Stored { stored, .. } = &*self.backing {
            // SAFETY: all bytes are initialized, and no exclusive reference to them exists: it would be one to `self`.
            unsafe { stored.store(self.ptr, range)? };
        }
        Ok(())
    }

    pub fn flush(&self, offset: usize, len: usize) -> Result<()> {
        self.flush_async(offset, len)?;
        match &*self.backing {
            Backing::Span { span, pad, .. } => span.flush((pad + offset) as u64, len as u64)?,
            Backing::Stored { stored, .. } => stored.flush(offset..offset + len)?,
            Backing::Empty | Backing::Anonymous { .. } | Backing::Copy { .. } => {}
        }
        Ok(())
    }

    /// Follows an advice, a number of [`madvise`](super::madvise).
    ///
    /// # Safety
    ///
    /// No reference to the bytes of the range, widened to pages, is in use if the advice is `DONT_NEED` or `FREE`.
    pub unsafe fn advise(&self, advice: i32, offset: usize, len: usize) -> Result<()> {
        let range = self.check(offset, len)?;
        let effect = effect(advice).ok_or(ErrorCode::InvalidArgument)?;
        if len == 0 {
            return Ok(());
        }
        match (effect, &*self.backing) {
            (Effect::Load { writable: true }, _) if self.access == Access::Read => {
                Err(ErrorCode::InvalidArgument.into())
            }
            // SAFETY: the caller has no reference into the range.
            (Effect::Discard, _) => unsafe { self.discard(range) },
            (Effect::Free, Backing::Anonymous { .. }) => Ok(()),
            (Effect::Free, _) => Err(ErrorCode::InvalidArgument.into()),
            (Effect::Hint(hint), Backing::Span { span, pad, .. }) => {
                Ok(span.advise((pad + offset) as u64, len as u64, hint)?)
            }
            (Effect::Load { .. }, Backing::Span { mapping: Some(mapping), pad, .. }) => {
                let start = (pad + offset) as u64;
                // A map that grew in its region is longer than its mapping.
                let end = mapping.length().min(start + len as u64);
                Ok(mapping.populate(start.min(end), end.saturating_sub(start))?)
            }
            (Effect::Load { .. }, Backing::Span { span, pad, .. }) => {
                Ok(span.advise((pad + offset) as u64, len as u64, crate::Advice::WillNeed)?)
            }
            _ => Ok(()),
        }
    }

    /// Brings back the bytes of the file, or zeros, in all pages that the range touches.
    ///
    /// # Safety
    ///
    /// No reference to these bytes is in use.
    unsafe fn discard(&self, range: Range<usize>) -> Result<()> {
        let first = self.ptr.addr() % PAGE;
        let start = ((first + range.start) / PAGE * PAGE).saturating_sub(first);
        let end = ((first + range.end).next_multiple_of(PAGE) - first).min(self.len);
        // SAFETY: the range lies inside the map, and the caller has no reference to it.
        unsafe {
            let (bytes, count) = (self.ptr.add(start), end - start);
            match &*self.backing {
                Backing::Empty => {}
                Backing::Anonymous { .. } => bytes.write_bytes(0, count),
                Backing::Span { mapping: None, .. } => {
                    fill(&self.origin.mapping(Access::Read, start, count)?, 0, bytes, count)?;
                }
                Backing::Span { span, pad, .. } => {
                    span.advise((pad + start) as u64, count as u64, crate::Advice::DontNeed)?;
                }
                Backing::Copy { mapping, at, .. } => fill(mapping, at + start as u64, bytes, count)?,
                Backing::Stored { stored, .. } => {
                    stored.store(self.ptr, start..end)?;
                    stored.read_again(self.ptr, start..end)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps the pages of the file in memory.
    pub fn lock(&self) -> Result<()> {
        match &*self.backing {
            Backing::Empty => Ok(()),
            Backing::Span { mapping: Some(mapping), .. } => Ok(mapping.mlock()?),
            // The memory of a program is the host's, which may swap it.
            _ => Err(ErrorCode::Unsupported.into()),
        }
    }

    pub fn unlock(&self) -> Result<()> {
        match &*self.backing {
            Backing::Span { mapping: Some(mapping), .. } => Ok(mapping.munlock()?),
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
