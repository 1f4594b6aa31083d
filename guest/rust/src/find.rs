//! Search for needles that are longer than a list may be, in linear time: the host finds the first place where the needle
//! could be, and from there this program compares what it reads, as Knuth, Morris and Pratt do
//! (<https://doi.org/10.1137/0206024>). A search backward is one forward of which all bytes come in reverse order.

use crate::fill::{fill, LONGEST_LIST};
use crate::generation::AnyMapping;
use crate::ErrorCode;

/// The bytes that are read at a time.
const WINDOW: usize = 1 << 20;

/// From where to where a search goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

type Found = Result<Option<u64>, ErrorCode>;

/// Finds a needle in `start..end`.
pub fn find(mapping: &AnyMapping, needle: &[u8], start: u64, end: u64, direction: Direction) -> Found {
    if needle.len() <= LONGEST_LIST {
        return find_list(mapping, needle, start, end, direction);
    }
    let end = end.min(mapping.length());
    // In too short a range the host still checks the rights.
    let is_short = end.checked_sub(needle.len() as u64).is_none_or(|last| last < start);
    let start = if is_short { end } else { start };
    let piece = match direction {
        Direction::Forward => &needle[..LONGEST_LIST],
        Direction::Backward => &needle[needle.len() - LONGEST_LIST..],
    };
    let Some(first) = find_list(mapping, piece, start, end, direction)? else { return Ok(None) };
    let (start, end) = match direction {
        Direction::Forward => (first, end),
        Direction::Backward => (start, first + LONGEST_LIST as u64),
    };
    LongNeedle::new(needle, direction)?.find(mapping, start, end)
}

fn find_list(mapping: &AnyMapping, needle: &[u8], start: u64, end: u64, direction: Direction) -> Found {
    match direction {
        Direction::Forward => mapping.find(needle, start, end),
        Direction::Backward => mapping.rfind(needle, start, end),
    }
}

fn zeros<T: Clone + Default>(length: usize) -> Result<Vec<T>, ErrorCode> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(length).map_err(|_| ErrorCode::NoMemory)?;
    vector.resize(length, T::default());
    Ok(vector)
}

struct LongNeedle<'a> {
    bytes: &'a [u8],
    direction: Direction,
    /// Of each start of the needle, the length of the longest shorter one that ends it.
    borders: Vec<u32>,
}

impl<'a> LongNeedle<'a> {
    fn new(bytes: &'a [u8], direction: Direction) -> Result<Self, ErrorCode> {
        let mut needle = Self { bytes, direction, borders: zeros(bytes.len())? };
        let mut matched = 0;
        for at in 1..bytes.len() {
            matched = needle.matched(matched, needle.byte(at));
            needle.borders[at] = u32::try_from(matched).map_err(|_| ErrorCode::NoMemory)?;
        }
        Ok(needle)
    }

    fn byte(&self, at: usize) -> u8 {
        match self.direction {
            Direction::Forward => self.bytes[at],
            Direction::Backward => self.bytes[self.bytes.len() - 1 - at],
        }
    }

    /// How much of the needle matches after one more byte, if `matched` bytes did before.
    fn matched(&self, mut matched: usize, byte: u8) -> usize {
        while matched > 0 && self.byte(matched) != byte {
            matched = self.borders[matched - 1] as usize;
        }
        matched + usize::from(self.byte(matched) == byte)
    }

    /// Compares the bytes from one end of `start..end` to the other, as far as the needle can lie there.
    fn find(&self, mapping: &AnyMapping, mut start: u64, mut end: u64) -> Found {
        let mut window = zeros::<u8>(WINDOW)?;
        let mut step = WINDOW;
        let mut matched = 0;
        while end - start >= (self.bytes.len() - matched) as u64 {
            let count = usize::try_from(end - start).map_or(step, |rest| rest.min(step));
            let forward = self.direction == Direction::Forward;
            let at = if forward { start } else { end - count as u64 };
            let window = &mut window[..count];
            // SAFETY: the window is borrowed for the call.
            match unsafe { fill(mapping, at, window.as_mut_ptr(), count) } {
                // Bytes before the lost page may complete the needle.
                Err(ErrorCode::Fault) if step > 1 => {
                    step /= 2;
                    continue;
                }
                other => other?,
            }
            for i in 0..count {
                matched = self.matched(matched, window[if forward { i } else { count - 1 - i }]);
                if matched == self.bytes.len() {
                    let passed = i as u64 + 1;
                    return Ok(Some(if forward { start + passed - matched as u64 } else { end - passed }));
                }
            }
            if forward {
                start += count as u64;
            } else {
                end -= count as u64;
            }
        }
        Ok(None)
    }
}
