//! Maps that change their size or their access.

use std::io::Result;

use super::copied::BLOCK;
use super::inner::{Access, Backing, ErrorCode, Inner};
use super::length::checked;
use super::memory::PAGE;
use super::origin::Origin;

impl Inner {
    /// How many bytes the map can have where it is.
    fn room(&self) -> usize {
        match &*self.backing {
            Backing::Empty | Backing::Copy { .. } | Backing::Stored { .. } => self.len,
            Backing::Anonymous { memory } => memory.len(),
            Backing::Span { pad, memory, .. } => memory.len() - pad,
        }
    }

    /// Gives the map another length. Its bytes move only if `may_move`. After an error it is as before.
    ///
    /// # Safety
    ///
    /// No reference to the bytes of the map is in use.
    ///
    /// # Errors
    ///
    /// See [`Mmap::remap`](super::Mmap::remap).
    pub unsafe fn remap(&mut self, len: usize, may_move: bool) -> Result<()> {
        let len = checked(len as u64)?;
        if len <= self.len {
            return self.shrink(len);
        }
        if len > self.room() {
            if !may_move {
                return Err(ErrorCode::NoMemory.into());
            }
            *self = self.longer(len)?;
        }
        self.len = len;
        Ok(())
    }

    fn shrink(&mut self, len: usize) -> Result<()> {
        self.flush_async(len, self.len - len)?;
        match &mut *self.backing {
            Backing::Anonymous { .. } => {
                let kept = len.next_multiple_of(PAGE).min(self.len);
                // SAFETY: these bytes are the map's, and `&mut self` is the only reference.
                unsafe { self.ptr.add(kept).write_bytes(0, self.len - kept) };
            }
            Backing::Stored { stored, .. } => stored.truncate(len),
            Backing::Empty | Backing::Span { .. } | Backing::Copy { .. } => {}
        }
        self.len = len;
        Ok(())
    }

    /// The same map with more bytes, elsewhere.
    fn longer(&self, len: usize) -> Result<Self> {
        if let Origin::Anonymous = self.origin {
            let new = Self::anonymous(len)?;
            // SAFETY: both have so many bytes, and nobody has seen the new ones.
            unsafe { new.ptr.copy_from_nonoverlapping(self.ptr, self.len) };
            return Ok(new);
        }
        self.flush_async(0, self.len)?;
        let new = self.origin.with_file(|file, fd, offset| Self::of_file(file, Some(fd), len, self.access, offset))?;
        if self.access == Access::Copy {
            for start in (0..self.len).step_by(BLOCK) {
                let count = BLOCK.min(self.len - start);
                // SAFETY: both have these bytes, and nobody else uses the new ones.
                unsafe {
                    let old = std::slice::from_raw_parts(self.ptr.add(start), count);
                    let new = std::slice::from_raw_parts_mut(new.ptr.add(start), count);
                    // Pages without a change stay those of the file.
                    if *new != *old {
                        new.copy_from_slice(old);
                    }
                }
            }
        }
        Ok(new)
    }

    /// The map with bytes that may be changed. A map for reading becomes another one, elsewhere, if its file is still open
    /// for writing.
    ///
    /// # Errors
    ///
    /// `read-only` if the file is not; else as for the functions that map.
    pub fn writable(self) -> Result<Self> {
        if self.access != Access::Read || self.len == 0 {
            return Ok(self);
        }
        let write = |file: &_, fd, offset| Self::of_file(file, Some(fd), self.len, Access::Write, offset);
        self.origin.with_file(write).map_err(|error| match crate::error_code(&error) {
            Some(ErrorCode::AccessDenied | ErrorCode::BadDescriptor | ErrorCode::Unsupported) => {
                ErrorCode::ReadOnly.into()
            }
            _ => error,
        })
    }
}
