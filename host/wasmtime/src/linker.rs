//! The interfaces as a linker has them: the name of each operation, and the function that guests call.

use crate::abi::{read, GuestRegion};
use crate::bindings::{Access, Advice, Generation, Outcome, Protection, Sharing};
use crate::calls::{advise, attach, call, call_blocking, open, write};
use crate::ctx::{View, WasiMmap};
use crate::interrupts::Interrupts;
use crate::mapping::Mapping;
use crate::native::{self, span_granularity, Request};
use crate::scheduler::{ready, Scheduler};
use crate::span::Span;
use crate::steps::{Direction, Move, Populate, Resident, Search, Steps, Work};
use crate::store::address_of_state;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::filesystem::Descriptor;

type Operation<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// Adds both interfaces to a linker.
pub fn add<T: Send + 'static>(
    linker: &mut Linker<T>,
    generation: Generation,
    view: View<T>,
    scheduler: Scheduler,
) -> Result<()> {
    let mut mapping = linker.instance(generation.mapping)?;
    define_mapping(&mut mapping, view)?;
    define_blocking(&mut mapping, view, scheduler)?;
    define_steps(&mut mapping, view, scheduler)?;
    define_span(&mut linker.instance(generation.span)?, view, scheduler)
}

/// Defines an operation that may wait for the system.
fn define<T, P, R>(
    instance: &mut LinkerInstance<'_, T>,
    scheduler: Scheduler,
    name: &str,
    operation: impl for<'a> Fn(StoreContextMut<'a, T>, P) -> Operation<'a, R> + Send + Sync + 'static,
) -> Result<()>
where
    T: Send + 'static,
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    match scheduler {
        Scheduler::CallingThread => {
            instance.func_wrap(name, move |store, arguments| ready(operation(store, arguments)))
        }
        Scheduler::BlockingThreads => {
            instance.func_wrap_async(name, move |store, arguments| Box::new(operation(store, arguments)))
        }
    }
}

/// Defines the resource `mapping`, and the operations that touch nothing but memory.
fn define_mapping<T: Send + 'static>(instance: &mut LinkerInstance<'_, T>, view: View<T>) -> Result<()> {
    type This = Resource<Mapping>;
    instance.resource("mapping", ResourceType::host::<Mapping>(), move |mut store, rep| {
        view(store.data_mut()).table.delete(Resource::<Mapping>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("[method]mapping.length", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.query(native::Mapping::length)?,))
    })?;
    instance.func_wrap("[method]mapping.access", move |mut store, (this,): (This,)| {
        Ok((view(store.data_mut()).table.get(&this)?.query(native::Mapping::access)?,))
    })?;
    instance.func_wrap("[method]mapping.read", move |mut store, (this, offset, length): (This, u64, u64)| {
        Ok((read(&mut store, view, this, offset, length)?,))
    })?;
    instance.func_wrap(
        "[method]mapping.write",
        move |mut store, (this, offset, bytes): (This, u64, WasmList<u8>)| {
            Ok((write(&mut store, view, &this, offset, &bytes)?,))
        },
    )?;
    instance.func_wrap(
        "[method]mapping.advise",
        move |mut store, (this, offset, length, advice): (This, u64, u64, Advice)| {
            Ok((call(&mut store, view, &this, |mapping| mapping.advise(offset, length, advice))?,))
        },
    )
}

/// Defines the operations on mappings that may wait for the system.
fn define_blocking<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
) -> Result<()> {
    type This = Resource<Mapping>;
    type File = Option<Resource<Descriptor>>;
    define(instance, scheduler, "mmap", move |store, (file, length, access, offset): (File, u64, Access, u64)| {
        Box::pin(open(store, view, scheduler, file, Request::Access(access), (length, offset)))
    })?;
    define(
        instance,
        scheduler,
        "mmap-posix",
        move |store, (file, length, sharing, protection, offset): (File, u64, Sharing, Protection, u64)| {
            let request = Request::Posix(sharing, protection);
            Box::pin(open(store, view, scheduler, file, request, (length, offset)))
        },
    )?;
    define(instance, scheduler, "[method]mapping.file-size", move |store, (this,): (This,)| {
        Box::pin(call_blocking(store, view, scheduler, this, |state| state.native.file_size()))
    })?;
    define(instance, scheduler, "[method]mapping.flush", move |store, (this, offset, length): (This, u64, u64)| {
        Box::pin(call_blocking(store, view, scheduler, this, move |state| state.native.flush(offset, length)))
    })?;
    define(
        instance,
        scheduler,
        "[method]mapping.start-flush",
        move |store, (this, offset, length): (This, u64, u64)| {
            Box::pin(call_blocking(store, view, scheduler, this, move |state| state.native.start_flush(offset, length)))
        },
    )?;
    define(instance, scheduler, "[method]mapping.resize", move |store, (this, length): (This, u64)| {
        Box::pin(call_blocking(store, view, scheduler, this, move |state| state.resize(length)))
    })?;
    define(instance, scheduler, "[method]mapping.mlock", move |store, (this,): (This,)| {
        Box::pin(call_blocking(store, view, scheduler, this, |state| state.native.mlock()))
    })?;
    define(instance, scheduler, "[method]mapping.munlock", move |store, (this,): (This,)| {
        Box::pin(call_blocking(store, view, scheduler, this, |state| state.native.munlock()))
    })
}

