//! Spans, with the one call that no reference may stand for.

use std::num::NonZeroU32;

use crate::bindings::wasi_mmap::mmap::mapping::Mapping;
use crate::bindings::wasi_mmap::mmap::span;
use crate::ErrorCode;

pub use span::Span;

/// What regions and offsets are multiples of, in bytes, where the host has spans.
pub fn granularity() -> Option<usize> {
    Some(NonZeroU32::new(span::granularity()?)?.get() as usize)
}

/// What the canonical ABI makes of `result<span, error-code>`.
#[repr(C)]
struct Outcome {
    is_error: u8,
    /// The handle, or in its first byte the error.
    value: u32,
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "wasi-mmap:mmap/span@0.2.0")]
extern "C" {
    #[link_name = "attach"]
    fn raw_attach(mapping: u32, offset: u64, region: *mut u8, length: usize, outcome: *mut Outcome);
}

/// There are no components elsewhere, only documentation that is compiled.
#[cfg(not(target_arch = "wasm32"))]
unsafe fn raw_attach(_: u32, _: u64, _: *mut u8, _: usize, _: *mut Outcome) {
    unreachable!()
}

/// Puts the pages of a mapping from `offset` on under a region.
///
/// It is not the generated function, which takes `&[u8]`: that would say that the bytes are initialized, and that the
/// call leaves them alone, and the compiler could take later loads from what was there before.
///
/// # Safety
///
/// The region is memory that the caller has allocated and nobody else uses. It is not freed before the span is dropped.
pub unsafe fn attach(mapping: &Mapping, offset: u64, region: *mut u8, length: usize) -> Result<Span, ErrorCode> {
    let mut outcome = Outcome { is_error: 1, value: 0 };
    // SAFETY: this is the signature that the canonical ABI gives the function, and the region is the caller's to give.
    unsafe { raw_attach(mapping.handle(), offset, region, length, &raw mut outcome) };
    if outcome.is_error == 0 {
        // SAFETY: the host has made this handle for us.
        Ok(unsafe { Span::from_handle(outcome.value) })
    } else {
        // SAFETY: the host's error is one of the enumeration, whose cases are numbered by a byte.
        Err(unsafe { ErrorCode::_lift(outcome.value.to_le_bytes()[0]) })
    }
}
