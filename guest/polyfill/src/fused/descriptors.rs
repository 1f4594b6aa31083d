//! The guest's descriptors that mappings need. Both have one table of handles: a descriptor that the guest drops stays open
//! until no mapping needs it.

use crate::bindings::wasi::filesystem::types::Descriptor;
use crate::host::Kept;
use core::cell::RefCell;
use core::mem::ManuallyDrop;
use hashbrown::HashMap;

#[link(wasm_import_module = "descriptor")]
extern "C" {
    /// The canonical ABI's `resource.drop`.
    #[link_name = "drop"]
    fn drop_handle(handle: u32);
}

#[derive(Default)]
struct Uses {
    mappings: u32,
    dropped_by_guest: bool,
}

struct Table(RefCell<Option<HashMap<u32, Uses>>>);

// SAFETY: there are no threads.
unsafe impl Sync for Table {}

/// The handles that mappings need.
static USED: Table = Table(RefCell::new(None));

/// A guest's descriptor that a mapping needs.
pub struct Handle(ManuallyDrop<Descriptor>);

impl Handle {
    pub fn of(descriptor: &Descriptor) -> Self {
        let handle = descriptor.handle();
        let mut table = USED.0.borrow_mut();
        let uses = table.get_or_insert_default().entry(handle).or_default();
        assert!(!uses.dropped_by_guest, "a descriptor that was dropped");
        uses.mappings += 1;
        // SAFETY: the handle is dropped when `mappings` is 0 again, and never through this value.
        Self(ManuallyDrop::new(unsafe { Descriptor::from_handle(handle) }))
    }
}

impl Kept for Handle {
    /// It stays in the processor's cache: larger ones are 1 to 7 % slower in wasmtime 36 to 49.
    const WINDOW: u64 = 1 << 16;

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let handle = self.0.handle();
        let mut table = USED.0.borrow_mut();
        let Some(table) = table.as_mut() else { return };
        let Some(uses) = table.get_mut(&handle) else { return };
        uses.mappings -= 1;
        if uses.mappings > 0 {
            return;
        }
        if table.remove(&handle).is_some_and(|uses| uses.dropped_by_guest) {
            // SAFETY: the guest has dropped it, and no mapping needs it.
            unsafe { drop_handle(handle) };
        }
    }
}

/// Stands in the guest for `resource.drop` of a descriptor.
#[export_name = "drop-descriptor"]
extern "C" fn drop_descriptor(handle: u32) {
    if let Some(uses) = USED.0.borrow_mut().as_mut().and_then(|table| table.get_mut(&handle)) {
        assert!(!uses.dropped_by_guest, "a descriptor that was dropped");
        uses.dropped_by_guest = true;
        return;
    }
    // SAFETY: it is the guest's, or the host traps.
    unsafe { drop_handle(handle) };
}
