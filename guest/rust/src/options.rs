//! How to map: the builder of `memmap2`, with the same names.

use std::io::Result;

use crate::bindings::wasi_mmap::mmap::mapping::{mmap, mmap_posix};
use crate::{Access, Mapping, Protection, Sharing, Source};

/// What part of a file to map, and for what.
///
/// Errors of the functions that map are those of opening a path, or of the contract: `bad-descriptor`, `unsupported`
/// (not a regular file), `access-denied`, `empty-file`, `past-end`, `no-memory`, `busy`, `io`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MmapOptions {
    offset: u64,
    len: u64,
}

impl MmapOptions {
    /// The whole file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins at this byte of the file: any one, in bytes.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Maps so many bytes; 0, the default, means to the end of the file.
    #[must_use]
    pub fn len(mut self, len: u64) -> Self {
        self.len = len;
        self
    }

    /// Maps for reading ([`Access::Read`]).
    ///
    /// # Errors
    /// See [`MmapOptions`].
    pub fn map(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Read)
    }

    /// Maps for reading and writing; changes reach the file ([`Access::Write`]).
    ///
    /// # Errors
    /// See [`MmapOptions`].
    pub fn map_mut(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Write)
    }

    /// Maps for reading and writing; changes stay private ([`Access::Copy`]).
    ///
    /// # Errors
    /// See [`MmapOptions`].
    pub fn map_copy(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Copy)
    }

    /// Maps with an access that is known at run time only.
    ///
    /// # Errors
    /// See [`MmapOptions`].
    pub fn map_with(self, file: &(impl Source + ?Sized), access: Access) -> Result<Mapping> {
        file.with_descriptor(access == Access::Write, |file| {
            Ok(Mapping::new(mmap(Some(file), self.len, access, self.offset)?))
        })
    }

    /// Maps in the terms of POSIX: a length past the end of the file is allowed, see `mmap-posix` of the contract.
    ///
    /// # Errors
    /// See [`MmapOptions`]; `unsupported` on hosts whose system knows no such thing.
    pub fn map_posix(self, file: &(impl Source + ?Sized), sharing: Sharing, protection: Protection) -> Result<Mapping> {
        let write = sharing == Sharing::Shared && protection.contains(Protection::WRITE);
        file.with_descriptor(write, |file| {
            Ok(Mapping::new(mmap_posix(Some(file), self.len, sharing, protection, self.offset)?))
        })
    }

    /// Maps zero-filled memory without a file, of the length that was set, to read and write.
    ///
    /// # Errors
    /// `invalid-argument` without a length, or `no-memory`.
    pub fn map_anon(self) -> Result<Mapping> {
        self.map_anon_with(Access::Write)
    }

    /// Maps zero-filled memory with another access: it is private to its holder in any case.
    ///
    /// # Errors
    /// `invalid-argument` without a length, or `no-memory`.
    pub fn map_anon_with(self, access: Access) -> Result<Mapping> {
        Ok(Mapping::new(mmap(None, self.len, access, self.offset)?))
    }
}
