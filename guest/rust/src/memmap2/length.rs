//! The part of a file that is mapped.

use std::fmt;
use std::io::{Error, ErrorKind, Result};

use wasip2::filesystem::types::Descriptor;

use super::inner::{Access, Inner};
use super::madvise::POPULATE_READ;
use super::source::MmapAsRawDesc;

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
fn rest(file: &Descriptor, offset: u64) -> Result<usize> {
    let size = file.stat().map_err(crate::file::to_io_error)?.size;
    let rest = size.checked_sub(offset);
    checked(rest.ok_or_else(|| Error::new(ErrorKind::InvalidData, "memory map offset is larger than length"))?)
}

/// Maps a part of a file. Without a length it reaches to the end.
pub fn map(
    file: &impl MmapAsRawDesc,
    access: Access,
    offset: u64,
    len: Option<usize>,
    populate: bool,
) -> Result<Inner> {
    let inner = file.with_descriptor(access == Access::Write, |file, fd| {
        let len = len.map_or_else(|| rest(file, offset), |len| checked(len as u64))?;
        Inner::of_file(file, fd, len, access, offset)
    })?;
    if populate {
        // A native map does not fail for that either.
        // SAFETY: this advice changes no bytes.
        let _ = unsafe { inner.advise(POPULATE_READ, 0, inner.len()) };
    }
    Ok(inner)
}
