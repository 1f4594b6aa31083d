//! Calls that may take long, `find`, `rfind`, `move`, `populate` and `resident`: they go in steps, and can be stopped between them.

use crate::bindings::Outcome;
use crate::calls::{call, call_with_bytes};
use crate::ctx::View;
use crate::interrupts::Interrupts;
use crate::lock::lock;
use crate::mapping::Mapping;
use crate::native::{self, Found};
use crate::scheduler::{yield_now, Scheduler};
use std::sync::Arc;
use wasmtime::component::{Resource, WasmList};
use wasmtime::{format_err, Result, StoreContextMut};

/// Work on so many bytes is done before another thread is asked. It is also the longest needle that is copied for one.
const SHORT: u64 = 1 << 20;

/// The bytes that a step went through, and the result if it was the last one.
pub type Step<R> = Outcome<(u64, Option<R>)>;

/// A call in steps.
pub trait Work: Send + 'static {
    type Result: Send + 'static;
    /// The bytes of it that are done before another thread is asked.
    fn head(&self) -> u64;
    /// Goes through at most `most` bytes, which is at least 1. Work other than a search ignores `most`, and goes as far as the
    /// core does.
    fn step(&mut self, mapping: &mut native::Mapping, needle: &[u8], most: u64) -> Step<Self::Result>;
}

#[derive(Clone, Copy)]
pub enum Direction {
    Forward,
    Backward,
}

/// The rest of a search: the range that the needle must lie in.
pub struct Search {
    pub direction: Direction,
    pub start: u64,
    pub end: u64,
}

impl Work for Search {
    type Result = Option<u64>;

    fn head(&self) -> u64 {
        SHORT
    }

    /// A byte counts when the needle was compared with the bytes that begin there.
    fn step(&mut self, mapping: &mut native::Mapping, needle: &[u8], most: u64) -> Step<Option<u64>> {
        let overlap = (needle.len() as u64).saturating_sub(1);
        self.end = self.end.min(mapping.length());
        let (mut start, mut end) = (self.start, self.end);
        let window = most.saturating_add(overlap);
        let found = match self.direction {
            Direction::Forward => {
                end = end.min(start.saturating_add(window));
                mapping.find_step(needle, &mut start, end)?
            }
            Direction::Backward => {
                start = start.max(end.saturating_sub(window));
                mapping.rfind_step(needle, start, &mut end)?
            }
        };
        let before = self.end.saturating_sub(self.start);
        match (found, self.direction) {
            (Found::At(at), Direction::Forward) => return Ok((at - self.start, Some(Some(at)))),
            (Found::At(at), Direction::Backward) => return Ok((self.end - at, Some(Some(at)))),
            // Not in the window, but the needle may begin in its last bytes, or end in its first ones.
            (Found::Nowhere, Direction::Forward) if end < self.end => self.start = end - overlap,
            (Found::Nowhere, Direction::Backward) if start > self.start => self.end = start + overlap,
            (Found::Nowhere, _) => return Ok((before, Some(None))),
            (Found::NotYet, Direction::Forward) => self.start = start,
            (Found::NotYet, Direction::Backward) => self.end = end,
        }
        Ok((before - (self.end - self.start), None))
    }
}

/// The rest of a move.
pub struct Move {
    pub destination: u64,
    pub source: u64,
    pub length: u64,
}

impl Work for Move {
    type Result = ();

    fn head(&self) -> u64 {
        if self.length <= SHORT {
            SHORT
        } else {
            0
        }
    }

    fn step(&mut self, mapping: &mut native::Mapping, _: &[u8], _: u64) -> Step<()> {
        let before = self.length;
        mapping.move_step(&mut self.destination, &mut self.source, &mut self.length)?;
        Ok((before - self.length, (self.length == 0).then_some(())))
    }
}

/// The rest of a range that is loaded. Each page may wait for the disk, so none of it is done on the caller's thread.
pub struct Populate {
    pub offset: u64,
    pub length: u64,
}

impl Work for Populate {
    type Result = ();

    fn head(&self) -> u64 {
        0
    }

    fn step(&mut self, mapping: &mut native::Mapping, _: &[u8], _: u64) -> Step<()> {
        let before = self.length;
        mapping.populate_step(&mut self.offset, &mut self.length)?;
        Ok((before - self.length, (self.length == 0).then_some(())))
    }
}

/// The rest of a range whose bytes in memory are counted, and the count.
pub struct Resident {
    pub offset: u64,
    pub length: u64,
    pub bytes: u64,
}

impl Work for Resident {
    type Result = u64;

    fn head(&self) -> u64 {
        if self.length <= SHORT {
            SHORT
        } else {
            0
        }
    }

    fn step(&mut self, mapping: &mut native::Mapping, _: &[u8], _: u64) -> Step<u64> {
        let before = self.length;
        mapping.resident_step(&mut self.offset, &mut self.length, &mut self.bytes)?;
        Ok((before - self.length, (self.length == 0).then_some(self.bytes)))
    }
}

