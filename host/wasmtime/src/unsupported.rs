//! Stands in for the core on systems that it does not know: nothing can be mapped.

// The signatures are those of ffi.rs, unsafe and in the style of C.
#![allow(clippy::missing_safety_doc, clippy::too_many_arguments)]

use std::ffi::c_void;

pub type File = isize;
pub const NO_FILE: File = -1;
pub type Status = std::ffi::c_uint;
pub const NOT_FOUND: u64 = u64::MAX;

/// Does not exist here.
pub enum Mapping {}
/// Likewise.
pub enum Span {}
/// Likewise.
pub enum Budget {}

const UNSUPPORTED: Status = 13;

pub unsafe fn wmcore_open(_: File, _: u32, _: u64, _: u32, _: u64, _: *mut *mut Mapping) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_open_posix(_: File, _: u32, _: u64, _: u32, _: u32, _: u64, _: *mut *mut Mapping) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_budget_create(_: u64) -> *mut Budget {
    std::ptr::null_mut()
}
pub unsafe fn wmcore_budget_release(_: *mut Budget) {}
pub unsafe fn wmcore_charge(_: *mut Mapping, _: *mut Budget) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_close(_: *mut Mapping) {}
pub unsafe fn wmcore_length(_: *const Mapping) -> u64 {
    0
}
pub unsafe fn wmcore_get_access(_: *const Mapping) -> u32 {
    0
}
pub unsafe fn wmcore_file_size(_: *const Mapping, _: *mut u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_may_read(_: *const Mapping, _: u64, _: u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_read(_: *mut Mapping, _: u64, _: u64, _: *mut c_void) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_write(_: *mut Mapping, _: u64, _: u64, _: *const c_void) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_move_step(_: *mut Mapping, _: *mut u64, _: *mut u64, _: *mut u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_find_step(
    _: *mut Mapping,
    _: *const c_void,
    _: usize,
    _: *mut u64,
    _: u64,
    _: *mut u64,
    _: *mut bool,
) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_rfind_step(
    _: *mut Mapping,
    _: *const c_void,
    _: usize,
    _: u64,
    _: *mut u64,
    _: *mut u64,
    _: *mut bool,
) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_flush(_: *mut Mapping, _: u64, _: u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_resize(_: *mut Mapping, _: u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_advise(_: *mut Mapping, _: u64, _: u64, _: u32) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_span_granularity() -> u32 {
    0
}
pub unsafe fn wmcore_may_attach(_: *const Mapping, _: u64, _: *const c_void, _: u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_span_attach(_: *mut Mapping, _: u64, _: *mut c_void, _: u64, _: *mut *mut Span) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_span_flush(_: *mut Span, _: u64, _: u64) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_span_advise(_: *mut Span, _: u64, _: u64, _: u32) -> Status {
    UNSUPPORTED
}
pub unsafe fn wmcore_span_faulted(_: *mut Span) -> bool {
    false
}
pub unsafe fn wmcore_span_abandon(_: *mut Span) {}
pub unsafe fn wmcore_span_detach(_: *mut Span) {}
pub unsafe fn wmcore_memory_reserve(_: u64) -> *mut c_void {
    std::ptr::null_mut()
}
pub unsafe fn wmcore_memory_commit(_: *mut c_void, _: u64) -> bool {
    false
}
pub unsafe fn wmcore_memory_release(_: *mut c_void, _: u64) {}
pub unsafe fn wmcore_unnoticed_faults() -> usize {
    0
}
pub unsafe fn wmcore_live_regions() -> usize {
    0
}
