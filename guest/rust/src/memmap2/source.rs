//! The files that can be mapped.

use std::io::Result;
#[cfg(feature = "std-file")]
use std::os::fd::{AsRawFd, RawFd};

use wasip2::filesystem::types::Descriptor;

use crate::file::Source;

/// A file that can be mapped: a [`Source`] in [`Wasi`], and with the feature `std-file` a file descriptor of the C library
/// or a reference to a type that has one, such as [`std::fs::File`].
pub trait MmapAsRawDesc {
    /// Calls with the descriptor of `wasi:filesystem`.
    #[doc(hidden)]
    fn with_descriptor<R>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R>;
}

#[cfg(feature = "std-file")]
impl MmapAsRawDesc for RawFd {
    fn with_descriptor<R>(&self, _write: bool, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
        crate::file::with_fd(*self, call)
    }
}

#[cfg(feature = "std-file")]
impl<T: AsRawFd> MmapAsRawDesc for &T {
    fn with_descriptor<R>(&self, _write: bool, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
        crate::file::with_fd(self.as_raw_fd(), call)
    }
}

/// Maps a path or a descriptor of `wasi:filesystem`: `Mmap::map(Wasi("data.bin"))`. It needs no private table of the C
/// library. (Not in `memmap2`.)
pub struct Wasi<'a, S: Source + ?Sized>(pub &'a S);

impl<S: Source + ?Sized> MmapAsRawDesc for Wasi<'_, S> {
    fn with_descriptor<R>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
        self.0.with_descriptor(write, call)
    }
}
