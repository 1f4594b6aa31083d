//! The builder, and the short forms of what it does.

use std::fmt;
use std::io::{Error, ErrorKind, Result};

use super::inner::{Access, ErrorCode, Inner};
use super::length::{self, Part};
use super::maps::{Mmap, MmapMut, MmapRaw};
use super::MmapAsRawDesc;

/// The part of a file to map, and how.
///
/// # Errors
///
/// All functions that map return: `InvalidData` if the length is more than a slice can have, or the offset lies past the end
/// of the file and no length is given; `PermissionDenied` if the descriptor lacks the rights; `Unsupported` if the file is
/// not regular; `OutOfMemory`; `InvalidInput` if the length reaches past the end of the file and the host has no such maps
/// (`past-end`), or the file descriptor is not open (`bad-descriptor`); else the error of the host. [`crate::error_code`]
/// gets the contract's code.
///
/// An empty file, or a length of 0, is an empty slice.
#[derive(Clone, Debug, Default)]
pub struct MmapOptions {
    offset: u64,
    len: Option<usize>,
    populate: bool,
}

impl MmapOptions {
    /// Maps the whole file, unless the other methods say more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins at this offset in the file, in bytes. It need not be aligned.
    pub fn offset(&mut self, offset: u64) -> &mut Self {
        self.offset = offset;
        self
    }

    /// Maps `len` bytes. By default a map reaches to the end of the file.
    pub fn len(&mut self, len: usize) -> &mut Self {
        self.len = Some(len);
        self
    }

    /// Loads the pages when they are mapped.
    pub fn populate(&mut self) -> &mut Self {
        self.populate = true;
        self
    }

    /// Has no effect here.
    pub fn stack(&mut self) -> &mut Self {
        self
    }

    /// Has no effect here.
    pub fn huge(&mut self, _page_bits: Option<u8>) -> &mut Self {
        self
    }

    /// Has no effect here.
    pub fn no_reserve_swap(&mut self) -> &mut Self {
        self
    }

    /// Has no effect here.
    pub fn no_probe_handle(&mut self) -> &mut Self {
        self
    }

    fn of_file(&self, file: &impl MmapAsRawDesc, access: Access) -> Result<Inner> {
        length::map(file, Part { access, offset: self.offset, len: self.len }, self.populate)
    }

    /// Maps for reading.
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        Ok(Mmap::new(self.of_file(&file, Access::Read)?))
    }

    /// Memory cannot be executed here.
    ///
    /// # Safety
    ///
    /// It never maps.
    ///
    /// # Errors
    ///
    /// `Unsupported`.
    pub unsafe fn map_exec<T: MmapAsRawDesc>(&self, _file: T) -> Result<Mmap> {
        Err(ErrorCode::Unsupported.into())
    }

    /// Maps for reading and writing; changes reach the file.
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        Ok(MmapMut::new(self.of_file(&file, Access::Write)?))
    }

    /// Maps for reading and writing; changes stay private. The right to read is enough.
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_copy<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        Ok(MmapMut::new(self.of_file(&file, Access::Copy)?))
    }

    /// Maps for reading, as [`map_copy`](Self::map_copy) does for [`Mmap::make_mut`].
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_copy_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        Ok(Mmap::new(self.of_file(&file, Access::Copy)?))
    }

    /// Maps only files that cannot change, of which there are none here.
    ///
    /// # Errors
    ///
    /// Always: [`MapIfSafeError::not_supported`].
    pub fn map_if_safe<T: MmapAsRawDesc>(&self, _file: T) -> std::result::Result<Mmap, MapIfSafeError> {
        Err(MapIfSafeError(()))
    }

    /// Maps zero-filled memory without a file.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the length is more than a slice can have, `OutOfMemory`.
    pub fn map_anon(&self) -> Result<MmapMut> {
        Ok(MmapMut::new(Inner::anonymous(length::checked(self.len.unwrap_or(0) as u64)?)?))
    }

    /// Maps for reading and writing through pointers; changes reach the file.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        Ok(MmapRaw::new(self.of_file(&file, Access::Write)?))
    }

    /// Maps for reading through pointers. Stores through them stay in the map.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        Ok(MmapRaw::new(self.of_file(&file, Access::Read)?))
    }
}

/// The error of [`MmapOptions::map_if_safe`]: `wasi:filesystem` cannot promise that a file does not change.
pub struct MapIfSafeError(());

impl fmt::Debug for MapIfSafeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NotSupported")
    }
}

impl MapIfSafeError {
    /// Always true.
    #[must_use]
    pub fn not_supported(&self) -> bool {
        true
    }

    /// Always false.
    #[must_use]
    pub fn not_safe(&self) -> bool {
        false
    }

    /// Always false.
    #[must_use]
    pub fn map_failed(&self) -> bool {
        false
    }
}

impl std::error::Error for MapIfSafeError {}

impl fmt::Display for MapIfSafeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::from(ErrorKind::Unsupported).fmt(formatter)
    }
}

impl From<MapIfSafeError> for Error {
    fn from(_: MapIfSafeError) -> Self {
        ErrorKind::Unsupported.into()
    }
}

impl Mmap {
    /// Maps a whole file for reading.
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller keeps the rules.
        unsafe { MmapOptions::new().map(file) }
    }

    /// Maps only files that cannot change, of which there are none here.
    ///
    /// # Errors
    ///
    /// Always: [`MapIfSafeError::not_supported`].
    pub fn map_if_safe<T: MmapAsRawDesc>(file: T) -> std::result::Result<Self, MapIfSafeError> {
        MmapOptions::new().map_if_safe(file)
    }
}

impl MmapMut {
    /// Maps a whole file for reading and writing; changes reach the file.
    ///
    /// # Safety
    ///
    /// See [the module](crate::memmap2#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: the caller keeps the rules.
        unsafe { MmapOptions::new().map_mut(file) }
    }

    /// Maps zero-filled memory without a file.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the length is more than a slice can have, `OutOfMemory`.
    pub fn map_anon(length: usize) -> Result<Self> {
        MmapOptions::new().len(length).map_anon()
    }
}

impl MmapRaw {
    /// Maps a whole file for reading and writing through pointers; changes reach the file.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        MmapOptions::new().map_raw(file)
    }
}
