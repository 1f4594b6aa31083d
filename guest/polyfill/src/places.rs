//! The places of bytes: memory of the polyfill itself, or, where it lies inside the guest's component, that of the guest.

use crate::bindings::wasi::filesystem::types::ErrorCode;
use crate::file::File;
use core::ops::Range;

/// A place that bytes of a file are read to. All parts lie inside of it.
pub trait Room<F> {
    fn length(&self) -> usize;
    /// Reads bytes of a file from `offset` into a part, as many as the host chooses. Returns their number, and whether the
    /// file ends there.
    fn read(&mut self, part: Range<usize>, file: &F, offset: u64) -> Result<(usize, bool), ErrorCode>;
    fn put(&mut self, at: usize, bytes: &[u8]);
    fn clear(&mut self, part: Range<usize>);
}

/// A place that bytes are written from. All parts lie inside of it.
pub trait Bytes<F> {
    fn length(&self) -> usize;
    /// Writes a part to a file at `offset`, as many bytes as the host chooses. Returns their number.
    fn write(&self, part: Range<usize>, file: &F, offset: u64) -> Result<u64, ErrorCode>;
    /// Copies the bytes from `at` on.
    fn get(&self, at: usize, room: &mut [u8]);
}

impl<F: File, B: AsRef<[u8]> + AsMut<[u8]> + ?Sized> Room<F> for B {
    fn length(&self) -> usize {
        self.as_ref().len()
    }

    fn read(&mut self, part: Range<usize>, file: &F, offset: u64) -> Result<(usize, bool), ErrorCode> {
        file.read(offset, &mut self.as_mut()[part])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.as_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn clear(&mut self, part: Range<usize>) {
        self.as_mut()[part].fill(0);
    }
}

impl<F: File, B: AsRef<[u8]> + ?Sized> Bytes<F> for B {
    fn length(&self) -> usize {
        self.as_ref().len()
    }

    fn write(&self, part: Range<usize>, file: &F, offset: u64) -> Result<u64, ErrorCode> {
        file.write(offset, &self.as_ref()[part])
    }

    fn get(&self, at: usize, room: &mut [u8]) {
        room.copy_from_slice(&self.as_ref()[at..at + room.len()]);
    }
}
