//! The file of a map, which is found again to map more of it.

use std::io::Result;

use super::inner::{Access, ErrorCode};
use crate::file::OfFd;
use crate::generation::{AnyMapping, File};

/// Where the bytes of a map come from. WASI 0.2 has no second descriptor for an open file, so a map remembers the number
/// that the file has in the C library, and what tells that it still is this file.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// Memory without a file.
    Anonymous,
    /// A file without a number.
    Unknown,
    Number {
        fd: i32,
        identity: u64,
        /// The offset of the map's first byte.
        offset: u64,
    },
}

impl Origin {
    pub fn of(file: &impl File, fd: Option<i32>, offset: u64) -> Self {
        let Some(fd) = fd else { return Self::Unknown };
        file.identity().map_or(Self::Unknown, |identity| Self::Number { fd, identity, offset })
    }

    /// Calls with the file, its number and the offset of the map. `bad-descriptor` if it was closed; `unsupported` if it
    /// never had a number.
    pub fn with_file<R>(&self, call: impl FnOnce(&OfFd, i32, u64) -> Result<R>) -> Result<R> {
        let Self::Number { fd, identity, offset } = *self else { return Err(ErrorCode::Unsupported.into()) };
        let mut is_same = false;
        let result = crate::file::with_fd(fd, |file| {
            is_same = file.identity() == Some(identity);
            if is_same {
                call(file, fd, offset)
            } else {
                Err(ErrorCode::BadDescriptor.into())
            }
        });
        if is_same {
            result
        } else {
            result.map_err(|_| ErrorCode::BadDescriptor.into())
        }
    }

    /// Maps a range of the file again.
    pub fn mapping(&self, access: Access, start: usize, len: usize) -> Result<AnyMapping> {
        self.with_file(|file, _, offset| Ok(file.mmap(len as u64, access, offset + start as u64)?))
    }
}
