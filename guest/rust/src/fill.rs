//! Reads of a mapping straight into memory of the program.

use crate::generation::{raw_read, AnyMapping};
use crate::ErrorCode;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;

/// The longest list that a call passes, in bytes: a multiple of every granularity. Hosts charge for lists (wasmtime traps
/// past 128 MiB by default), and the component model limits them. Longer ranges go in pieces.
pub const LONGEST_LIST: usize = 16 << 20;

/// The pieces of a range of `length` bytes, as their starts and lengths. The last one is first: the host refuses a range
/// that reaches too far before anything has changed.
pub fn pieces(length: usize) -> impl Iterator<Item = (usize, usize)> {
    let last = length.saturating_sub(LONGEST_LIST);
    let others = (0..last).step_by(LONGEST_LIST).map(move |start| (start, LONGEST_LIST.min(last - start)));
    std::iter::once((last, length - last)).chain(others)
}

/// The result of `mapping.read` as the canonical ABI stores it: a tag, then the list, or in its place the error.
#[repr(C)]
#[derive(Default)]
struct ReadResult {
    tag: u8,
    error_or_address: usize,
    length: usize,
}

extern "C" {
    /// The C library's allocator, which frees lists that its own functions take.
    fn realloc(old: *mut c_void, length: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

thread_local! {
    /// The room for the list of the running call, and its length.
    static ROOM: Cell<(*mut u8, usize)> = const { Cell::new((null_mut(), 0)) };
    /// The room, once the host has it.
    static LENT: Cell<*mut u8> = const { Cell::new(null_mut()) };
}

/// Hosts allocate their lists with it. It stands for the one of wasi-libc, which is weak, and does the same except while
/// there is room.
///
/// # Safety
///
/// `old` is null, or memory of `old_length` bytes from here.
#[export_name = "cabi_realloc"]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_length: usize, align: usize, length: usize) -> *mut u8 {
    let (room, room_length) = ROOM.get();
    if !room.is_null() && old.is_null() && length == room_length {
        ROOM.set((null_mut(), 0));
        LENT.set(room);
        return room;
    }
    if length == 0 {
        return std::ptr::without_provenance_mut(align);
    }
    let is_lent = !old.is_null() && old == LENT.get();
    // SAFETY: memory from here is the C library's, except for the lent room, which stays as it is.
    let bytes = unsafe { realloc(if is_lent { null_mut() } else { old.cast() }, length) }.cast::<u8>();
    if bytes.is_null() {
        std::process::abort();
    }
    if is_lent {
        LENT.set(null_mut());
        // SAFETY: both are that long, and the new memory is no part of the room.
        unsafe { bytes.copy_from_nonoverlapping(old, old_length.min(length)) };
    }
    bytes
}

/// Reads `length` bytes of the mapping into `room`.
///
/// # Safety
///
/// `room` can be written for `length` bytes, and nobody else uses it meanwhile.
pub unsafe fn fill(mapping: &AnyMapping, offset: u64, room: *mut u8, length: usize) -> Result<(), ErrorCode> {
    for (start, length) in pieces(length) {
        // SAFETY: the piece lies in the room.
        unsafe { fill_piece(mapping, offset.saturating_add(start as u64), room.add(start), length)? };
    }
    Ok(())
}

/// Reads one piece.
///
/// # Safety
///
/// As for [`fill`].
unsafe fn fill_piece(mapping: &AnyMapping, offset: u64, room: *mut u8, length: usize) -> Result<(), ErrorCode> {
    let mut result = ReadResult::default();
    ROOM.set((room, length));
    // SAFETY: the result is that of the canonical ABI. The host stores the list in `room`, or where `cabi_realloc` says.
    unsafe { raw_read(mapping, offset, length as u64, (&raw mut result).cast()) };
    ROOM.set((null_mut(), 0));
    LENT.set(null_mut());
    if result.tag == 1 {
        #[allow(clippy::cast_possible_truncation)] // Its first byte.
        let number = result.error_or_address as u8;
        // SAFETY: the canonical ABI gives only numbers of the enumeration, whose representation they are.
        return Err(unsafe { std::mem::transmute::<u8, ErrorCode>(number) });
    }
    let list = std::ptr::with_exposed_provenance_mut::<u8>(result.error_or_address);
    if list != room && length > 0 {
        // Another `cabi_realloc` was linked.
        // SAFETY: the list is `length` bytes of the C library's memory that are ours now, and `room` is other memory.
        unsafe {
            room.copy_from_nonoverlapping(list, length);
            free(list.cast());
        }
    }
    Ok(())
}
