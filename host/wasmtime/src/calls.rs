//! Calls of guests on the mappings and spans in the table of their store.

use crate::bindings::{ErrorCode, Outcome};
use crate::ctx::{View, WasiMmap};
use crate::mapping::{lock, Mapping, Opening};
use crate::native::{self, Region, Request};
use crate::scheduler::Scheduler;
use crate::span::Span;
use std::sync::Arc;
use wasmtime::component::{Resource, WasmList};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::Descriptor;

/// Maps a file, and puts the mapping into the table.
pub async fn open<T: Send>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
    file: Option<Resource<Descriptor>>,
    request: Request,
    (length, offset): (u64, u64),
) -> Result<(Outcome<Resource<Mapping>>,)> {
    let WasiMmap { ctx, table } = view(store.data_mut());
    let opening = match Opening::new(table, &ctx.usage, file.as_ref(), request)? {
        Ok(opening) => opening,
        Err(code) => return Ok((Err(code),)),
    };
    Ok((match scheduler.run(move || opening.open(length, offset)).await {
        Ok(mapping) => Ok(view(store.data_mut()).table.push(mapping)?),
        Err(code) => Err(code),
    },))
}

/// Makes a call on a mapping that may wait for the system.
pub async fn call_blocking<T: Send, R: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
    this: Resource<Mapping>,
    work: impl FnOnce(&mut native::Mapping) -> Outcome<R> + Send + 'static,
) -> Result<(Outcome<R>,)> {
    let mapping = view(store.data_mut()).table.get_mut(&this)?;
    let state = match scheduler {
        Scheduler::CallingThread => return Ok((mapping.state().and_then(|state| work(&mut state.native)),)),
        Scheduler::BlockingThreads => mapping.share(),
    };
    Ok((match state {
        Ok(state) => scheduler.run(move || work(&mut lock(&state).native)).await,
        Err(code) => Err(code),
    },))
}

/// Makes a call on a mapping.
pub fn call<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    work: impl FnOnce(&mut native::Mapping) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mapping = view(store.data_mut()).table.get_mut(this)?;
    Ok(mapping.state().and_then(|state| work(&mut state.native)))
}

/// Makes a call on a mapping with bytes of the guest. The table and the guest's memory both belong to the store, so the
/// mapping leaves the table for the call.
pub fn call_with_bytes<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    bytes: &WasmList<u8>,
    work: impl FnOnce(&mut native::Mapping, &[u8]) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mut state = match view(store.data_mut()).table.get_mut(this)?.take() {
        Ok(state) => state,
        Err(code) => return Ok(Err(code)),
    };
    let result = work(&mut state.native, bytes.as_le_slice(&store));
    view(store.data_mut()).table.get_mut(this)?.put_back(state);
    Ok(result)
}

/// Attaches a span, and puts it into the table.
pub fn attach<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    offset: u64,
    region: &WasmList<u8>,
) -> Result<Outcome<Resource<Span>>> {
    let bytes = region.as_le_slice(&*store);
    let region = Region { address: bytes.as_ptr().addr(), length: bytes.len() };
    let WasiMmap { ctx, .. } = view(store.data_mut());
    let (usage, memories) = (Arc::clone(&ctx.usage), ctx.memories.clone());
    let span = call(store, view, this, |mapping| {
        let memories = memories.ok_or(ErrorCode::Unsupported)?;
        let memory = memories.find(region);
        if memory.is_some() || region.length == 0 {
            native::Span::may_attach(mapping, offset, region)?;
        }
        let memory = memory.ok_or(ErrorCode::Unsupported)?;
        let claim = usage.claim()?; // Before any page is placed.
        Ok(Span::new(native::Span::attach(mapping, offset, region, memory)?, claim))
    })?;
    Ok(match span {
        Ok(span) => Ok(view(store.data_mut()).table.push(span)?),
        Err(code) => Err(code),
    })
}
