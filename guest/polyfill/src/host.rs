//! A file of the host: its descriptor.

use crate::bindings::wasi::filesystem::types::{Advice, Descriptor, ErrorCode};
use crate::file::{File, CHUNK, MAX_FILE_SIZE};
use crate::form::aim;
use core::ptr::null_mut;

/// The result of `descriptor.read` as the canonical ABI stores it: a tag, then the list and whether the file ends there, or
/// in their place the error.
#[repr(C)]
#[derive(Default)]
struct ReadResult {
    tag: u8,
    error_or_address: usize,
    length: usize,
    at_end: u8,
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "wasi:filesystem/types@0.2.12")]
extern "C" {
    /// The generated function of this name would allocate the list.
    #[link_name = "[method]descriptor.read"]
    fn read(descriptor: i32, length: i64, offset: i64, result: *mut u8);
}

#[cfg(not(target_arch = "wasm32"))]
unsafe extern "C" fn read(_: i32, _: i64, _: i64, _: *mut u8) {
    unreachable!("it is the host's")
}

/// The error of the host with this number. A number that no error has comes from a wrong host.
pub fn error(number: u8) -> ErrorCode {
    if number > ErrorCode::CrossDevice as u8 {
        return ErrorCode::Io;
    }
    // SAFETY: the errors have all numbers up to that of the last one, as the canonical ABI has it.
    unsafe { core::mem::transmute::<u8, ErrorCode>(number) }
}

/// The descriptor that a form of the polyfill keeps for a mapping.
pub trait Kept {
    /// See [`File::WINDOW`].
    const WINDOW: u64;
    fn descriptor(&self) -> &Descriptor;
}

impl<K: Kept> File for K {
    const WINDOW: u64 = K::WINDOW;

    fn read(&self, offset: u64, room: &mut [u8]) -> Result<(usize, bool), ErrorCode> {
        if offset > MAX_FILE_SIZE - CHUNK {
            return Ok((0, true));
        }
        let mut result = ReadResult::default();
        aim(room.as_mut_ptr(), room.len());
        #[allow(clippy::cast_possible_wrap)] // A chunk at most.
        let length = room.len() as i64;
        // SAFETY: the arguments are those of the canonical ABI. `aim` has the host store the list in `room`, at most as many
        // bytes as it has.
        unsafe {
            read(self.descriptor().handle().cast_signed(), length, offset.cast_signed(), (&raw mut result).cast());
        }
        aim(null_mut(), 0); // An error has no list.
        if result.tag == 1 {
            #[allow(clippy::cast_possible_truncation)] // Its first byte.
            return Err(error(result.error_or_address as u8));
        }
        Ok((result.length, result.at_end == 1))
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, ErrorCode> {
        self.descriptor().write(bytes, offset)
    }

    fn size(&self) -> Result<u64, ErrorCode> {
        Ok(self.descriptor().stat()?.size)
    }

    fn set_size(&self, size: u64) -> Result<(), ErrorCode> {
        self.descriptor().set_size(size)
    }

    fn sync(&self) -> Result<(), ErrorCode> {
        self.descriptor().sync_data()
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), ErrorCode> {
        if length > MAX_FILE_SIZE || offset > MAX_FILE_SIZE - length {
            return Err(ErrorCode::Invalid);
        }
        self.descriptor().advise(offset, length, advice)
    }
}
