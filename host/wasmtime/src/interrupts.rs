//! The store's fuel and its epoch deadline end a long call before it is done. wasmtime checks both while a guest
//! runs, and no code of the guest runs while the host works for it.

use crate::compiler::compile;
use crate::ctx::View;
use crate::deadline::{DeadlineCheck, MODULE};
use crate::scheduler::{without_waiting, Scheduler};
use crate::store::address_of_state;
use std::mem;
use std::sync::OnceLock;
use wasmtime::{Module, Result, StoreContextMut, Trap};

/// How many bytes cost a unit of fuel: an instruction of a guest takes about as long.
const BYTES_PER_FUEL: u64 = 16;
/// Fuel is taken for so many bytes at a time, because each time begins a new interval of `fuel_async_yield_interval`.
const PAYMENT: u64 = 1 << 20;

/// What the stores of one linker, and so of one engine, have in common.
#[derive(Default)]
pub struct Interrupts {
    fuel: OnceLock<bool>,
    deadline_check: OnceLock<Option<Module>>,
}

impl Interrupts {
    /// Charges fuel for the bytes that a call went through, and returns whether any was taken. Traps if there is too little.
    pub fn pay<T>(&self, store: &mut StoreContextMut<'_, T>, view: View<T>, bytes: u64) -> Result<bool> {
        if !*self.fuel.get_or_init(|| store.get_fuel().is_ok()) {
            return Ok(false);
        }
        let ctx = view(store.data_mut()).ctx;
        ctx.unpaid = ctx.unpaid.saturating_add(bytes);
        if ctx.unpaid < PAYMENT {
            return Ok(false);
        }
        let price = mem::take(&mut ctx.unpaid) / BYTES_PER_FUEL;
        let fuel = store.get_fuel()?;
        store.set_fuel(fuel.saturating_sub(price))?;
        if fuel < price {
            return Err(Trap::OutOfFuel.into());
        }
        Ok(true)
    }

    /// Has the engine check the store's epoch deadline, and trap, call back or yield as when a guest reaches it. The
    /// calling thread cannot wait: there, the call goes on instead.
    pub async fn check_deadline<T: Send>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        view: View<T>,
        scheduler: Scheduler,
    ) -> Result<()> {
        let Some(module) = self.deadline_check.get_or_init(|| compile(store.engine(), MODULE)) else { return Ok(()) };
        let check = async {
            let address = address_of_state(store);
            let known = view(store.data_mut()).ctx.deadline_check.as_ref();
            let function = if let Some(function) = known.and_then(|check| check.at(address)) {
                function
            } else {
                let check = DeadlineCheck::new(store, module).await?;
                view(store.data_mut()).ctx.deadline_check.insert(check).function.clone()
            };
            function.call_async(&mut *store, ()).await
        };
        match scheduler {
            Scheduler::CallingThread => without_waiting(check).unwrap_or(Ok(())),
            Scheduler::BlockingThreads => check.await,
        }
    }
}