/// How a linker makes calls in steps.
pub struct Steps<T: 'static> {
    pub view: View<T>,
    pub scheduler: Scheduler,
    pub interrupts: Interrupts,
}

impl<T: Send + 'static> Steps<T> {
    /// Makes a call for a guest.
    ///
    /// With [`Scheduler::BlockingThreads`] short work is still done on this thread. Longer work runs there, a step at a time,
    /// so a call whose future is dropped ends with its current step.
    ///
    /// # Errors
    ///
    /// Traps if the store has too little fuel, its deadline has expired, or the search is longer than the host allows.
    pub async fn run<W: Work>(
        &self,
        mut store: StoreContextMut<'_, T>,
        this: Resource<Mapping>,
        needle: Option<WasmList<u8>>,
        mut work: W,
    ) -> Result<(Outcome<W::Result>,)> {
        let mut left = match &needle {
            Some(_) => (self.view)(store.data_mut()).ctx.max_search,
            None => u64::MAX,
        };
        let here = self.scheduler == Scheduler::CallingThread;
        let head = work.head();
        if !here && head > 0 {
            let step = self.step(&mut store, &this, needle.as_ref(), &mut work, left.min(head))?;
            let (result, paid) = self.after(&mut store, step, &mut left)?;
            if paid {
                yield_now().await; // A guest that calls again and again would never end an interval.
            }
            if let Some(result) = result {
                return Ok((result,));
            }
        }
        if !here && needle.as_ref().is_none_or(|needle| needle.as_le_slice(&store).len() as u64 <= SHORT) {
            return self.run_elsewhere(store, this, needle, work, left).await;
        }
        loop {
            let step = self.step(&mut store, &this, needle.as_ref(), &mut work, left)?;
            if let (Some(result), _) = self.after(&mut store, step, &mut left)? {
                return Ok((result,));
            }
            if !here {
                yield_now().await;
            }
            self.check_deadline(&mut store).await?;
        }
    }

    async fn run_elsewhere<W: Work>(
        &self,
        mut store: StoreContextMut<'_, T>,
        this: Resource<Mapping>,
        needle: Option<WasmList<u8>>,
        mut work: W,
        mut left: u64,
    ) -> Result<(Outcome<W::Result>,)> {
        // A copy, because the guest's memory cannot leave the store.
        let needle: Arc<[u8]> = needle.map_or_else(Arc::default, |needle| needle.as_le_slice(&store).into());
        let state = match (self.view)(store.data_mut()).table.get_mut(&this)?.share() {
            Ok(state) => state,
            Err(code) => return Ok((Err(code),)),
        };
        loop {
            let (state, needle) = (Arc::clone(&state), Arc::clone(&needle));
            let step = move || (work.step(&mut lock(&state).native, &needle, left), work);
            let (step, rest) = self.scheduler.run(step).await;
            work = rest;
            if let (Some(result), _) = self.after(&mut store, step, &mut left)? {
                return Ok((result,));
            }
            self.check_deadline(&mut store).await?;
        }
    }

    /// Returns the result of the call if a step was the last one, and whether fuel was paid.
    fn after<R>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        step: Step<R>,
        left: &mut u64,
    ) -> Result<(Option<Outcome<R>>, bool)> {
        let counts = &mut (self.view)(store.data_mut()).ctx.counts;
        counts.note(&step);
        let (passed, result) = match step {
            Ok(step) => step,
            Err(code) => return Ok((Some(Err(code)), false)),
        };
        counts.stepped += passed;
        let paid = self.interrupts.pay(store, self.view, passed);
        let paid = self.or_cut_off(store, paid)?;
        if result.is_some() {
            return Ok((result.map(Ok), paid));
        }
        *left = left.saturating_sub(passed);
        if *left == 0 {
            let error = format_err!("a search went through as many bytes as the host allows");
            return self.or_cut_off(store, Err(error));
        }
        Ok((None, paid))
    }

    async fn check_deadline(&self, store: &mut StoreContextMut<'_, T>) -> Result<()> {
        let checked = self.interrupts.check_deadline(store, self.view, self.scheduler).await;
        self.or_cut_off(store, checked)
    }

    /// Counts the trap of a long call.
    fn or_cut_off<R>(&self, store: &mut StoreContextMut<'_, T>, result: Result<R>) -> Result<R> {
        if result.is_err() {
            (self.view)(store.data_mut()).ctx.counts.cut_off();
        }
        result
    }

    /// Makes a step on this thread, with the needle in the guest's memory.
    fn step<W: Work>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        this: &Resource<Mapping>,
        needle: Option<&WasmList<u8>>,
        work: &mut W,
        most: u64,
    ) -> Result<Step<W::Result>> {
        Ok(match needle {
            None => call(store, self.view, this, |mapping| Ok(work.step(mapping, &[], most)))?,
            Some(needle) => {
                call_with_bytes(store, self.view, this, needle, |mapping, needle| Ok(work.step(mapping, needle, most)))?
            }
        }
        .and_then(|step| step))
    }
}