/// Defines an operation on a mapping that goes in steps.
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
    match steps.scheduler {
        Scheduler::CallingThread => instance.func_wrap(name, move |store, arguments: P| {
            let (this, needle, work) = start(arguments);
            ready(steps.run(store, this, needle, work))
        }),
        Scheduler::BlockingThreads => instance.func_wrap_async(name, move |store, arguments: P| {
            let (steps, (this, needle, work)) = (Arc::clone(&steps), start(arguments));
            Box::new(async move { steps.run(store, this, needle, work).await })
        }),
    }
}

/// Defines the operations on mappings that go in steps.
fn define_steps<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
) -> Result<()> {
    type Searched = (Resource<Mapping>, WasmList<u8>, u64, u64);
    type Moved = (Resource<Mapping>, u64, u64, u64);
    type Ranged = (Resource<Mapping>, u64, u64);
    let steps = Arc::new(Steps { view, scheduler, interrupts: Interrupts::default() });
    for (name, direction) in
        [("[method]mapping.find", Direction::Forward), ("[method]mapping.rfind", Direction::Backward)]
    {
        define_long(instance, &steps, name, move |(this, needle, start, end): Searched| {
            (this, Some(needle), Search { direction, start, end })
        })?;
    }
    define_long(instance, &steps, "[method]mapping.move", |(this, destination, source, length): Moved| {
        (this, None, Move { destination, source, length })
    })?;
    define_long(instance, &steps, "[method]mapping.populate", |(this, offset, length): Ranged| {
        (this, None, Populate { offset, length })
    })?;
    define_long(instance, &steps, "[method]mapping.resident", |(this, offset, length): Ranged| {
        (this, None, Resident { offset, length, bytes: 0 })
    })
}

/// Defines the interface `span`.
fn define_span<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    view: View<T>,
    scheduler: Scheduler,
) -> Result<()> {
    type This = Resource<Span>;
    instance.resource("span", ResourceType::host::<Span>(), move |mut store, rep| {
        let span = view(store.data_mut()).table.delete(Resource::<Span>::new_own(rep))?;
        span.detach(address_of_state(&store));
        Ok(())
    })?;
    instance.func_wrap("granularity", move |mut store, (): ()| {
        let allowed = view(store.data_mut()).ctx.span_engine.is_some();
        Ok((span_granularity().filter(|_| allowed),))
    })?;
    instance.func_wrap(
        "attach",
        move |mut store, (mapping, offset, region): (Resource<Mapping>, u64, GuestRegion)| {
            Ok((attach(&mut store, view, &mapping, offset, &region)?,))
        },
    )?;
    define(instance, scheduler, "[method]span.flush", move |mut store, (this, offset, length): (This, u64, u64)| {
        Box::pin(async move {
            let call = view(store.data_mut()).table.get(&this)?.call(move |span| span.flush(offset, length));
            let result = scheduler.run(call).await?;
            view(store.data_mut()).ctx.counts.note(&result);
            Ok((result,))
        })
    })?;
    instance.func_wrap(
        "[method]span.advise",
        move |mut store, (this, offset, length, advice): (This, u64, u64, Advice)| {
            Ok((advise(&mut store, view, &this, (offset, length), advice)?,))
        },
    )?;
    instance.func_wrap("[method]span.faulted", move |mut store, (this,): (This,)| {
        let WasiMmap { ctx, table } = view(store.data_mut());
        let faulted = table.get(&this)?.call(native::Span::faulted)()?;
        if faulted {
            ctx.counts.fault();
        }
        Ok((faulted,))
    })
}
