//! Spans, with an `attach` that takes a pointer instead of a reference, and in pieces.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::bindings::wasi_mmap::mmap::mapping::{Advice, ErrorCode, Mapping};
use crate::bindings::wasi_mmap::mmap::span::{self, Span as Piece};
use crate::fill::LONGEST_LIST;

/// A region that shows pages of a file: spans of [`LONGEST_LIST`] bytes each, the last of which may be shorter.
pub struct Span {
    pieces: Vec<Piece>,
    length: u64,
}

impl Span {
    /// The pieces that a range touches, each with the part of the range in it.
    fn pieces(&self, offset: u64, length: u64) -> impl Iterator<Item = (&Piece, Range<u64>)> {
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

    pub fn faulted(&self) -> bool {
        self.pieces.iter().any(Piece::faulted)
    }
}

/// The alignment of regions and offsets in bytes; none where the host has no spans.
pub fn granularity() -> Option<usize> {
    Some(NonZeroU32::new(span::granularity()?)?.get() as usize)
}

/// `result<span, error-code>` in the canonical ABI.
#[repr(C)]
struct Outcome {
    is_error: u8,
    /// The handle, or the error in its first byte.
    value: u32,
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "wasi-mmap:mmap/span@0.2.0")]
extern "C" {
    #[link_name = "attach"]
    fn raw_attach(mapping: u32, offset: u64, region: *mut u8, length: usize, outcome: *mut Outcome);
}

/// Other targets only compile the documentation.
#[cfg(not(target_arch = "wasm32"))]
unsafe fn raw_attach(_: u32, _: u64, _: *mut u8, _: usize, _: *mut Outcome) {
    unreachable!()
}

/// Attaches one piece.
///
/// The generated function takes `&[u8]`, which would promise that the bytes are initialized and that the call does not
/// change them: the compiler could then use old values for later loads.
///
/// # Safety
///
/// As for [`attach`].
unsafe fn attach_piece(mapping: &Mapping, offset: u64, region: *mut u8, length: usize) -> Result<Piece, ErrorCode> {
    let mut outcome = Outcome { is_error: 1, value: 0 };
    // SAFETY: this is the signature of the function in the canonical ABI, and the caller owns the region.
    unsafe { raw_attach(mapping.handle(), offset, region, length, &raw mut outcome) };
    if outcome.is_error == 0 {
        // SAFETY: the host has just returned this handle.
        Ok(unsafe { Piece::from_handle(outcome.value) })
    } else {
        // SAFETY: the host's error is a case of the enumeration, whose number is a byte.
        Err(unsafe { ErrorCode::_lift(outcome.value.to_le_bytes()[0]) })
    }
}

/// Attaches the pages of a mapping, from `offset`, to a region. After an error, a region of several pieces may have lost
/// bytes.
///
/// # Safety
///
/// The caller has allocated the region, nobody else uses it, and it is not freed before the span is dropped.
pub unsafe fn attach(mapping: &Mapping, offset: u64, region: *mut u8, length: usize) -> Result<Span, ErrorCode> {
    let mut pieces = Vec::new();
    // The last piece first: the host refuses a range that reaches too far before anything has changed.
    for start in (0..length.max(1)).step_by(LONGEST_LIST).rev() {
        // SAFETY: the piece lies in the region.
        let piece = unsafe {
            attach_piece(mapping, offset + start as u64, region.add(start), LONGEST_LIST.min(length - start))?
        };
        pieces.push(piece);
    }
    pieces.reverse();
    Ok(Span { pieces, length: length as u64 })
}
