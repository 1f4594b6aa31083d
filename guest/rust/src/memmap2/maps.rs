//! The maps: slices, or pointers.

use std::fmt;
use std::io::Result;
use std::ops::{Deref, DerefMut};

use super::advice::Advice;
use super::inner::{ErrorCode, Inner};

/// A map for reading. Dropping it unmaps.
pub struct Mmap {
    pub(super) inner: Inner,
}

/// A map for reading and writing. Dropping it unmaps, and does not wait for the storage device.
pub struct MmapMut {
    pub(super) inner: Inner,
}

/// A map with pointers instead of references: their user keeps the rules of Rust.
///
/// `flush` reads the memory of a copy: no `&mut` into it may be in use meanwhile.
pub struct MmapRaw {
    pub(super) inner: Inner,
}

/// How [`Mmap::remap`] changes the length of a map.
#[derive(Copy, Clone, Default, Debug)]
pub struct RemapOptions {
    may_move: bool,
}

impl RemapOptions {
    /// The map stays at its address, unless the other method says more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the map may move to another address. Owners that rely on `StableDeref` do not expect that.
    #[must_use]
    pub fn may_move(mut self, may_move: bool) -> Self {
        self.may_move = may_move;
        self
    }
}

/// The methods of all maps.
macro_rules! common {
    ($($type:ident)*) => {$(
        impl $type {
            pub(super) fn new(inner: Inner) -> Self {
                Self { inner }
            }

            /// Says how the map will be used.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if the advice is not supported, or the error of the host.
            pub fn advise(&self, advice: Advice) -> Result<()> {
                self.advise_range(advice, 0, self.inner.len())
            }

            /// Says how a range will be used.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if the range does not lie inside the map or the advice is not supported, or the error of the
            /// host.
            pub fn advise_range(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
                // SAFETY: such advice changes no bytes, or its maker has promised that nobody refers to them.
                unsafe { self.inner.advise(advice.number(), offset, len) }
            }

            /// Keeps the pages of the file in memory until [`unlock`](Self::unlock) or the drop of the map.
            ///
            /// # Errors
            ///
            /// `Unsupported` unless the map is a span without private changes; else the error of the host, such as
            /// `access-denied` or `no-memory` (more than the host may lock).
            pub fn lock(&self) -> Result<()> {
                self.inner.lock()
            }

            /// Ends [`lock`](Self::lock). Does nothing on a map that is not locked.
            ///
            /// # Errors
            ///
            /// The error of the host.
            pub fn unlock(&self) -> Result<()> {
                self.inner.unlock()
            }

            /// Gives the map another length, in bytes. The length of the file stays.
            ///
            /// A longer map is mapped anew if it does not fit into the 64 KiB that its last page lies in: the program
            /// needs memory for both, and the file must still be open, under the same file descriptor.
            ///
            /// # Safety
            ///
            /// The bytes past the end of the file, if there are some, are those of
            /// [the whole library](crate::memmap2#what-is-different-from-memmap2).
            ///
            /// # Errors
            ///
            /// `InvalidData` if the length is more than a slice can have; `OutOfMemory` if the map would have to move and
            /// may not; `InvalidInput` (`bad-descriptor`) if the file was closed; `Unsupported` if it was mapped by a
            /// `Wasi`; else as for the functions that map. After an error the map is as before.
            pub unsafe fn remap(&mut self, new_len: usize, options: RemapOptions) -> Result<()> {
                // SAFETY: a reference into the map would be one to `self`.
                unsafe { self.inner.remap(new_len, options.may_move) }
            }

            /// Whether the map is a span, and not a copy. (Not in `memmap2`.)
            #[must_use]
            pub fn is_span(&self) -> bool {
                self.inner.is_span()
            }

            /// Whether a lost page of a span was ever touched: it reads as zeros from then on, and stores there are lost.
            /// Always false for a copy. (Not in `memmap2`.)
            #[must_use]
            pub fn faulted(&self) -> bool {
                self.inner.faulted()
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter
                    .debug_struct(stringify!($type))
                    .field("ptr", &self.inner.ptr().cast_const())
                    .field("len", &self.inner.len())
                    .finish()
            }
        }
    )*};
}

