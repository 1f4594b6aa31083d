//! Spans, with an `attach` that takes a pointer instead of a reference.

use std::num::NonZeroU32;

use crate::bindings::wasi_mmap::mmap::mapping::{ErrorCode, Mapping};
use crate::bindings::wasi_mmap::mmap::span;

pub use span::Span;

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

/// Attaches the pages of a mapping, from `offset`, to a region.
///
/// The generated function takes `&[u8]`, which would promise that the bytes are initialized and that the call does not
/// change them: the compiler could then use old values for later loads.
///
/// # Safety
///
/// The caller has allocated the region, nobody else uses it, and it is not freed before the span is dropped.
pub unsafe fn attach(mapping: &Mapping, offset: u64, region: *mut u8, length: usize) -> Result<Span, ErrorCode> {
    let mut outcome = Outcome { is_error: 1, value: 0 };
    // SAFETY: this is the signature of the function in the canonical ABI, and the caller owns the region.
    unsafe { raw_attach(mapping.handle(), offset, region, length, &raw mut outcome) };
    if outcome.is_error == 0 {
        // SAFETY: the host has just returned this handle.
        Ok(unsafe { Span::from_handle(outcome.value) })
    } else {
        // SAFETY: the host's error is a case of the enumeration, whose number is a byte.
        Err(unsafe { ErrorCode::_lift(outcome.value.to_le_bytes()[0]) })
    }
}
