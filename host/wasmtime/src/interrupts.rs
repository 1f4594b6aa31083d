//! What ends a long call before it is done: the store's fuel and its epoch deadline. wasmtime looks at both while a guest
//! runs, and nothing of a guest runs while the host works for it.

use crate::calls::{Blocking, View};
use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, Waker};
use wasmtime::{bail, Engine, Func, Instance, Module, Result, StoreContextMut, Trap, TypedFunc};

/// How many bytes cost a unit of fuel: a guest's instruction takes about as long as they do.
const BYTES_OF_FUEL: u64 = 16;
/// What is owed is paid in such parts, for each payment begins a new interval of `fuel_async_yield_interval`.
const PART: u64 = 1 << 20;

/// A function that does nothing, exported as "look": an engine looks at the deadline where a function begins.
///
/// `(module (func (export "look")))`
const MODULE: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x08\x01\x04look\0\0\x0a\x04\x01\x02\0\x0b";

/// Stands in for wasmtime's own `Module::new`, which a program without a compiler does not have, and which is taken
/// before it.
trait WithoutCompiler: Sized {
    #[allow(dead_code)]
    fn new(_: &Engine, _: &[u8]) -> Result<Self> {
        bail!("there is no compiler")
    }
}

impl WithoutCompiler for Module {}

/// What the stores of one linker, and so of one engine, have in common.
#[derive(Default)]
pub struct Interrupts {
    fuel: OnceLock<bool>,
    look: OnceLock<Option<Module>>,
}

/// The function in one store. The state of a store may go on to another one, where it has to be made anew.
pub struct Look {
    function: TypedFunc<(), ()>,
    /// Alive as long as the store.
    store: Weak<()>,
    /// Where the store has its state.
    place: usize,
}

fn place_of<T>(store: &StoreContextMut<'_, T>) -> usize {
    std::ptr::from_ref(store.data()).addr()
}

/// The result of a future on this thread, unless it waits for something: one that only lets others run first is ready
/// when it is asked again.
fn at_once<R>(future: impl Future<Output = R>) -> Option<R> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..2).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// Lets other tasks of the executor run first.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Interrupts {
    /// Takes fuel for bytes that were gone through, and tells whether it did. A trap if there is too little.
    pub fn pay<T>(&self, store: &mut StoreContextMut<'_, T>, view: View<T>, bytes: u64) -> Result<bool> {
        if !*self.fuel.get_or_init(|| store.get_fuel().is_ok()) {
            return Ok(false);
        }
        let ctx = view(store.data_mut()).ctx;
        ctx.unpaid = ctx.unpaid.saturating_add(bytes);
        if ctx.unpaid < PART {
            return Ok(false);
        }
        let price = mem::take(&mut ctx.unpaid) / BYTES_OF_FUEL;
        let fuel = store.get_fuel()?;
        store.set_fuel(fuel.saturating_sub(price))?;
        if fuel < price {
            return Err(Trap::OutOfFuel.into());
        }
        Ok(true)
    }

    /// Has the engine look at the store's epoch deadline, and do what it does when a guest passes it: it traps, calls back
    /// or yields. On this thread nothing can wait, so that there the call goes on where it would.
    pub async fn look<T: Send>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        view: View<T>,
        blocking: Blocking,
    ) -> Result<()> {
        let engine = store.engine();
        let Some(module) = self.look.get_or_init(|| Module::new(engine, MODULE).ok()) else { return Ok(()) };
        let look = async {
            let place = place_of(store);
            let known = view(store.data_mut()).ctx.look.as_ref();
            let known = known.filter(|look| look.place == place && look.store.strong_count() > 0);
            let function = match known.map(|look| look.function.clone()) {
                Some(function) => function,
                None => Self::add(store, view, module).await?,
            };
            function.call_async(&mut *store, ()).await
        };
        match blocking {
            Blocking::Here => at_once(look).unwrap_or(Ok(())),
            Blocking::OnAnotherThread => look.await,
        }
    }

    /// Makes the function in a store.
    async fn add<T: Send>(
        store: &mut StoreContextMut<'_, T>,
        view: View<T>,
        module: &Module,
    ) -> Result<TypedFunc<(), ()>> {
        let instance = Instance::new_async(&mut *store, module, &[]).await?;
        let function = instance.get_typed_func::<(), ()>(&mut *store, "look")?;
        let alive = Arc::new(());
        let look = Look { function: function.clone(), store: Arc::downgrade(&alive), place: place_of(store) };
        // The store keeps it, with what it holds.
        Func::wrap(&mut *store, move || drop(Arc::clone(&alive)));
        view(store.data_mut()).ctx.look = Some(look);
        Ok(function)
    }
}
