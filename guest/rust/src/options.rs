//! The builder of mappings, with the names of `memmap2`.

use std::io::Result;

use crate::generation::{anonymous, File};
use crate::{Access, Mapping, Protection, Sharing, Source};

/// The part of a file to map, and how.
///
/// # Errors
///
/// All functions that map return the error of opening a path, or one of the contract: `bad-descriptor`, `unsupported`
/// (not a regular file), `access-denied`, `empty-file`, `past-end`, `no-memory`, `busy`, `io`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MmapOptions {
    offset: u64,
    len: u64,
}

impl MmapOptions {
    /// Maps the whole file, unless the other methods say more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins at this offset in the file, in bytes. It need not be aligned.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Maps `len` bytes. 0, the default, means to the end of the file.
    #[must_use]
    pub fn len(mut self, len: u64) -> Self {
        self.len = len;
        self
    }

    /// Maps for reading ([`Access::Read`]).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Read)
    }

    /// Maps for reading and writing; changes reach the file ([`Access::Write`]).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_mut(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Write)
    }

    /// Maps for reading and writing; changes stay private ([`Access::Copy`]).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_copy(self, file: &(impl Source + ?Sized)) -> Result<Mapping> {
        self.map_with(file, Access::Copy)
    }

    /// Maps with an access that is known at run time.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_with(self, file: &(impl Source + ?Sized), access: Access) -> Result<Mapping> {
        file.with_descriptor(access == Access::Write, |file| {
            Ok(Mapping::new(file.mmap(self.len, access, self.offset)?))
        })
    }

    /// Maps in the terms of POSIX. A length past the end of the file is allowed: see `mmap-posix` in the contract.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`]. `unsupported` on hosts whose system has no such mappings.
    pub fn map_posix(self, file: &(impl Source + ?Sized), sharing: Sharing, protection: Protection) -> Result<Mapping> {
        let write = sharing == Sharing::Shared && protection.contains(Protection::WRITE);
        file.with_descriptor(write, |file| {
            Ok(Mapping::new(file.mmap_posix(self.len, sharing, protection, self.offset)?))
        })
    }

    /// Maps zero-filled memory of the set length, without a file, for reading and writing.
    ///
    /// # Errors
    ///
    /// `invalid-argument` without a length, or `no-memory`.
    pub fn map_anon(self) -> Result<Mapping> {
        self.map_anon_with(Access::Write)
    }

    /// Maps zero-filled memory with another access. It is private to its holder in any case.
    ///
    /// # Errors
    ///
    /// `invalid-argument` without a length, or `no-memory`.
    pub fn map_anon_with(self, access: Access) -> Result<Mapping> {
        Ok(Mapping::new(anonymous(self.len, access, self.offset)?))
    }
}
