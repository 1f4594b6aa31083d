//! The form in front of the guest: a component that also exports `wasi:filesystem`, so that it can keep descriptors that the
//! guest has dropped. Lists come and go as copies in its own memory.

mod allocate;
mod filesystem;

use crate::bindings::exports::wasi::filesystem::types::DescriptorBorrow;
use crate::bindings::wasi::filesystem::types;
use crate::file::{zeros, CHUNK};
use crate::host::Kept;
use crate::mapping::Outcome;
use alloc::rc::Rc;
use alloc::vec::Vec;
pub use allocate::aim;
use filesystem::Descriptor;

/// A list of the guest.
pub type List = Vec<u8>;
/// The file of a mapping.
pub type Keep = Rc<types::Descriptor>;
/// A descriptor that the guest passes.
pub type Borrowed<'a> = DescriptorBorrow<'a>;

impl Kept for Keep {
    /// Calls of the host are dear where this form counts, in JavaScript.
    const WINDOW: u64 = CHUNK;

    fn descriptor(&self) -> &types::Descriptor {
        self
    }
}

pub fn keep(borrow: &Borrowed<'_>) -> Keep {
    Rc::clone(&borrow.get::<Descriptor>().0)
}

/// A list for the guest.
pub fn new_list(length: usize) -> Outcome<Vec<u8>> {
    zeros(length)
}

pub fn finish(list: Vec<u8>) -> List {
    list
}

/// The bytes of a guest's list.
#[allow(clippy::unnecessary_wraps)] // The other form copies them.
pub fn bytes_of(list: List) -> Outcome<Vec<u8>> {
    Ok(list)
}
