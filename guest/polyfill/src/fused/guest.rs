//! The guest's memory. This module cannot see it: `plug` makes the functions that do, see plug/src/fuse/reach.rs. They trap
//! where an address is outside of it.

use super::descriptors::Handle;
use super::List;
use crate::bindings::exports::wasi_mmap::mmap::mapping::ErrorCode;
use crate::bindings::wasi::filesystem::types;
use crate::file::{CHUNK, MAX_FILE_SIZE};
use crate::host::{error, Kept};
use crate::mapping::Outcome;
use crate::places::{Bytes, Room};
use core::mem::ManuallyDrop;
use core::ops::Range;

#[link(wasm_import_module = "reach")]
extern "C" {
    /// Has the host store the list of the next call at this address, in whichever memory the call uses.
    #[link_name = "aim"]
    fn aim_at(address: usize, length: usize);
    /// New memory from the guest's `realloc`. 0: there is none.
    fn allocate(length: usize) -> usize;
    /// Gives memory back to the guest.
    fn free(address: usize, length: usize);
    /// `descriptor.read` to guest memory: the number of bytes, with `END` if the file ends there; or -1 - error.
    fn read(descriptor: u32, length: u64, offset: u64, address: usize) -> i64;
    /// `descriptor.write` from guest memory: the number of bytes; or -1 - error.
    fn write(descriptor: u32, address: usize, length: usize, offset: u64) -> i64;
    /// Stores zeros in guest memory.
    fn clear(address: usize, length: usize);
    /// Copies guest memory to `room`.
    #[link_name = "load"]
    fn load_to(address: usize, room: *mut u8, length: usize);
    /// Copies `bytes` to guest memory.
    #[link_name = "store"]
    fn store_from(address: usize, bytes: *const u8, length: usize);
}

const END: i64 = 1 << 32;

/// Has the host store the list of the next call in this room.
pub fn aim(room: *mut u8, length: usize) {
    // SAFETY: it only says where the list goes; who makes the call answers for the room.
    unsafe { aim_at(room as usize, length) };
}

/// Copies guest memory.
pub fn load(address: usize, room: &mut [u8]) {
    // SAFETY: `load` stores as many bytes as there is room for.
    unsafe { load_to(address, room.as_mut_ptr(), room.len()) };
}

/// A list for the guest, in its memory. It goes back if it is dropped.
pub struct GuestList {
    address: usize,
    length: usize,
}

impl GuestList {
    pub fn new(length: usize) -> Outcome<Self> {
        if length == 0 {
            // The address of an empty list counts for nothing, but some languages have no null in lists.
            return Ok(Self { address: 1, length });
        }
        // SAFETY: guest memory is the guest's own affair.
        let address = unsafe { allocate(length) };
        if address == 0 {
            return Err(ErrorCode::NoMemory);
        }
        Ok(Self { address, length })
    }

    /// The list, which is the guest's from here on.
    #[allow(clippy::cast_possible_truncation)] // Addresses have 32 bits.
    pub fn give(self) -> List {
        let list = ManuallyDrop::new(self);
        List { address: list.address as u32, length: list.length as u32 }
    }
}

impl Drop for GuestList {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: the memory is from `allocate`.
            unsafe { free(self.address, self.length) };
        }
    }
}

/// The number of bytes, or the host's error.
fn outcome(answer: i64) -> Result<i64, types::ErrorCode> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // An error is a byte.
    if answer < 0 {
        return Err(error((-1 - answer) as u8));
    }
    Ok(answer)
}

impl Room<Handle> for GuestList {
    fn length(&self) -> usize {
        self.length
    }

    fn read(&mut self, part: Range<usize>, file: &Handle, offset: u64) -> Result<(usize, bool), types::ErrorCode> {
        if offset > MAX_FILE_SIZE - CHUNK {
            return Ok((0, true));
        }
        // SAFETY: the part lies in the list.
        let answer = unsafe { read(file.descriptor().handle(), part.len() as u64, offset, self.address + part.start) };
        let answer = outcome(answer)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Lengths have 32 bits.
        let got = (answer & (END - 1)) as usize;
        Ok((got, answer & END != 0))
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        // SAFETY: the bytes lie in the list.
        unsafe { store_from(self.address + at, bytes.as_ptr(), bytes.len()) };
    }

    fn clear(&mut self, part: Range<usize>) {
        // SAFETY: the part lies in the list.
        unsafe { clear(self.address + part.start, part.len()) };
    }
}

impl Bytes<Handle> for List {
    fn length(&self) -> usize {
        self.length as usize
    }

    fn write(&self, part: Range<usize>, file: &Handle, offset: u64) -> Result<u64, types::ErrorCode> {
        // SAFETY: the part lies in the list, which lies in guest memory.
        let answer =
            unsafe { write(file.descriptor().handle(), self.address as usize + part.start, part.len(), offset) };
        outcome(answer).map(i64::cast_unsigned)
    }

    fn get(&self, at: usize, room: &mut [u8]) {
        load(self.address as usize + at, room);
    }
}
