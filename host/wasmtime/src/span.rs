//! The interface `span`: a file's pages in the memory of a guest.

use crate::calls::{define, with, Blocking, View};
use crate::core::{self, Region};
use crate::generated::wasi_mmap::mmap::mapping::{Advice, ErrorCode};
use crate::limits::Claim;
use crate::{Mapping, Outcome, WasiMmap};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{LinkerInstance, Resource, ResourceType, WasmList};
use wasmtime::{bail, Result, StoreContextMut};

/// The resource `span`, as it lies in the [`ResourceTable`]: detached with it.
///
/// A call on another thread may have it; it goes all the same, when that call is done.
pub struct Span(Arc<Mutex<Option<AttachedSpan>>>);

struct AttachedSpan {
    core: core::Span,
    _claim: Claim,
}

impl Span {
    fn new(core: core::Span, claim: Claim) -> Self {
        Self(Arc::new(Mutex::new(Some(AttachedSpan { core, _claim: claim }))))
    }

    /// What a call on it does, on any thread.
    fn call<R>(&self, call: impl FnOnce(&mut core::Span) -> R) -> impl FnOnce() -> Result<R>
    where
        R: Send + 'static,
    {
        let shared = Arc::clone(&self.0);
        move || match shared.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(span) => Ok(call(&mut span.core)),
            None => bail!("a span that was dropped"),
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        // Now, and not when a call that was given up ends: the guest may use the region for something else.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Attaches a span, and puts it into the table.
fn attach<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    offset: u64,
    region: &WasmList<u8>,
) -> Result<Outcome<Resource<Span>>> {
    let bytes = region.as_le_slice(&*store);
    let region = Region { address: bytes.as_ptr().addr(), length: bytes.len() };
    let WasiMmap { ctx, .. } = view(store.data_mut());
    let (usage, memories) = (Arc::clone(&ctx.usage), ctx.spans.clone());
    let span = with(store, view, this, |core| {
        let memories = memories.ok_or(ErrorCode::Unsupported)?;
        let memory = memories.find(region);
        if memory.is_some() || region.length == 0 {
            core.may_attach(offset, region)?;
        }
        let memory = memory.ok_or(ErrorCode::Unsupported)?;
        let claim = usage.claim()?; // Before anything is placed.
        Ok(Span::new(core::Span::attach(core, offset, region, memory)?, claim))
    })?;
    Ok(match span {
        Ok(span) => Ok(view(store.data_mut()).table.push(span)?),
        Err(code) => Err(code),
    })
}

/// Defines the interface `span`.
pub fn define_spans<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    blocking: Blocking,
) -> Result<()> {
    type This = Resource<Span>;
    instance.resource("span", ResourceType::host::<Span>(), move |mut store, rep| {
        view(store.data_mut()).table.delete(Resource::<Span>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("granularity", move |mut store, (): ()| {
        let allowed = view(store.data_mut()).ctx.spans.is_some();
        Ok((core::span_granularity().filter(|_| allowed),))
    })?;
    instance.func_wrap(
        "attach",
        move |mut store, (mapping, offset, region): (Resource<Mapping>, u64, WasmList<u8>)| {
            Ok((attach(&mut store, view, &mapping, offset, &region)?,))
        },
    )?;
    define(instance, blocking, "[method]span.flush", move |mut store, (this, offset, length): (This, u64, u64)| {
        Box::pin(async move {
            let call = view(store.data_mut()).table.get(&this)?.call(move |span| span.flush(offset, length));
            Ok((blocking.run(call).await?,))
        })
    })?;
    instance.func_wrap(
        "[method]span.advise",
        move |mut store, (this, offset, length, advice): (This, u64, u64, Advice)| {
            let call = view(store.data_mut()).table.get(&this)?.call(|span| span.advise(offset, length, advice));
            Ok((call()?,))
        },
    )?;
    instance.func_wrap("[method]span.faulted", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.call(core::Span::faulted)()?,))
    })
}
