//! The form inside the guest's component: a core module that shares the guest's table of handles, so that a descriptor is the
//! same number for both. Lists stay where they are, in the guest's memory, and the host reads and writes them there.
//!
//! `plug` makes the modules around it: those that reach the guest's memory (`guest.rs`), and the functions that the guest calls,
//! which check their arguments as the canonical ABI does and let no call begin while another runs.

mod descriptors;
mod guest;

use crate::bindings::exports::wasi_mmap::mmap::mapping::Bytes as Range32;
use crate::bindings::wasi::filesystem::types;
use crate::file::zeros;
use crate::mapping::Outcome;
use alloc::vec::Vec;
use descriptors::Handle;
pub use guest::aim;
use guest::GuestList;

/// A list of the guest: its address and length.
pub type List = Range32;
/// The file of a mapping.
pub type Keep = Handle;
/// A descriptor that the guest passes.
pub type Borrowed<'a> = &'a types::Descriptor;

#[allow(clippy::trivially_copy_pass_by_ref)] // The other form has a larger one.
pub fn keep(borrow: &Borrowed<'_>) -> Keep {
    Handle::of(borrow)
}

/// A list for the guest.
pub fn new_list(length: usize) -> Outcome<GuestList> {
    GuestList::new(length)
}

pub fn finish(list: GuestList) -> List {
    list.give()
}

/// The bytes of a guest's list.
pub fn bytes_of(list: List) -> Outcome<Vec<u8>> {
    let mut bytes = zeros(list.length as usize)?;
    guest::load(list.address as usize, &mut bytes);
    Ok(bytes)
}
