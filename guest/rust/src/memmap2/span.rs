//! Spans in pieces.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::fill::LONGEST_LIST;
use crate::generation::{AnyMapping, AnySpan, File};
use crate::{Advice, ErrorCode};

/// A region that shows pages of a file: spans of [`LONGEST_LIST`] bytes each, the last of which may be shorter.
pub struct Span {
    pieces: Vec<AnySpan>,
    length: u64,
}

impl Span {
    /// The pieces that a range touches, each with the part of the range in it.
    fn pieces(&self, offset: u64, length: u64) -> impl Iterator<Item = (&AnySpan, Range<u64>)> {
        let end = offset.saturating_add(length).min(self.length);
        self.pieces.iter().zip((0_u64..).step_by(LONGEST_LIST)).filter_map(move |(piece, start)| {
            let range = offset.max(start) - start..end.min(start + LONGEST_LIST as u64).saturating_sub(start);
            (!range.is_empty()).then_some((piece, range))
        })
    }

    /// Flushes all pieces, and returns the first error.
    pub fn flush(&self, offset: u64, length: u64) -> Result<(), ErrorCode> {
        let flushed =
            self.pieces(offset, length).map(|(piece, range)| piece.flush(range.start, range.end - range.start));
        flushed.fold(Ok(()), Result::and)
    }

    pub fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), ErrorCode> {
        self.pieces(offset, length)
            .try_for_each(|(piece, range)| piece.advise(range.start, range.end - range.start, advice))
    }

    #[allow(clippy::redundant_closure_for_method_calls)] // With both generations the method is that of a trait.
    pub fn faulted(&self) -> bool {
        self.pieces.iter().any(|piece| piece.faulted())
    }
}

/// The alignment of regions and offsets in bytes; none where the host has no spans.
pub fn granularity<D: File>() -> Option<usize> {
    Some(NonZeroU32::new(D::granularity()?)?.get() as usize)
}

/// Attaches the pages of a mapping, from `offset`, to a region. After an error, a region of several pieces may have lost
/// bytes.
///
/// # Safety
///
/// The mapping is of such a descriptor. The caller has allocated the region, nobody else uses it, and it is not freed before the span is dropped.
pub unsafe fn attach<D: File>(
    mapping: &AnyMapping,
    offset: u64,
    region: *mut u8,
    length: usize,
) -> Result<Span, ErrorCode> {
    let mut pieces = Vec::new();
    // The last piece first: the host refuses a range that reaches too far before anything has changed.
    for start in (0..length.max(1)).step_by(LONGEST_LIST).rev() {
        // SAFETY: the piece lies in the region.
        let piece =
            unsafe { D::attach(mapping, offset + start as u64, region.add(start), LONGEST_LIST.min(length - start))? };
        pieces.push(piece);
    }
    pieces.reverse();
    Ok(Span { pieces, length: length as u64 })
}
