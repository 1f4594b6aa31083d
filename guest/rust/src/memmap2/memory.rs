//! Allocations for maps.

use std::alloc::{alloc, alloc_zeroed, dealloc, Layout};

use super::pages;
use crate::ErrorCode;

/// The alignment of maps where there are no spans: programs rely on that of pages.
pub const PAGE: usize = 4096;

/// From this size on memory is not the allocator's, see [`pages`].
const LARGE: usize = 1 << 20;

/// The size in whole pages of large memory; none for other memory.
fn pages_of(layout: Layout) -> Option<usize> {
    let is_large = layout.size() >= LARGE && layout.align() <= pages::PAGE;
    is_large.then(|| layout.size().checked_next_multiple_of(pages::PAGE))?
}

/// An allocation.
pub struct Memory {
    base: *mut u8,
    layout: Layout,
}

impl Memory {
    /// Allocates `length` bytes, which are uninitialized unless `zero` is set.
    pub fn new(length: usize, alignment: usize, zero: bool) -> Result<Self, ErrorCode> {
        let layout = Layout::from_size_align(length, alignment).map_err(|_| ErrorCode::NoMemory)?;
        assert!(length > 0, "an allocation has bytes");
        if let Some(size) = pages_of(layout) {
            let (base, used) = pages::take(size).ok_or(ErrorCode::NoMemory)?;
            if zero {
                // SAFETY: the pages are the taker's, and at least `used` bytes.
                unsafe { base.write_bytes(0, used) };
            }
            return Ok(Self { base, layout });
        }
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

    pub fn base(&self) -> *mut u8 {
        self.base
    }

    /// The size in bytes.
    pub fn len(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(size) = pages_of(self.layout) {
            return pages::give(self.base, size);
        }
        // SAFETY: it was allocated with this layout, and its owner has no pointer into it after the drop.
        unsafe { dealloc(self.base, self.layout) }
    }
}
