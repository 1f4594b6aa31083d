//! The part of a file that is mapped.

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::RawFd;

use super::inner::{Access, Inner};
use super::madvise::POPULATE_READ;
use super::source::MmapAsRawDesc;
use crate::generation::File;

/// The error of a length, in the words of memmap2. They do not stand in the program as one text: by that the commands know a
/// program with memmap2 itself, whose maps fail in WASI.
#[derive(Debug)]
struct Overflow {
    verb: &'static str,
}

impl fmt::Display for Overflow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "memory map length {} isize", self.verb)
    }
}

impl std::error::Error for Overflow {}

/// Checks a length: a slice is at most as long as the largest signed number.
pub fn checked(len: u64) -> Result<usize> {
    match isize::try_from(len) {
        Ok(len) => Ok(len.unsigned_abs()),
        Err(_) => Err(Error::new(ErrorKind::InvalidData, Overflow { verb: "overflows" })),
    }
}

/// The length from an offset to the end of the file.
fn rest(file: &impl File, offset: u64) -> Result<usize> {
    let rest = file.size()?.checked_sub(offset);
    checked(rest.ok_or_else(|| Error::new(ErrorKind::InvalidData, "memory map offset is larger than length"))?)
}

/// The part of a file that is mapped, and how.
#[derive(Clone, Copy)]
pub struct Part {
    pub access: Access,
    pub offset: u64,
    /// None to the end of the file.
    pub len: Option<usize>,
}

impl Part {
    /// Maps the part of an open file. `fd` is its number in the C library, if it has one.
    pub(super) fn of(self, file: &impl File, fd: Option<RawFd>) -> Result<Inner> {
        let len = self.len.map_or_else(|| rest(file, self.offset), |len| checked(len as u64))?;
        Inner::of_file(file, fd, len, self.access, self.offset)
    }
}

/// Maps a part of a file.
pub fn map(file: &impl MmapAsRawDesc, part: Part, populate: bool) -> Result<Inner> {
    let inner = file.map_part(part)?;
    if populate {
        // A native map does not fail for that either.
        // SAFETY: this advice changes no bytes.
        let _ = unsafe { inner.advise(POPULATE_READ, 0, inner.len()) };
    }
    Ok(inner)
}
