//! The advice that can change bytes, of `memmap2` since 0.9.

use std::io::Result;

use super::advice::UncheckedAdvice;
use super::maps::{Mmap, MmapMut, MmapRaw};

macro_rules! unchecked {
    ($($type:ident)*) => {$(
        impl $type {
            /// Says how the map will be used, and may change its bytes.
            ///
            /// # Safety
            ///
            /// No reference into the map is in use.
            ///
            /// # Errors
            ///
            /// As for [`unchecked_advise_range`](Self::unchecked_advise_range).
            pub unsafe fn unchecked_advise(&self, advice: UncheckedAdvice) -> Result<()> {
                // SAFETY: the caller has no reference into the map.
                unsafe { self.unchecked_advise_range(advice, 0, self.inner.len()) }
            }

            /// Says how a range, widened to pages of 4096 bytes, will be used, and may change its bytes.
            ///
            /// # Safety
            ///
            /// No reference into these pages is in use.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if the range does not lie inside the map or the advice is not supported (`Free` for a file,
            /// `Remove` for all). For `DontNeed` in a span with private changes, the file must still be open: else it is
            /// `InvalidInput` (`bad-descriptor`). Else the error of the host.
            pub unsafe fn unchecked_advise_range(
                &self,
                advice: UncheckedAdvice,
                offset: usize,
                len: usize,
            ) -> Result<()> {
                // SAFETY: the caller has no reference into the range.
                unsafe { self.inner.advise(advice.number(), offset, len) }
            }
        }
    )*};
}

unchecked!(Mmap MmapMut MmapRaw);
