//! Search in windows: memory is bounded by the needle, and time by the range.

use alloc::vec::Vec;
use memchr::memmem::{Finder, FinderRev};

/// The first window is small, for most of what is looked for is near (the end of a line); then they grow.
const SMALLEST: u64 = 4096;
const LARGEST: u64 = 1 << 20;

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
    /// What two windows have in common, so that nothing is missed between them.
    overlap: u64,
}

impl Windows {
    fn new(needle: &[u8]) -> Self {
        // At least as much that is new as is seen again, so that time stays linear.
        Self { size: SMALLEST.max(needle.len() as u64), overlap: needle.len() as u64 - 1 }
    }

    fn next(&mut self, left: u64) -> usize {
        let length = (self.size + self.overlap).min(left);
        self.size = (self.size * 4).min(LARGEST.max(self.overlap + 1));
        #[allow(clippy::cast_possible_truncation)] // Twice the needle or a megabyte.
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
    let finder = FinderRev::new(needle);
    let mut windows = Windows::new(needle);
    while end - start >= needle.len() as u64 {
        let length = windows.next(end - start);
        let from = end - length as u64;
        let bytes = read(from, length)?;
        if bytes.len() < length {
            return Ok(Found::Lost);
        }
        if let Some(at) = finder.rfind(&bytes) {
            return Ok(Found::At(from + at as u64));
        }
        end = from + windows.overlap;
    }
    Ok(Found::Nowhere)
}
