//! Search in windows: memory is bounded by the needle, and time by the range.

use alloc::vec::Vec;
use memchr::memmem::{Finder, FinderRev};

/// The first window is small, for most of what is looked for is near (the end of a line); then they grow.
const SMALLEST: u64 = 4096;
/// As much as hosts give at a time, so that it is searched where they put it, and stays near the processor.
const LARGEST: u64 = 1 << 16;

/// Bytes of a window, fewer than were asked for if one cannot be had.
pub type Read<'a, E> = dyn FnMut(u64, usize) -> Result<Vec<u8>, E> + 'a;

/// What a search came to.
pub enum Found {
    At(u64),
    Nowhere,
    /// A byte that decides cannot be had.
    Lost,
}

struct Windows {
    size: u64,
    largest: u64,
    /// What two windows have in common, so that nothing is missed between them.
    overlap: u64,
}

impl Windows {
    fn new(needle: &[u8]) -> Self {
        let needle = needle.len() as u64;
        // At least as much that is new as is seen again, so that time stays linear.
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

/// The first place of the needle, which is not empty, in `start..end`.
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

/// The last place of the needle, which is not empty, in `start..end`.
pub fn backward<E>(needle: &[u8], start: u64, mut end: u64, read: &mut Read<'_, E>) -> Result<Found, E> {
    // The search forward takes a tenth of the time, and finds out where there is something to find.
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
