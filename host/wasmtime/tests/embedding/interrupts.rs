//! Fuel and epoch deadlines also end the calls of a guest.

use crate::common::{alone, async_linker, guest, linker, run, run_async, store, Folder, State};
use crate::disk::Disk;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{Component, Linker};
use wasmtime::{format_err, Config, Engine, Result, Store, StoreLimitsBuilder, UpdateDeadline};
use wasmtime_wasi_mmap::{live_regions, WasiMmapCtx};

/// The kinds of linkers that guests run with, on this thread.
const WAYS: [Way; 3] = [Way::Sync, Way::Async, Way::Mixed];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Sync,
    Async,
    /// An asynchronous store whose linker has the synchronous functions of this interface.
    Mixed,
}

struct Runner {
    engine: Engine,
    component: Component,
    folder: Folder,
    linkers: [Linker<State>; 3],
    runtime: tokio::runtime::Runtime,
}

impl Runner {
    fn new(config: &Config) -> Self {
        let engine = Engine::new(config).unwrap();
        let mut mixed = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut mixed).unwrap();
        wasmtime_wasi_mmap::add_to_linker(&mut mixed, crate::common::view).unwrap();
        Self {
            component: guest(&engine, "hostile"),
            folder: Folder::new(),
            linkers: [linker(&engine), async_linker(&engine), mixed],
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            engine,
        }
    }

    fn store(&self, scenario: &str) -> Store<State> {
        store(&self.engine, &self.folder, WasiMmapCtx::default(), &[scenario])
    }

    fn run(&self, way: Way, store: &mut Store<State>) -> std::result::Result<i32, String> {
        let linker = &self.linkers[way as usize];
        match way {
            Way::Sync => run(store, linker, &self.component),
            _ => self.runtime.block_on(run_async(store, linker, &self.component)),
        }
    }

    /// Sets the length of the file that is searched.
    fn set_length(&self, length: u64) {
        let path = self.folder.0.join("sparse");
        std::fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
    }
}

#[test]
fn bytes_that_are_gone_through_cost_fuel() {
    const PRICE: u64 = (1 << 30) / 16;
    // More than the guest itself takes, with 2 MiB of data where the engine copies it.
    const OWN: u64 = 8 << 20;
    let _turn = alone();
    let runner = Runner::new(Config::new().consume_fuel(true));
    for (scenario, price) in
        [("search-1-gib", PRICE), ("search-1-gib-backward", PRICE), ("move-1-gib", PRICE), ("search-nothing", 0)]
    {
        for way in WAYS {
            for fuel in [PRICE / 2, PRICE, PRICE + OWN] {
                let mut store = runner.store(scenario);
                store.set_fuel(fuel).unwrap();
                let result = runner.run(way, &mut store);
                let left = store.get_fuel().unwrap();
                assert_eq!(store.data().mmap.metrics().cut_off, u64::from(fuel <= price), "{scenario} {way:?} {fuel}");
                if fuel > price {
                    assert_eq!(result, Ok(0), "{scenario} {way:?} {fuel}");
                    assert!(left < fuel - price && left > fuel - price - OWN, "{scenario} {way:?}: {left} of {fuel}");
                } else {
                    let message = result.unwrap_err();
                    assert!(message.contains("all fuel consumed"), "{scenario} {way:?} {fuel}: {message}");
                }
            }
        }
    }
}

/// The guest searches again and again, and its own instructions never fill an interval.
#[test]
fn what_searches_cost_counts_as_an_interval() {
    let _turn = alone();
    let runner = Runner::new(Config::new().consume_fuel(true));
    let mut store = runner.store("search-often");
    store.set_fuel(u64::MAX).unwrap();
    store.fuel_async_yield_interval(Some(50_000)).unwrap();
    let entered = runner.runtime.enter();
    let mut call = pin!(run_async(&mut store, &runner.linkers[Way::Async as usize], &runner.component));
    let mut yielded = 0;
    let result = loop {
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => break result,
            Poll::Pending => yielded += usize::from(live_regions() > 0),
        }
    };
    drop(entered);
    assert_eq!(result, Ok(0));
    assert!(yielded >= 1000, "{yielded}");
}

const LONG: u64 = 8 * (64 << 20);
/// The checks between the steps of a search of that length.
const LOOKS: usize = 7;

type Behaviour = fn() -> Result<UpdateDeadline>;

/// Counts how often the engine checks the deadline, which has always expired: it does what `before` says in the first
/// `usual` checks, and then what `after` says.
fn count(store: &mut Store<State>, usual: usize, before: Behaviour, after: Behaviour) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    store.epoch_deadline_callback(move |_| {
        let looked = counted.fetch_add(1, Ordering::Relaxed);
        if looked < usual {
            before()
        } else {
            after()
        }
    });
    count
}

