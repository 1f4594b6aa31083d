//! What tests ask Linux for: the C library's functions that the core calls, before which functions of ours stand.

use std::ffi::{c_int, c_long, c_void};
use std::fs::File;
use std::path::Path;

extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

const LSEEK: c_long = if cfg!(target_arch = "x86_64") { 8 } else { 62 };
const MSYNC: c_long = if cfg!(target_arch = "x86_64") { 26 } else { 227 };
const SEEK_DATA: c_int = 3;
const SEEK_HOLE: c_int = 4;

/// # Safety
///
/// As of the C library's.
#[no_mangle]
unsafe extern "C" fn msync(start: *mut c_void, length: usize, flags: c_int) -> c_int {
    crate::disk::before_flush();
    // SAFETY: the caller keeps the rules.
    if unsafe { syscall(MSYNC, start, length, c_long::from(flags)) } == 0 {
        0
    } else {
        -1
    }
}

/// # Safety
///
/// As of the C library's.
#[no_mangle]
unsafe extern "C" fn lseek(file: c_int, offset: i64, from: c_int) -> i64 {
    match from {
        SEEK_HOLE if crate::disk::has_no_holes() => i64::MAX,
        SEEK_DATA if crate::disk::has_no_holes() => {
            crate::disk::before_step();
            offset
        }
        // SAFETY: the caller keeps the rules.
        _ => unsafe { syscall(LSEEK, file, offset, c_long::from(from)) },
    }
}

/// The linker has put the functions in place.
pub fn watch_flushes() {}

/// Files have holes without being asked.
pub fn make_sparse(_: &File) {}

/// The number of memory areas of the process with pages of a file.
pub fn areas_of(path: &Path) -> usize {
    let path = std::fs::canonicalize(path).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.ends_with(path.to_str().unwrap())).count()
}
