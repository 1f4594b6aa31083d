//! From a file descriptor of the C library to the descriptor of `wasi:filesystem`: the feature `std-file`.
//!
//! WASI 0.2 has no public way, so this reads the private table of wasi-libc
//! (libc-bottom-half/headers/private/wasi/descriptor_table.h). There are two, and `build.rs` finds out which one the program
//! is linked with: since wasi-sdk 34 (Rust 1.100) a descriptor counts its references.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{Error, Result};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, RawFd};

use crate::file::{OfFd, Source};

/// The start of wasi-libc's `descriptor_vtable_t`.
#[repr(C)]
struct Operations {
    before: [*const c_void; 5],
    get_file: Option<unsafe extern "C" fn(*mut c_void, *mut u32) -> c_int>,
}

/// wasi-libc's `descriptor_table_entry_t`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    data: *mut c_void,
    operations: *const Operations,
}

/// What the C library has under a file descriptor.
struct Open(Entry);

#[cfg(not(counted_descriptors))]
impl Open {
    fn find(fd: RawFd) -> Result<Self> {
        extern "C" {
            /// Returns NULL and sets errno if the file descriptor is not open.
            fn descriptor_table_get_ref(fd: c_int) -> *const Entry;
        }
        // SAFETY: the entry is in the table, which nobody else changes before it is copied: this is the only thread.
        let entry = unsafe { descriptor_table_get_ref(fd).as_ref() };
        entry.copied().map(Self).ok_or_else(Error::last_os_error)
    }
}

#[cfg(counted_descriptors)]
impl Open {
    fn find(fd: RawFd) -> Result<Self> {
        extern "C" {
            /// Returns -1 and sets errno if the file descriptor is not open. Else the entry counts one more reference.
            fn descriptor_table_get(fd: c_int, entry: *mut Entry) -> c_int;
        }
        let mut entry = std::mem::MaybeUninit::uninit();
        // SAFETY: there is room for an entry, which the function fills unless it fails.
        unsafe {
            if descriptor_table_get(fd, entry.as_mut_ptr()) < 0 {
                return Err(Error::last_os_error());
            }
            Ok(Self(entry.assume_init()))
        }
    }
}

#[cfg(counted_descriptors)]
impl Drop for Open {
    /// wasi-libc's `descriptor_table_entry_dec`, which is inline.
    fn drop(&mut self) {
        extern "C" {
            fn __wasilibc_descriptor_deallocate(entry: Entry);
        }
        let count = self.0.data.cast::<std::ffi::c_uint>();
        // SAFETY: data begins with the count (`descriptor_refcnt_t`), of which one is ours. This is the only thread.
        unsafe {
            *count -= 1;
            if *count == 0 {
                __wasilibc_descriptor_deallocate(self.0);
            }
        }
    }
}

/// Calls with the descriptor of `wasi:filesystem` behind an open file of the C library.
pub fn with_fd<T>(fd: RawFd, call: impl FnOnce(&OfFd) -> Result<T>) -> Result<T> {
    let open = Open::find(fd)?;
    let Entry { data, operations } = open.0;
    let mut handle = 0;
    // SAFETY: the operations are those of this data.
    let got = unsafe {
        match (*operations).get_file {
            Some(get_file) => get_file(data, &raw mut handle),
            None => return Err(crate::ErrorCode::Unsupported.into()),
        }
    };
    if got < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the handle is that of a descriptor of the C library. It is borrowed for the call and not dropped.
    let descriptor = ManuallyDrop::new(unsafe { OfFd::from_handle(handle) });
    call(&descriptor)
}

impl Source for File {
    type Descriptor = OfFd;

    fn with_descriptor<T>(&self, _write: bool, call: impl FnOnce(&OfFd) -> Result<T>) -> Result<T> {
        with_fd(self.as_raw_fd(), call)
    }
}
