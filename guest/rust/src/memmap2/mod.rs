//! Maps that deref to slices, with the names and the meaning of the crate [`memmap2`](https://docs.rs/memmap2/0.9).
//!
//! Where the host has spans, a map is pages of the file inside the memory of the program: a load is a load, a store is a
//! store, and both are the file's at once. Elsewhere, as on the polyfill, it is a copy: it is read when it is made, and a
//! shared map that was changed is stored by `flush` and when it is dropped. The program is the same, and so is what it reads
//! and leaves behind, as long as it does not count on
//!
//! - seeing what others, or this program by other ways, write to the file while it is mapped;
//! - others seeing a change before `flush`, `flush_async` or the end of the map (a map that is never dropped, as in a
//!   `static`, is never stored);
//! - a length past the end of the file, which is `past-end` there.
//!
//! Only bytes that differ from the copy are stored: what others changed elsewhere stays. (Where several changes lie within
//! 64 KiB, the bytes between them are read again right before.) [`Mmap::is_span`] says which of both a map is.
//!
//! ```no_run
//! use wasi_mmap::memmap2::{Mmap, MmapOptions, Wasi};
//!
//! # fn main() -> std::io::Result<()> {
//! // SAFETY: nobody changes the file meanwhile.
//! let text = unsafe { Mmap::map(Wasi("server.log"))? };
//! println!("{} lines", text.iter().filter(|byte| **byte == b'\n').count());
//!
//! // SAFETY: this program alone uses the file.
//! let mut head = unsafe { MmapOptions::new().len(8).map_mut(Wasi("data.bin"))? };
//! head.copy_from_slice(b"version2");
//! head.flush()?;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `std-file` everything that has a file descriptor can be mapped, as in `memmap2`: `Mmap::map(&file)`. A
//! crate that uses `memmap2` is built with `guest/rust/memmap2` in its place.
//!
//! # Safety
//!
//! The functions that make references to a file's bytes are `unsafe` for the same reason as in `memmap2`: Rust takes it that
//! bytes behind `&[u8]` do not change, and those behind `&mut [u8]` not by others, but the file is there for everybody.
//! Who calls promises that nobody, neither this program nor another, changes or cuts the file while references into the map
//! are used. (In a copy nothing changes: the promise is then kept by itself.)
//!
//! That a span is memory of the program's own is what this module sees to: the region is a whole allocation, which nothing
//! else is in; the compiler learns nothing about its bytes before the host has put the file there; and it goes back to the
//! allocator only when the host has taken the file out of it, when a map is dropped. A map that is forgotten keeps both.
//!
//! # What is different from `memmap2`
//!
//! - A load behind the end of a file that was cut gives zeros, where a native program gets `SIGBUS`, and what is stored there
//!   is lost: [`Mmap::faulted`] says so from then on. A copy keeps what it has, and `flush` is a `fault`.
//! - Memory cannot be executed: `map_exec` and `make_exec` are `unsupported`.
//! - [`Mmap::make_mut`] of what was mapped for reading is refused (`PermissionDenied`), also if the file was opened for
//!   writing. After [`MmapMut::make_read_only`] pages are not protected: only the type forbids to change them.
//! - The memory of a program ends at 4 GiB, and a map takes its length of it, in whole steps of 64 KiB in spans.
//! - `lock`, `unlock`, `remap` and `UncheckedAdvice`, which `memmap2` has on Unix only, are not there.

#![allow(clippy::needless_pass_by_value)] // The signatures are memmap2's.

mod inner;
mod span;

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::ops::{Deref, DerefMut};
#[cfg(feature = "std-file")]
use std::os::fd::{AsRawFd, RawFd};

use wasip2::filesystem::types::Descriptor;

use crate::{Access, ErrorCode, Source};
use inner::Inner;

/// What can be mapped: with the feature `std-file` a number of an open file and a reference to anything that has one, such as
/// a [`std::fs::File`]; without it a [`Source`] in [`Wasi`].
pub trait MmapAsRawDesc {
    /// Calls with the descriptor.
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

/// A path, or a descriptor of `wasi:filesystem`, as what is to be mapped: `Mmap::map(Wasi("data.bin"))`. It needs no
/// private table of a C library. (Not in `memmap2`.)
pub struct Wasi<'a, S: Source + ?Sized>(pub &'a S);

impl<S: Source + ?Sized> MmapAsRawDesc for Wasi<'_, S> {
    fn with_descriptor<R>(&self, write: bool, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
        self.0.with_descriptor(write, call)
    }
}

/// How a map will be used. Advice changes speed, never what is read or stored.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Advice {
    /// In no special way, the default.
    Normal,
    /// In no order.
    Random,
    /// From lower to higher addresses.
    Sequential,
    /// Soon.
    WillNeed,
}

