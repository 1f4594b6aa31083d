//! Search in windows: the needle bounds the memory, and the range bounds the time.

use alloc::vec::Vec;
use memchr::memmem::{Finder, FinderRev};

/// The first window is small, because most matches are near (the end of a line). Later ones grow.
const SMALLEST: u64 = 4096;
/// The most bytes that hosts return at a time, so a window needs no copy and stays in the processor's cache.
const LARGEST: u64 = 1 << 16;

/// Reads the bytes of a window: fewer than asked for if a page is lost.
pub type Read<'a, E> = dyn FnMut(u64, usize) -> Result<Vec<u8>, E> + 'a;

/// The result of a search.
pub enum Found {
    At(u64),
    Nowhere,
    /// A lost page may hold the match.
    Lost,
}

struct Windows {
    size: u64,
    largest: u64,
    /// The bytes that two windows have in common, so no match between them is missed.
    overlap: u64,
}

impl Windows {
    fn new(needle: &[u8]) -> Self {
        let needle = needle.len() as u64;
        // At least half of a window is new, so the time stays linear.
        Self { size: SMALLEST.max(2 * needle), largest: LARGEST.max(2 * needle), overlap: needle - 1 }
    }

    fn next(&mut self, left: u64) -> usize {
        let length = self.size.min(left);
        self.size = (self.size * 4).min(self.largest);
        #[allow(clippy::cast_possible_truncation)] // Twice the needle or 64 KiB.
        let length = length as usize;
        length
    }
}

/// Finds the first match of a needle, which is not empty, in `start..end`.
pub fn forward<E>(needle: &[u8], mut start: u64, end: u64, read: &mut Read<'_, E>) -> Result<Found, E> {
    let finder = Finder::new(needle);
    let mut windows = Windows::new(needle);
    while end - start >= needle.len() as u64 {
        let length = windows.next(end - start);
        let bytes = read(start, length)?;
        if let Some(at) = finder.find(&bytes) {
            return Ok(Found::At(start + at as u64));
        }
        if bytes.len() < length {
            return Ok(Found::Lost);
        }
        start += length as u64 - windows.overlap;
    }
    Ok(Found::Nowhere)
}

/// Finds the last match of a needle, which is not empty, in `start..end`.
pub fn backward<E>(needle: &[u8], start: u64, mut end: u64, read: &mut Read<'_, E>) -> Result<Found, E> {
    // A search forward takes a tenth of the time, and tells whether the window has a match.
    let (any, last) = (Finder::new(needle), FinderRev::new(needle));
    let mut windows = Windows::new(needle);
    while end - start >= needle.len() as u64 {
        let length = windows.next(end - start);
        let from = end - length as u64;
        let bytes = read(from, length)?;
        if bytes.len() < length {
            return Ok(Found::Lost);
        }
        if let Some(at) = any.find(&bytes).and_then(|_| last.rfind(&bytes)) {
            return Ok(Found::At(from + at as u64));
        }
        end = from + windows.overlap;
    }
    Ok(Found::Nowhere)
}
