//! Memory of guests that the crate allocates, where an engine's own cannot hold spans.

use crate::ffi;
use crate::native::Region;
use std::ptr::NonNull;

/// Reserved addresses for the memory of a guest. They are given back by [`Self::release`].
pub struct Memory {
    base: NonNull<u8>,
    reserved: usize,
}

// SAFETY: the addresses belong to the process.
unsafe impl Send for Memory {}
// SAFETY: likewise.
unsafe impl Sync for Memory {}

impl Memory {
    /// Reserves addresses, a multiple of the system's pages. They can be used after [`Self::commit`].
    pub fn reserve(reserved: usize) -> Option<Self> {
        // SAFETY: it takes addresses that nobody uses.
        let base = NonNull::new(unsafe { ffi::wmcore_memory_reserve(reserved as u64) })?.cast();
        Some(Self { base, reserved })
    }

    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub fn contains(&self, region: Region) -> bool {
        let offset = region.address.wrapping_sub(self.base.as_ptr().addr());
        offset <= self.reserved && region.length <= self.reserved - offset
    }

    /// Makes the bytes between the offsets zero-filled memory. Returns false if there is not enough memory.
    pub fn commit(&self, from: usize, to: usize) -> bool {
        assert!(from <= to && to <= self.reserved);
        // SAFETY: the range is reserved, by the line above, and nobody could use it until now.
        unsafe { ffi::wmcore_memory_commit(self.base.as_ptr().add(from).cast(), (to - from) as u64) }
    }

    /// Gives the addresses back.
    ///
    /// # Safety
    ///
    /// Nobody uses the memory again, and the spans in it were abandoned.
    pub unsafe fn release(&self) {
        // SAFETY: the addresses are reserved until here, and the caller promises that nobody uses them again.
        unsafe { ffi::wmcore_memory_release(self.base.as_ptr().cast(), self.reserved as u64) };
    }
}
