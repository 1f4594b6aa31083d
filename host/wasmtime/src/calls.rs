//! The operations of the interface `mapping`, as a linker calls them.

use crate::core::{self, Request};
use crate::generated::wasi_mmap::mmap::mapping::{Access, Advice, Protection, Sharing};
use crate::interrupts::Interrupts;
use crate::lower::Bytes;
use crate::mapping::{lock, Mapping, Opening, State};
use crate::steps::{Direction, Move, Search, Steps, Work};
use crate::{Outcome, WasiMmap};
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::runtime::spawn_blocking;

/// Where calls run that may wait for the system, or take long.
#[derive(Clone, Copy)]
pub enum Blocking {
    Here,
    OnAnotherThread,
}

impl Blocking {
    pub async fn run<R: Send + 'static>(self, work: impl FnOnce() -> R + Send + 'static) -> R {
        match self {
            Blocking::Here => work(),
            Blocking::OnAnotherThread => spawn_blocking(work).await,
        }
    }
}

/// The result of a future that waits for nothing.
fn ready<R>(future: impl Future<Output = R>) -> R {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("Blocking::Here waits for nothing"),
    }
}

pub type View<T> = fn(&mut T) -> WasiMmap<'_>;
type Operation<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// Defines an operation that may wait for the system.
pub fn define<T, P, R>(
    instance: &mut LinkerInstance<'_, T>,
    blocking: Blocking,
    name: &str,
    operation: impl for<'a> Fn(StoreContextMut<'a, T>, P) -> Operation<'a, R> + Send + Sync + 'static,
) -> Result<()>
where
    T: Send + 'static,
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    match blocking {
        Blocking::Here => instance.func_wrap(name, move |store, arguments| ready(operation(store, arguments))),
        Blocking::OnAnotherThread => {
            instance.func_wrap_async(name, move |store, arguments| Box::new(operation(store, arguments)))
        }
    }
}

/// Maps a file and puts the mapping into the table.
async fn open<T: Send>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    blocking: Blocking,
    file: Option<Resource<Descriptor>>,
    request: Request,
    (length, offset): (u64, u64),
) -> Result<(Outcome<Resource<Mapping>>,)> {
    let opening = match Opening::new(&view(store.data_mut()), file.as_ref(), request)? {
        Ok(opening) => opening,
        Err(code) => return Ok((Err(code),)),
    };
    Ok((match blocking.run(move || opening.open(length, offset)).await {
        Ok(mapping) => Ok(view(store.data_mut()).table.push(mapping)?),
        Err(code) => Err(code),
    },))
}

/// Calls with the state of a mapping what may wait for the system.
async fn work<T: Send, R: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    view: View<T>,
    blocking: Blocking,
    this: Resource<Mapping>,
    call: impl FnOnce(&mut State) -> Outcome<R> + Send + 'static,
) -> Result<(Outcome<R>,)> {
    let mapping = view(store.data_mut()).table.get_mut(&this)?;
    let state = match blocking {
        Blocking::Here => return Ok((mapping.state().and_then(call),)),
        Blocking::OnAnotherThread => mapping.share(),
    };
    Ok((match state {
        Ok(state) => blocking.run(move || call(&mut lock(&state))).await,
        Err(code) => Err(code),
    },))
}

/// Calls with a mapping.
pub fn with<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    call: impl FnOnce(&mut core::Mapping) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mapping = view(store.data_mut()).table.get_mut(this)?;
    Ok(mapping.state().and_then(|state| call(&mut state.core)))
}

/// Calls with a mapping and bytes of the guest. The table and the guest's memory are both the store's, so that the
/// mapping leaves the table meanwhile.
pub fn with_bytes<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    view: View<T>,
    this: &Resource<Mapping>,
    bytes: &WasmList<u8>,
    call: impl FnOnce(&mut core::Mapping, &[u8]) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let mut state = match view(store.data_mut()).table.get_mut(this)?.take() {
        Ok(state) => state,
        Err(code) => return Ok(Err(code)),
    };
    let result = call(&mut state.core, bytes.as_le_slice(&store));
    view(store.data_mut()).table.get_mut(this)?.put_back(state);
    Ok(result)
}

