//! The bytes of a database, from wherever they come.

use std::io::{ErrorKind, Result};

#[cfg(not(target_os = "wasi"))]
use memmap2::Mmap;
#[cfg(target_os = "wasi")]
use wasi_mmap::memmap2::Mmap;

/// Bytes that are read by their position.
pub trait Source {
    /// The number of bytes.
    fn size(&self) -> u64;

    /// Fills the buffer with the bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` past the end, or the error of the system.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;
}

impl Source for Mmap {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let begin = usize::try_from(offset).map_err(|_| ErrorKind::UnexpectedEof)?;
        let bytes = self.get(begin..).and_then(|rest| rest.get(..buffer.len())).ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

/// Maps a database as memory.
///
/// # Errors
///
/// The error of opening or mapping it.
pub fn memory(path: &str) -> Result<Mmap> {
    let file = std::fs::File::open(path)?;
    // SAFETY: the owner of the database replaces it as a whole, by another file.
    unsafe { Mmap::map(&file) }
}

#[cfg(target_os = "wasi")]
impl Source for wasi_mmap::Mapping {
    fn size(&self) -> u64 {
        self.len()
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

/// A file that is read through `wasi:filesystem`.
#[cfg(target_os = "wasi")]
pub struct File {
    descriptor: wasip2::filesystem::types::Descriptor,
    size: u64,
}

#[cfg(target_os = "wasi")]
impl File {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn open(path: &str) -> Result<Self> {
        let descriptor = wasi_mmap::open(path, wasip2::filesystem::types::DescriptorFlags::READ)?;
        let size = descriptor.stat().map_err(std::io::Error::other)?.size;
        Ok(Self { descriptor, size })
    }
}

#[cfg(target_os = "wasi")]
impl Source for File {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, mut offset: u64, mut buffer: &mut [u8]) -> Result<()> {
        while !buffer.is_empty() {
            let (bytes, _) = self.descriptor.read(buffer.len() as u64, offset).map_err(std::io::Error::other)?;
            if bytes.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let (begin, rest) = buffer.split_at_mut(bytes.len());
            begin.copy_from_slice(&bytes);
            offset += bytes.len() as u64;
            buffer = rest;
        }
        Ok(())
    }
}
