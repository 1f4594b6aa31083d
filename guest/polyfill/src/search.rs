//! Search in windows: the needle bounds the memory, and the range bounds the time.

use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::file::zeros;
use alloc::vec::Vec;
use memchr::memmem::{Finder, FinderRev};

/// The first window is small, because most matches are near (the end of a line). Later ones grow.
const SMALLEST: u64 = 4096;
const GROWTH: u64 = 16;

/// Reads the bytes of a window, and returns their number: less than there is room for if a page is lost.
pub type Read<'a> = dyn FnMut(u64, &mut [u8]) -> Result<usize, ErrorCode> + 'a;

/// The result of a search.
pub enum Found {
    At(u64),
    Nowhere,
    /// A lost page may hold the match.
    Lost,
}

struct Windows {
    bytes: Vec<u8>,
    /// The new bytes of the next window.
    size: u64,
    largest: u64,
    /// The bytes that two windows have in common, so no match between them is missed. They are read once, so that reads stay
    /// on the boundaries of pages.
    overlap: usize,
    /// The bytes of the next window that are there.
    kept: usize,
}

impl Windows {
    fn new(needle: &[u8], largest: u64) -> Self {
        let length = needle.len() as u64;
        // As many bytes are new as the needle has at least, so the time stays linear.
        let (size, largest) = (SMALLEST.max(length), largest.max(length));
        Self { bytes: Vec::new(), size, largest, overlap: needle.len() - 1, kept: 0 }
    }

    /// The next window of a range with so many bytes left, and how many of its bytes are kept: they are at its start.
    fn next(&mut self, left: u64) -> Result<(&mut [u8], usize), ErrorCode> {
        #[allow(clippy::cast_possible_truncation)] // Twice the needle, or with it a window.
        let length = (self.kept as u64 + self.size).min(left) as usize;
        self.size = (self.size * GROWTH).min(self.largest);
        if self.bytes.len() < length {
            let mut bytes = zeros(length)?;
            bytes[..self.kept].copy_from_slice(&self.bytes[..self.kept]);
            self.bytes = bytes;
        }
        let kept = self.kept;
        self.kept = self.overlap;
        Ok((&mut self.bytes[..length], kept))
    }
}

/// Finds the first match of a needle, which is not empty, in `start..end`.
///
/// A window has at most `largest` new bytes, or those of the needle.
pub fn forward(needle: &[u8], mut start: u64, end: u64, largest: u64, read: &mut Read<'_>) -> Result<Found, ErrorCode> {
    let finder = Finder::new(needle);
    let mut windows = Windows::new(needle, largest);
    while end - start >= needle.len() as u64 {
        let overlap = windows.overlap;
        let (window, kept) = windows.next(end - start)?;
        let there = kept + read(start + kept as u64, &mut window[kept..])?;
        if let Some(at) = finder.find(&window[..there]) {
            return Ok(Found::At(start + at as u64));
        }
        if there < window.len() {
            return Ok(Found::Lost);
        }
        window.copy_within(there - overlap.., 0);
        start += (there - overlap) as u64;
    }
    Ok(Found::Nowhere)
}

/// Finds the last match of a needle, which is not empty, in `start..end`.
///
/// A window has at most `largest` new bytes, or those of the needle.
pub fn backward(
    needle: &[u8],
    start: u64,
    mut end: u64,
    largest: u64,
    read: &mut Read<'_>,
) -> Result<Found, ErrorCode> {
    // A search forward takes a tenth of the time, and tells whether the window has a match.
    let (any, last) = (Finder::new(needle), FinderRev::new(needle));
    let mut windows = Windows::new(needle, largest);
    while end - start >= needle.len() as u64 {
        let overlap = windows.overlap;
        let (window, kept) = windows.next(end - start)?;
        let new = window.len() - kept;
        window.copy_within(..kept, new);
        let from = end - window.len() as u64;
        if read(from, &mut window[..new])? < new {
            return Ok(Found::Lost);
        }
        if let Some(at) = any.find(window).and_then(|_| last.rfind(window)) {
            return Ok(Found::At(from + at as u64));
        }
        end = from + overlap as u64;
    }
    Ok(Found::Nowhere)
}
