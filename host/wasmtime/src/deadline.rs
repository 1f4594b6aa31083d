//! A check of a store's epoch deadline while the host works for a guest: an engine looks at the deadline where a function
//! of WebAssembly begins, so a call of an empty one is enough.

use std::sync::{Arc, Weak};
use wasmtime::{bail, Engine, Func, Instance, Module, Result, StoreContextMut, TypedFunc};

/// `(module (func (export "check")))`
pub const MODULE: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x09\x01\x05check\0\0\x0a\x04\x01\x02\0\x0b";

/// Stands in for wasmtime's own `Module::new`, which a program without a compiler lacks. An inherent function takes
/// precedence over one of a trait.
trait WithoutCompiler: Sized {
    #[allow(dead_code)]
    fn new(_: &Engine, _: &[u8]) -> Result<Self> {
        bail!("there is no compiler")
    }
}

impl WithoutCompiler for Module {}

/// Compiles a module; none in a program without a compiler.
pub fn compile(engine: &Engine, module: &[u8]) -> Option<Module> {
    Module::new(engine, module).ok()
}

/// The empty function in one store. The state of a store may move to another store, where it has to be made anew.
pub struct DeadlineCheck {
    pub function: TypedFunc<(), ()>,
    /// Alive as long as the store.
    store: Weak<()>,
    /// Of the store's state.
    address: usize,
}

/// Where a store keeps its state, which tells it from the other stores that are alive.
pub fn address_of_state<T>(store: &StoreContextMut<'_, T>) -> usize {
    std::ptr::from_ref(store.data()).addr()
}

impl DeadlineCheck {
    /// Instantiates the compiled module in a store.
    pub async fn new<T: Send>(store: &mut StoreContextMut<'_, T>, module: &Module) -> Result<Self> {
        let instance = Instance::new_async(&mut *store, module, &[]).await?;
        let function = instance.get_typed_func::<(), ()>(&mut *store, "check")?;
        let alive = Arc::new(());
        let check = Self { function, store: Arc::downgrade(&alive), address: address_of_state(store) };
        // The store keeps the closure, and so what it holds.
        Func::wrap(&mut *store, move || drop(Arc::clone(&alive)));
        Ok(check)
    }

    /// The function, if its store is alive and keeps its state at this address.
    pub fn at(&self, address: usize) -> Option<TypedFunc<(), ()>> {
        let here = self.address == address && self.store.strong_count() > 0;
        here.then(|| self.function.clone())
    }
}
