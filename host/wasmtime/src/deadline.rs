//! A check of a store's epoch deadline while the host works for a guest: an engine looks at the deadline where a function
//! of WebAssembly begins, so a call of an empty one is enough.

use crate::store::{address_of_state, keep};
use std::sync::{Arc, Weak};
use wasmtime::{Instance, Module, Result, StoreContextMut, TypedFunc};

/// `(module (func (export "check")))`
pub const MODULE: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x09\x01\x05check\0\0\x0a\x04\x01\x02\0\x0b";

/// The empty function in one store. The state of a store may move to another store, where it has to be made anew.
pub struct DeadlineCheck {
    pub function: TypedFunc<(), ()>,
    /// Alive as long as the store.
    store: Weak<()>,
    /// Of the store's state.
    address: usize,
}

impl DeadlineCheck {
    /// Instantiates the compiled module in a store.
    pub async fn new<T: Send>(store: &mut StoreContextMut<'_, T>, module: &Module) -> Result<Self> {
        let instance = Instance::new_async(&mut *store, module, &[]).await?;
        let function = instance.get_typed_func::<(), ()>(&mut *store, "check")?;
        let alive = Arc::new(());
        let check = Self { function, store: Arc::downgrade(&alive), address: address_of_state(store) };
        keep(store, alive);
        Ok(check)
    }

    /// The function, if its store is alive and keeps its state at this address.
    pub fn at(&self, address: usize) -> Option<TypedFunc<(), ()>> {
        let here = self.address == address && self.store.strong_count() > 0;
        here.then(|| self.function.clone())
    }
}