common!(Mmap MmapMut MmapRaw);

/// The methods of maps whose changes may reach a file.
macro_rules! flushes {
    ($($type:ident)*) => {$(
        impl $type {
            /// Returns when all changes are on the storage device. Changes of a private copy stay private.
            ///
            /// # Errors
            ///
            /// The error of the host, such as `fault` (lost pages), `no-space` or `io`.
            pub fn flush(&self) -> Result<()> {
                self.inner.flush(0, self.inner.len())
            }

            /// Stores all changes in the file, where those of a span are at once. Does not wait for the storage device.
            ///
            /// # Errors
            ///
            /// As [`flush`](Self::flush).
            pub fn flush_async(&self) -> Result<()> {
                self.inner.flush_async(0, self.inner.len())
            }

            /// Returns when the changes in a range are on the storage device.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if the range does not lie inside the map; else as [`flush`](Self::flush).
            pub fn flush_range(&self, offset: usize, len: usize) -> Result<()> {
                self.inner.flush(offset, len)
            }

            /// Stores the changes in a range in the file. Does not wait for the storage device.
            ///
            /// # Errors
            ///
            /// As [`flush_range`](Self::flush_range).
            pub fn flush_async_range(&self, offset: usize, len: usize) -> Result<()> {
                self.inner.flush_async(offset, len)
            }
        }
    )*};
}

flushes!(MmapMut MmapRaw);

impl Mmap {
    /// Makes a map writable. A map for reading is mapped anew, which needs a file that is still open and may be written.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` without such a file; else as for the functions that map.
    pub fn make_mut(self) -> Result<MmapMut> {
        Ok(MmapMut::new(self.inner.writable()?))
    }
}

impl MmapMut {
    /// Stores all changes in the file, and returns a map for reading. Its pages are not protected: only the type changes.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn make_read_only(self) -> Result<Mmap> {
        self.flush_async()?;
        Ok(Mmap::new(self.inner))
    }

    /// Memory cannot be executed here.
    ///
    /// # Errors
    ///
    /// `Unsupported`.
    pub fn make_exec(self) -> Result<Mmap> {
        Err(ErrorCode::Unsupported.into())
    }
}

impl MmapRaw {
    /// The address of the first of [`len`](Self::len) bytes.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.inner.ptr()
    }

    /// The address of the first of [`len`](Self::len) bytes. They may be written if the map was made for that.
    #[must_use]
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.inner.ptr()
    }

    /// The size of the map in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // memmap2 has none.
    pub fn len(&self) -> usize {
        self.inner.len()
    }
}

impl From<Mmap> for MmapRaw {
    fn from(map: Mmap) -> Self {
        Self { inner: map.inner }
    }
}

impl From<MmapMut> for MmapRaw {
    fn from(map: MmapMut) -> Self {
        Self { inner: map.inner }
    }
}

/// The maps as slices.
macro_rules! derefs {
    ($($type:ident)*) => {$(
        impl Deref for $type {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                // SAFETY: the memory has `len` bytes, initialized by the host or by the copy, as long as `self` lives. The
                // maker of the map promised that they do not change meanwhile.
                unsafe { std::slice::from_raw_parts(self.inner.ptr(), self.inner.len()) }
            }
        }

        impl AsRef<[u8]> for $type {
            fn as_ref(&self) -> &[u8] {
                self
            }
        }

        // SAFETY: the bytes stay where they are when the map is moved.
        #[cfg(feature = "stable_deref_trait")]
        unsafe impl stable_deref_trait::StableDeref for $type {}
    )*};
}

derefs!(Mmap MmapMut);

impl DerefMut for MmapMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `deref`; the map was made for writing, and `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.inner.ptr(), self.inner.len()) }
    }
}

impl AsMut<[u8]> for MmapMut {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}
