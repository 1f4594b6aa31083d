//! Calls of guests on the mappings and spans in the table of their store.

use crate::abi::{guest_address, list_of, GuestRegion};
use crate::bindings::{Advice, ErrorCode, Outcome};
use crate::ctx::{View, WasiMmap};
use crate::lock::lock;
use crate::mapping::{Mapping, Opening, State};
use crate::metrics::event;
use crate::native::{self, Region, Request};
use crate::scheduler::Scheduler;
use crate::span::Span;
use crate::store::address_of_state;
use crate::store_spans::StoreSpans;
use std::sync::Arc;
use wasmtime::component::{Resource, WasmList};
use wasmtime::{bail, Result, StoreContextMut};
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
    let opened = scheduler.run(move || opening.open(length, offset)).await;
    let WasiMmap { ctx, table } = view(store.data_mut());
    ctx.counts.note(&opened);
    Ok((match opened {
        Ok(mapping) => {
            event!(debug, length, offset, "a guest has mapped");
            Ok(table.push(mapping)?)
        }
        Err(code) => {
            event!(debug, length, offset, error = code.name(), "a mapping was refused");
            Err(code)
        }
    },))
}

/// Makes a call on a mapping that may wait for the system.
pub async fn call_blocking<T: Send, R: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
    this: Resource<Mapping>,
    work: impl FnOnce(&mut State) -> Outcome<R> + Send + 'static,
) -> Result<(Outcome<R>,)> {
    let mapping = view(store.data_mut()).table.get_mut(&this)?;
    let result = match scheduler {
        Scheduler::CallingThread => mapping.state().and_then(work),
        Scheduler::BlockingThreads => match mapping.share() {
            Ok(state) => scheduler.run(move || work(&mut lock(&state))).await,
            Err(code) => Err(code),
        },
    };
    view(store.data_mut()).ctx.counts.note(&result);
    Ok((result,))
}

/// Makes a call on a mapping.
pub fn call<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    work: impl FnOnce(&mut native::Mapping) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let WasiMmap { ctx, table } = view(store.data_mut());
    let result = table.get_mut(this)?.state().and_then(|state| work(&mut state.native));
    ctx.counts.note(&result);
    Ok(result)
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
    let WasiMmap { ctx, table } = view(store.data_mut());
    ctx.counts.note(&result);
    table.get_mut(this)?.put_back(state);
    Ok(result)
}

/// Writes bytes of the guest.
pub fn write<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    offset: u64,
    bytes: &WasmList<u8>,
) -> Result<Outcome<()>> {
    let result =
        call_with_bytes(store, view, this, bytes, |mapping, bytes| mapping.write(offset, bytes).map(|()| bytes.len()))?;
    Ok(result.map(|length| view(store.data_mut()).ctx.counts.written += length as u64))
}

/// Attaches a span, and puts it into the table.
pub fn attach<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    offset: u64,
    passed: &GuestRegion,
) -> Result<Outcome<Resource<Span>>> {
    let bytes = list_of(passed).as_le_slice(&*store);
    let region = Region { address: bytes.as_ptr().expose_provenance(), length: bytes.len() };
    let in_guest = Region { address: guest_address(passed, region.address), ..region };
    let WasiMmap { ctx, .. } = view(store.data_mut());
    let (usage, known) = (Arc::clone(&ctx.usage), ctx.spans.clone());
    let Some(engine) = ctx.span_engine.clone() else { return Ok(Err(ErrorCode::Unsupported)) };
    let spans = StoreSpans::of(store, known);
    view(store.data_mut()).ctx.spans = Some(Arc::clone(&spans));
    let may_hold = engine.may_hold(store.engine(), region, &spans);
    let span = call(store, view, this, |mapping| {
        if may_hold || region.length == 0 {
            native::Span::may_attach(mapping, offset, in_guest)?;
        }
        if !may_hold {
            return Err(ErrorCode::Unsupported);
        }
        // Before any page is placed.
        let claim = usage.claim_span(region.length as u64)?;
        // SAFETY: a guest of this store passes the region and waits. Its memory belongs to the store, and does not move.
        let native = unsafe { spans.attach(mapping, offset, region) }?;
        claim.made();
        Ok(Span::new(native, Arc::clone(&spans), claim))
    })?;
    Ok(match span {
        Ok(span) => {
            event!(debug, offset, length = region.length, "a guest has attached a span");
            Ok(view(store.data_mut()).table.push(span)?)
        }
        Err(code) => {
            event!(debug, offset, length = region.length, error = code.name(), "a span was refused");
            Err(code)
        }
    })
}

/// Passes advice for a part of a span on.
pub fn advise<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Span>,
    (offset, length): (u64, u64),
    advice: Advice,
) -> Result<Outcome<()>> {
    let address = address_of_state(store);
    let span = view(store.data_mut()).table.get(this)?;
    // A host may have moved the table here from another store.
    if !span.is_at(address) {
        bail!("a span of another store");
    }
    // SAFETY: the span is one of this store's, whose guest waits for this call.
    span.call(|span| unsafe { span.advise(offset, length, advice) })()
}