impl From<Advice> for crate::Advice {
    fn from(advice: Advice) -> Self {
        match advice {
            Advice::Normal => Self::Normal,
            Advice::Random => Self::Random,
            Advice::Sequential => Self::Sequential,
            Advice::WillNeed => Self::WillNeed,
        }
    }
}

/// Why [`MmapOptions::map_if_safe`] did not map: no file of `wasi:filesystem` can promise that it does not change.
#[derive(Debug)]
pub struct MapIfSafeError(());

impl MapIfSafeError {
    /// Always.
    #[must_use]
    pub fn not_supported(&self) -> bool {
        true
    }

    /// Never.
    #[must_use]
    pub fn not_safe(&self) -> bool {
        false
    }

    /// Never.
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

/// What part of a file to map, and for what.
///
/// # Errors
///
/// Of all functions that map: `InvalidData` if the length is more than a slice can have, or the offset lies past the end of
/// the file and no length is given; `PermissionDenied` if the descriptor has not the rights; `Unsupported` if it is no
/// regular file; `OutOfMemory`; `InvalidInput` if the length reaches past the end of the file and the host knows no such
/// maps (`past-end`), or the number is not open (`bad-descriptor`); else what the host says. [`crate::error_code`] gets the
/// contract's code.
///
/// An empty file, or a length of 0, is an empty slice.
#[derive(Clone, Debug, Default)]
pub struct MmapOptions {
    offset: u64,
    len: Option<usize>,
    populate: bool,
}

impl MmapOptions {
    /// The whole file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins at this byte of the file: any one.
    pub fn offset(&mut self, offset: u64) -> &mut Self {
        self.offset = offset;
        self
    }

    /// Maps so many bytes. Without it a map reaches to the end of the file.
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

    /// A slice is at most as long as the largest signed number.
    fn checked(len: u64) -> Result<usize> {
        match isize::try_from(len) {
            Ok(len) => Ok(len.unsigned_abs()),
            Err(_) => Err(Error::new(ErrorKind::InvalidData, "memory map length overflows isize")),
        }
    }

    fn length_in(&self, file: &Descriptor) -> Result<usize> {
        if let Some(len) = self.len {
            return Self::checked(len as u64);
        }
        let size = file.stat().map_err(crate::file::to_io_error)?.size;
        let rest = size.checked_sub(self.offset);
        Self::checked(
            rest.ok_or_else(|| Error::new(ErrorKind::InvalidData, "memory map offset is larger than length"))?,
        )
    }

    fn of_file(&self, file: &impl MmapAsRawDesc, access: Access) -> Result<Inner> {
        let inner = file.with_descriptor(access == Access::Write, |file| {
            Inner::of_file(file, self.length_in(file)?, access, self.offset)
        })?;
        if self.populate {
            let _ = inner.advise(Advice::WillNeed, 0, inner.len()); // As natively, it does not fail for that.
        }
        Ok(inner)
    }

    /// Maps for reading.
    ///
    /// # Safety
    ///
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        Ok(Mmap { inner: self.of_file(&file, Access::Read)? })
    }

    /// Memory cannot be executed here.
    ///
    /// # Safety
    ///
    /// It always is.
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
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        Ok(MmapMut { inner: self.of_file(&file, Access::Write)? })
    }

    /// Maps for reading and writing; changes stay private. The right to read is enough.
    ///
    /// # Safety
    ///
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_copy<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        Ok(MmapMut { inner: self.of_file(&file, Access::Copy)? })
    }

    /// Maps for reading what [`Mmap::make_mut`] makes a private copy of.
    ///
    /// # Safety
    ///
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_copy_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        Ok(Mmap { inner: self.of_file(&file, Access::Copy)? })
    }

    /// Maps only what cannot change, of which there is nothing here.
    ///
    /// # Errors
    ///
    /// Always: [`MapIfSafeError::not_supported`].
    pub fn map_if_safe<T: MmapAsRawDesc>(&self, _file: T) -> std::result::Result<Mmap, MapIfSafeError> {
        Err(MapIfSafeError(()))
    }

    /// Zero-filled memory without a file.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the length is more than a slice can have, `OutOfMemory`.
    pub fn map_anon(&self) -> Result<MmapMut> {
        Ok(MmapMut { inner: Inner::anonymous(Self::checked(self.len.unwrap_or(0) as u64)?)? })
    }

    /// Maps for reading and writing through pointers; changes reach the file.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        Ok(MmapRaw { inner: self.of_file(&file, Access::Write)? })
    }

    /// Maps for reading through pointers. What is stored through them stays in the map.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        Ok(MmapRaw { inner: self.of_file(&file, Access::Read)? })
    }
}

/// A map that is read. Dropping it unmaps.
pub struct Mmap {
    inner: Inner,
}

