//! The memory that the host takes for lists.

use alloc::alloc::{alloc, realloc, Layout};
use core::cell::Cell;
use core::ptr::null_mut;

/// The room for the next list, if there is one.
struct Target(Cell<(*mut u8, usize)>);

// SAFETY: there are no threads.
unsafe impl Sync for Target {}

static TARGET: Target = Target(Cell::new((null_mut(), 0)));

/// Has the host store the list of the next call in this room.
pub fn aim(room: *mut u8, length: usize) {
    TARGET.0.set((room, length));
}

/// The canonical ABI's `realloc`: of the host's lists, and of the guest's that are passed to an export.
///
/// # Safety
///
/// `old` is null, or memory of `old_length` bytes from here.
#[cfg_attr(target_arch = "wasm32", export_name = "cabi_realloc")]
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_length: usize, align: usize, length: usize) -> *mut u8 {
    let (room, most) = TARGET.0.replace((null_mut(), 0));
    if !room.is_null() {
        assert!(old.is_null() && length <= most, "a longer list than was asked for");
        return room;
    }
    if length == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the length is not 0, and the alignment one of a type.
    let bytes = unsafe {
        if old_length == 0 {
            alloc(Layout::from_size_align_unchecked(length, align))
        } else {
            realloc(old, Layout::from_size_align_unchecked(old_length, align), length)
        }
    };
    assert!(!bytes.is_null(), "no memory");
    bytes
}