/// Defines what may wait for the system.
fn define_blocking<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    blocking: Blocking,
) -> Result<()> {
    type This = Resource<Mapping>;
    type MaybeFile = Option<Resource<Descriptor>>;
    define(instance, blocking, "mmap", move |store, (file, length, access, offset): (MaybeFile, u64, Access, u64)| {
        Box::pin(open(store, view, blocking, file, Request::Access(access), (length, offset)))
    })?;
    define(
        instance,
        blocking,
        "mmap-posix",
        move |store, (file, length, sharing, protection, offset): (MaybeFile, u64, Sharing, Protection, u64)| {
            let request = Request::Posix(sharing, protection);
            Box::pin(open(store, view, blocking, file, request, (length, offset)))
        },
    )?;
    define(instance, blocking, "[method]mapping.file-size", move |store, (this,): (This,)| {
        Box::pin(work(store, view, blocking, this, |state| state.core.file_size()))
    })?;
    define(instance, blocking, "[method]mapping.flush", move |store, (this, offset, length): (This, u64, u64)| {
        Box::pin(work(store, view, blocking, this, move |state| state.core.flush(offset, length)))
    })?;
    define(instance, blocking, "[method]mapping.resize", move |store, (this, length): (This, u64)| {
        Box::pin(work(store, view, blocking, this, move |state| state.core.resize(length)))
    })
}

/// Defines an operation that may take long.
fn define_long<T, P, W>(
    instance: &mut LinkerInstance<'_, T>,
    steps: &Arc<Steps<T>>,
    name: &str,
    start: impl Fn(P) -> (Resource<Mapping>, Option<WasmList<u8>>, W) + Send + Sync + 'static,
) -> Result<()>
where
    T: Send + 'static,
    P: ComponentNamedList + Lift + Send + 'static,
    W: Work,
    (Outcome<W::Result>,): ComponentNamedList + Lower,
{
    let steps = Arc::clone(steps);
    match steps.blocking {
        Blocking::Here => instance.func_wrap(name, move |store, arguments: P| {
            let (this, needle, work) = start(arguments);
            ready(steps.run(store, this, needle, work))
        }),
        Blocking::OnAnotherThread => instance.func_wrap_async(name, move |store, arguments: P| {
            let (steps, (this, needle, work)) = (Arc::clone(&steps), start(arguments));
            Box::new(async move { steps.run(store, this, needle, work).await })
        }),
    }
}

/// Defines what may take long.
fn define_all_long<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    blocking: Blocking,
) -> Result<()> {
    type Searched = (Resource<Mapping>, WasmList<u8>, u64, u64);
    type Moved = (Resource<Mapping>, u64, u64, u64);
    let steps = Arc::new(Steps { view, blocking, interrupts: Interrupts::default() });
    for (name, direction) in
        [("[method]mapping.find", Direction::Forward), ("[method]mapping.rfind", Direction::Backward)]
    {
        define_long(instance, &steps, name, move |(this, needle, start, end): Searched| {
            (this, Some(needle), Search { direction, start, end })
        })?;
    }
    define_long(instance, &steps, "[method]mapping.move", |(this, destination, source, length): Moved| {
        (this, None, Move { destination, source, length })
    })
}

/// Defines the resource, and what touches nothing but memory.
fn define_others<T: Send + 'static>(instance: &mut LinkerInstance<'_, T>, view: View<T>) -> Result<()> {
    type This = Resource<Mapping>;
    instance.resource("mapping", ResourceType::host::<Mapping>(), move |mut store, rep| {
        view(store.data_mut()).table.delete(Resource::<Mapping>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("[method]mapping.length", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.ask(core::Mapping::length)?,))
    })?;
    instance.func_wrap("[method]mapping.access", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.ask(core::Mapping::access)?,))
    })?;
    instance.func_wrap("[method]mapping.read", move |_, (this, offset, length): (This, u64, u64)| {
        Ok((Bytes { view, this, offset, length },))
    })?;
    instance.func_wrap(
        "[method]mapping.write",
        move |mut store, (this, offset, bytes): (This, u64, WasmList<u8>)| {
            Ok((with_bytes(&mut store, view, &this, &bytes, |core, bytes| core.write(offset, bytes))?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.advise",
        move |mut store, (this, offset, length, advice): (This, u64, u64, Advice)| {
            Ok((with(&mut store, view, &this, |core| core.advise(offset, length, advice))?,))
        },
    )
}

/// Defines the interface `mapping`.
pub fn define_mappings<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    blocking: Blocking,
) -> Result<()> {
    define_blocking(instance, view, blocking)?;
    define_all_long(instance, view, blocking)?;
    define_others(instance, view)
}
