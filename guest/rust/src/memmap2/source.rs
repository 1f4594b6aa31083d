//! The files that can be mapped.

use std::io::Result;
use std::os::fd::RawFd;

use super::inner::{Access, Inner};
use super::length::Part;
use crate::Source;

/// The file that [`MmapAsRawDesc::as_raw_desc`] names: a file descriptor of the C library.
pub struct MmapRawDescriptor(RawFd);

/// A file that can be mapped: a [`Source`] in [`Wasi`], and with the feature `std-file` a file descriptor of the C library
/// or a reference to a type that has one, such as [`std::fs::File`].
pub trait MmapAsRawDesc {
    /// Returns the file descriptor. A [`Wasi`] has none, and can only be mapped itself.
    fn as_raw_desc(&self) -> MmapRawDescriptor;

    /// Maps a part of the file.
    #[doc(hidden)]
    fn map_part(&self, part: Part) -> Result<Inner>
    where
        Self: Sized,
    {
        let MmapRawDescriptor(fd) = self.as_raw_desc();
        crate::file::with_fd(fd, |file| part.of(file, Some(fd)))
    }
}

#[cfg(feature = "std-file")]
impl MmapAsRawDesc for RawFd {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(*self)
    }
}

#[cfg(feature = "std-file")]
impl<T: std::os::fd::AsRawFd> MmapAsRawDesc for &T {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(self.as_raw_fd())
    }
}

/// Maps a path or a descriptor of `wasi:filesystem`: `Mmap::map(Wasi("data.bin"))`. It needs no private table of the C
/// library. (Not in `memmap2`.)
pub struct Wasi<'a, S: Source + ?Sized>(pub &'a S);

impl<S: Source + ?Sized> MmapAsRawDesc for Wasi<'_, S> {
    fn as_raw_desc(&self) -> MmapRawDescriptor {
        MmapRawDescriptor(-1)
    }

    fn map_part(&self, part: Part) -> Result<Inner> {
        self.0.with_descriptor(part.access == Access::Write, |file| part.of(file, None))
    }
}
