//! The C interface of the core, `host/core/include/wasi_mmap_core.h`, which documents it.
//!
//! Systems without a core have functions of the same names that map nothing.

use std::ffi::{c_uint, c_void};

/// A file of the operating system; [`NO_FILE`] stands for none.
pub type File = isize;
pub const NO_FILE: File = -1;

/// 0 for success, or the `error-code` of the contract, counted from 1.
pub type Status = c_uint;
#[cfg(not(native_core))]
const UNSUPPORTED: Status = 13;

/// The position of a match that does not exist.
pub const NOT_FOUND: u64 = u64::MAX;

/// The core's mapping, known by its address only.
#[repr(C)]
pub struct Mapping {
    _opaque: [u8; 0],
}

/// The core's span, known by its address only.
#[repr(C)]
pub struct Span {
    _opaque: [u8; 0],
}

/// The core's budget, known by its address only.
#[repr(C)]
pub struct Budget {
    _opaque: [u8; 0],
}

// The enums of the header have the size of an unsigned int in the ABIs of C that Rust knows.
type Enum = c_uint;

/// Declares functions of the core. The value after `=` is the result on systems without a core.
macro_rules! core_functions {
    ($(fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty = $absent:expr)?;)*) => {
        #[cfg(native_core)]
        extern "C" {
            $(pub fn $name($($argument: $type),*) $(-> $result)?;)*
        }
        $(
            #[cfg(not(native_core))]
            pub unsafe fn $name($(_: $type),*) $(-> $result)? {
                $($absent)?
            }
        )*
    };
}

core_functions! {
    fn wmcore_open(
        file: File,
        rights: u32,
        length: u64,
        access: Enum,
        offset: u64,
        result: *mut *mut Mapping,
    ) -> Status = UNSUPPORTED;
    fn wmcore_open_posix(
        file: File,
        rights: u32,
        length: u64,
        sharing: Enum,
        protection: u32,
        offset: u64,
        result: *mut *mut Mapping,
    ) -> Status = UNSUPPORTED;
    fn wmcore_budget_create(bytes: u64) -> *mut Budget = std::ptr::null_mut();
    fn wmcore_budget_release(budget: *mut Budget);
    fn wmcore_budget_used(budget: *const Budget) -> u64 = 0;
    fn wmcore_budget_peak(budget: *const Budget) -> u64 = 0;
    fn wmcore_charge(mapping: *mut Mapping, budget: *mut Budget) -> Status = UNSUPPORTED;
    fn wmcore_close(mapping: *mut Mapping);
    fn wmcore_length(mapping: *const Mapping) -> u64 = 0;
    fn wmcore_get_access(mapping: *const Mapping) -> Enum = 0;
    fn wmcore_file_size(mapping: *const Mapping, size: *mut u64) -> Status = UNSUPPORTED;
    fn wmcore_may_read(mapping: *const Mapping, offset: u64, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_read(mapping: *mut Mapping, offset: u64, length: u64, target: *mut c_void) -> Status = UNSUPPORTED;
    fn wmcore_write(mapping: *mut Mapping, offset: u64, length: u64, source: *const c_void) -> Status = UNSUPPORTED;
    fn wmcore_move_step(
        mapping: *mut Mapping,
        destination: *mut u64,
        source: *mut u64,
        length: *mut u64,
    ) -> Status = UNSUPPORTED;
    fn wmcore_find_step(
        mapping: *mut Mapping,
        needle: *const c_void,
        needle_length: usize,
        start: *mut u64,
        end: u64,
        position: *mut u64,
        done: *mut bool,
    ) -> Status = UNSUPPORTED;
    fn wmcore_rfind_step(
        mapping: *mut Mapping,
        needle: *const c_void,
        needle_length: usize,
        start: u64,
        end: *mut u64,
        position: *mut u64,
        done: *mut bool,
    ) -> Status = UNSUPPORTED;
    fn wmcore_flush(mapping: *mut Mapping, offset: u64, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_start_flush(mapping: *mut Mapping, offset: u64, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_resize(mapping: *mut Mapping, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_advise(mapping: *mut Mapping, offset: u64, length: u64, advice: Enum) -> Status = UNSUPPORTED;
    fn wmcore_populate_step(mapping: *mut Mapping, offset: *mut u64, length: *mut u64) -> Status = UNSUPPORTED;
    fn wmcore_resident_step(mapping: *mut Mapping, offset: *mut u64, length: *mut u64, bytes: *mut u64) -> Status =
        UNSUPPORTED;
    fn wmcore_mlock(mapping: *mut Mapping) -> Status = UNSUPPORTED;
    fn wmcore_munlock(mapping: *mut Mapping) -> Status = UNSUPPORTED;
    fn wmcore_span_granularity() -> u32 = 0;
    fn wmcore_may_attach(mapping: *const Mapping, offset: u64, region: *const c_void, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_span_attach(
        mapping: *mut Mapping,
        offset: u64,
        region: *mut c_void,
        length: u64,
        result: *mut *mut Span,
    ) -> Status = UNSUPPORTED;
    fn wmcore_span_flush(span: *mut Span, offset: u64, length: u64) -> Status = UNSUPPORTED;
    fn wmcore_span_advise(span: *mut Span, offset: u64, length: u64, advice: Enum) -> Status = UNSUPPORTED;
    fn wmcore_span_faulted(span: *mut Span) -> bool = false;
    fn wmcore_span_abandon(span: *mut Span);
    fn wmcore_span_detach(span: *mut Span) -> bool = true;
    fn wmcore_forget_addresses(start: *mut c_void, length: u64);
    fn wmcore_live_regions() -> usize = 0;
    fn wmcore_unnoticed_faults() -> usize = 0;
}

#[cfg(not(target_os = "linux"))]
core_functions! {
    fn wmcore_memory_reserve(size: u64) -> *mut c_void = std::ptr::null_mut();
    fn wmcore_memory_commit(start: *mut c_void, length: u64) -> bool = false;
    fn wmcore_memory_release(memory: *mut c_void, size: u64);
}

#[cfg(target_os = "linux")]
core_functions! {
    fn wmcore_let_children_inherit_guests();
}