#[test]
fn the_deadline_is_looked_at_between_steps() {
    let _turn = alone();
    let runner = Runner::new(Config::new().epoch_interruption(true));
    let go_on: Behaviour = || Ok(UpdateDeadline::Continue(0));
    for way in WAYS {
        let _disk = Disk::new();
        let looks = |length, before, after, usual| {
            runner.set_length(length);
            let mut store = runner.store("search-file");
            let count = count(&mut store, usual, before, after);
            let result = runner.run(way, &mut store);
            assert_eq!(store.data().mmap.metrics().cut_off, u64::from(result.is_err()), "{way:?}");
            (result, count.load(Ordering::Relaxed))
        };
        // The guest does the same, except for the search.
        let (short, usual) = looks(1 << 16, go_on, go_on, 0);
        assert_eq!(short, Ok(0));
        assert_eq!(looks(LONG, go_on, go_on, 0), (Ok(0), usual + LOOKS), "{way:?}");
        let refuse: Behaviour = || Err(format_err!("it is over"));
        assert_eq!(looks(LONG, go_on, refuse, usual), (Err("it is over".to_owned()), usual + 1), "{way:?}");
        let interrupt: Behaviour = || Ok(UpdateDeadline::Interrupt);
        let (result, _) = looks(LONG, go_on, interrupt, usual);
        assert_eq!(result, Err("wasm trap: interrupt".to_owned()), "{way:?}");
        if way != Way::Sync {
            let let_others: Behaviour = || Ok(UpdateDeadline::Yield(0));
            assert_eq!(looks(LONG, let_others, let_others, 0), (Ok(0), usual + LOOKS), "{way:?}");
        }
    }
}

/// Where nothing can wait, a search goes on, and the guest yields when it runs again. Only Linux tells the steps.
#[cfg(target_os = "linux")]
#[test]
fn a_deadline_that_waits_does_not_stop_a_search_on_this_thread() {
    let _turn = alone();
    let runner = Runner::new(Config::new().epoch_interruption(true));
    runner.set_length(LONG);
    let disk = Disk::new();
    let mut store = runner.store("search-file");
    let (mut steps, waited) = (0, Arc::new(AtomicUsize::new(0)));
    let waits = Arc::clone(&waited);
    store.epoch_deadline_callback(move |_| {
        let before = std::mem::replace(&mut steps, Disk::all_steps());
        if steps == before {
            return Ok(UpdateDeadline::Continue(0)); // The guest runs.
        }
        if waits.fetch_add(1, Ordering::Relaxed) == LOOKS {
            return Err(format_err!("the guest itself would wait"));
        }
        Ok(UpdateDeadline::YieldCustom(0, Box::pin(std::future::pending())))
    });
    assert_eq!(runner.run(Way::Mixed, &mut store), Ok(0));
    assert_eq!((waited.load(Ordering::Relaxed), disk.steps_here()), (LOOKS, LOOKS));
}

/// The check of the deadline is made anew where the state of a store moves to another one.
#[test]
fn the_state_of_a_store_goes_on_in_others() {
    let _turn = alone();
    let runner = Runner::new(Config::new().epoch_interruption(true));
    runner.set_length(LONG);
    let _disk = Disk::new();
    let mut first = runner.store("search-file");
    let mut second = runner.store("search-file");
    for store in [&mut first, &mut second] {
        store.set_epoch_deadline(1);
        assert_eq!(runner.run(Way::Sync, store), Ok(0));
    }
    std::mem::swap(first.data_mut(), second.data_mut());
    assert_eq!(runner.run(Way::Sync, &mut first), Ok(0));
    for _ in 0..3 {
        let mut next = Store::new(&runner.engine, first.into_data());
        next.set_hostcall_fuel(usize::MAX);
        next.set_epoch_deadline(1);
        assert_eq!(runner.run(Way::Sync, &mut next), Ok(0));
        first = next;
    }
    assert_eq!(runner.run(Way::Sync, &mut second), Ok(0));
}

/// In a store without room for the instance of the check, a search that could not be stopped traps.
#[test]
fn a_store_without_room_ends_long_searches() {
    let _turn = alone();
    let runner = Runner::new(&Config::new());
    let _disk = Disk::new();
    let result = |length, instances| {
        runner.set_length(length);
        let mut store = runner.store("search-file");
        store.data_mut().limits = StoreLimitsBuilder::new().instances(instances).build();
        store.limiter(|state| &mut state.limits);
        runner.run(Way::Sync, &mut store)
    };
    assert_eq!(result(LONG, 9), Ok(0));
    let least =
        (1..10).find(|instances| matches!(catch_unwind(AssertUnwindSafe(|| result(1 << 16, *instances))), Ok(Ok(0))));
    let message = result(LONG, least.unwrap()).unwrap_err();
    assert!(message.contains("instance"), "{message}");
    assert_eq!(result(LONG, least.unwrap() + 1), Ok(0));
}
