//! Which store a call comes from, and what ends with a store.

use wasmtime::{Func, StoreContextMut};

/// Where a store keeps its state, which tells it from the other stores that are alive.
pub fn address_of_state<T>(store: &StoreContextMut<'_, T>) -> usize {
    std::ptr::from_ref(store.data()).addr()
}

/// Has a store keep a value until it goes, whatever becomes of its state. wasmtime drops it together with the functions of
/// the store.
pub fn keep<T: 'static>(store: &mut StoreContextMut<'_, T>, value: impl Send + Sync + 'static) {
    Func::wrap(store, move || {
        let _ = &value;
    });
}