/// A map that is read and written. Dropping it unmaps; it does not wait for the storage device.
pub struct MmapMut {
    inner: Inner,
}

/// A map without references to it: what uses its pointers sees to what Rust asks of them.
///
/// `flush` reads the memory of a copy: no `&mut` into it may be in use meanwhile.
pub struct MmapRaw {
    inner: Inner,
}

/// What all of them have.
macro_rules! common {
    ($($type:ident)*) => {$(
        impl $type {
            /// Says how all of it will be used.
            ///
            /// # Errors
            ///
            /// What the host says.
            pub fn advise(&self, advice: Advice) -> Result<()> {
                self.inner.advise(advice, 0, self.inner.len())
            }

            /// Says how a range will be used.
            ///
            /// # Errors
            ///
            /// `InvalidInput` if it does not lie inside, or what the host says.
            pub fn advise_range(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
                self.inner.advise(advice, offset, len)
            }

            /// Whether the bytes are those of the file, and not a copy. (Not in `memmap2`.)
            #[must_use]
            pub fn is_span(&self) -> bool {
                self.inner.is_span()
            }

            /// Whether a page of a span was ever touched that the file had no longer: it is zeros from then on, and what is
            /// stored there is lost. Never of a copy. (Not in `memmap2`.)
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

/// What those have whose changes may reach a file.
macro_rules! flushes {
    ($($type:ident)*) => {$(
        impl $type {
            /// Returns when all changes are on the storage device. Changes of a private copy stay private.
            ///
            /// # Errors
            ///
            /// What the host says: pages that are not there any more, a full or broken disk.
            pub fn flush(&self) -> Result<()> {
                self.inner.flush(0, self.inner.len())
            }

            /// Makes all changes the file's, as they are at once in a span, and does not wait for the storage device.
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
            /// `InvalidInput` if it does not lie inside; as [`flush`](Self::flush).
            pub fn flush_range(&self, offset: usize, len: usize) -> Result<()> {
                self.inner.flush(offset, len)
            }

            /// Makes the changes in a range the file's, and does not wait.
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
    /// Maps a whole file for reading.
    ///
    /// # Safety
    ///
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: as above.
        unsafe { MmapOptions::new().map(file) }
    }

    /// Maps only what cannot change, of which there is nothing here.
    ///
    /// # Errors
    ///
    /// Always: [`MapIfSafeError::not_supported`].
    pub fn map_if_safe<T: MmapAsRawDesc>(file: T) -> std::result::Result<Self, MapIfSafeError> {
        MmapOptions::new().map_if_safe(file)
    }

    /// Allows to change what was made by [`MmapOptions::map_copy_read_only`] or [`MmapMut::make_read_only`].
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for what was mapped for reading.
    pub fn make_mut(self) -> Result<MmapMut> {
        self.inner.check_writable()?;
        Ok(MmapMut { inner: self.inner })
    }
}

impl MmapMut {
    /// Maps a whole file for reading and writing; changes reach the file.
    ///
    /// # Safety
    ///
    /// See [the module](self#safety).
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub unsafe fn map_mut<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        // SAFETY: as above.
        unsafe { MmapOptions::new().map_mut(file) }
    }

    /// Zero-filled memory without a file.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the length is more than a slice can have, `OutOfMemory`.
    pub fn map_anon(length: usize) -> Result<Self> {
        MmapOptions::new().len(length).map_anon()
    }

    /// Ends the changes, and makes them the file's. The pages are not protected: only the type is another one.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn make_read_only(self) -> Result<Mmap> {
        self.flush_async()?;
        Ok(Mmap { inner: self.inner })
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
    /// Maps a whole file for reading and writing through pointers; changes reach the file.
    ///
    /// # Errors
    ///
    /// See [`MmapOptions`].
    pub fn map_raw<T: MmapAsRawDesc>(file: T) -> Result<Self> {
        MmapOptions::new().map_raw(file)
    }

    /// Where it begins. It may be read and, if it was mapped for that, written up to [`len`](Self::len) bytes on.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.inner.ptr()
    }

    /// Where it begins, as a pointer to write through.
    #[must_use]
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.inner.ptr()
    }

    /// How many bytes it has.
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

/// The slice and its like.
macro_rules! derefs {
    ($($type:ident)*) => {$(
        impl Deref for $type {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                // SAFETY: so many bytes are there, initialized by the host or by the copy, for as long as `self` is; that
                // they do not change meanwhile was promised by who made the map.
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
        // SAFETY: as for `deref`; and the map was made for writing, and is borrowed by nobody else.
        unsafe { std::slice::from_raw_parts_mut(self.inner.ptr(), self.inner.len()) }
    }
}

impl AsMut<[u8]> for MmapMut {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}
