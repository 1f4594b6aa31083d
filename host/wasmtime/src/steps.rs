//! Calls that may take long, `find`, `rfind` and `move`: they go in steps, and can be stopped between them.

use crate::calls::{with, with_bytes};
use crate::calls::{Blocking, View};
use crate::core::{self, Found};
use crate::interrupts::{yield_now, Interrupts};
use crate::mapping::{lock, Mapping};
use crate::Outcome;
use std::sync::Arc;
use wasmtime::component::{Resource, WasmList};
use wasmtime::{bail, Result, StoreContextMut};
use wasmtime_wasi::runtime::spawn_blocking;

/// What another thread is worth the way to. It is also the longest list that is copied for it.
const SHORT: u64 = 1 << 20;

/// What a step went through, in bytes, and the result if that was the last one.
pub type Step<R> = Outcome<(u64, Option<R>)>;

/// A call in steps.
pub trait Work: Send + 'static {
    type Result: Send + 'static;
    /// How much of it is done before another thread is asked, in bytes.
    fn head(&self) -> u64;
    /// Goes through `most` bytes at most, which are one or more; of a move as far as the core goes.
    fn step(&mut self, core: &mut core::Mapping, needle: &[u8], most: u64) -> Step<Self::Result>;
}

#[derive(Clone, Copy)]
pub enum Direction {
    Forward,
    Backward,
}

/// What is left of a search: the needle has to lie inside.
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

    /// A byte counts as gone through when a needle that begins there was looked for.
    fn step(&mut self, core: &mut core::Mapping, needle: &[u8], most: u64) -> Step<Option<u64>> {
        let overlap = (needle.len() as u64).saturating_sub(1);
        self.end = self.end.min(core.length());
        let (mut start, mut end) = (self.start, self.end);
        let window = most.saturating_add(overlap);
        let found = match self.direction {
            Direction::Forward => {
                end = end.min(start.saturating_add(window));
                core.find_step(needle, &mut start, end)?
            }
            Direction::Backward => {
                start = start.max(end.saturating_sub(window));
                core.rfind_step(needle, start, &mut end)?
            }
        };
        let before = self.end.saturating_sub(self.start);
        match (found, self.direction) {
            (Found::At(at), Direction::Forward) => return Ok((at - self.start, Some(Some(at)))),
            (Found::At(at), Direction::Backward) => return Ok((self.end - at, Some(Some(at)))),
            // Not in the window: a needle may begin in its last bytes, or end in its first ones.
            (Found::Nowhere, Direction::Forward) if end < self.end => self.start = end - overlap,
            (Found::Nowhere, Direction::Backward) if start > self.start => self.end = start + overlap,
            (Found::Nowhere, _) => return Ok((before, Some(None))),
            (Found::NotYet, Direction::Forward) => self.start = start,
            (Found::NotYet, Direction::Backward) => self.end = end,
        }
        Ok((before - (self.end - self.start), None))
    }
}

/// What is left of a move.
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

    fn step(&mut self, core: &mut core::Mapping, _: &[u8], _: u64) -> Step<()> {
        let before = self.length;
        core.move_step(&mut self.destination, &mut self.source, &mut self.length)?;
        Ok((before - self.length, (self.length == 0).then_some(())))
    }
}

/// How a linker makes calls in steps.
pub struct Steps<T: 'static> {
    pub view: View<T>,
    pub blocking: Blocking,
    pub interrupts: Interrupts,
}

impl<T: Send + 'static> Steps<T> {
    /// Makes a call for a guest.
    ///
    /// With [`Blocking::OnAnotherThread`] what is short is done on this thread all the same, and the rest there, a step at
    /// a time, so that a call that is given up ends with the step that it is at.
    ///
    /// # Errors
    ///
    /// A trap, if the store has no fuel for it, its deadline is over, or the host does not let it go on.
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
        let here = matches!(self.blocking, Blocking::Here);
        let head = work.head();
        if !here && head > 0 {
            let step = self.step(&mut store, &this, needle.as_ref(), &mut work, left.min(head))?;
            let (result, paid) = self.after(&mut store, step, &mut left)?;
            if paid {
                yield_now().await; // A guest that calls again and again would get to no interval's end.
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
            self.interrupts.look(&mut store, self.view, self.blocking).await?;
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
        // A copy: the guest's memory is the store's.
        let needle: Arc<[u8]> = needle.map_or_else(Arc::default, |needle| needle.as_le_slice(&store).into());
        let state = match (self.view)(store.data_mut()).table.get_mut(&this)?.share() {
            Ok(state) => state,
            Err(code) => return Ok((Err(code),)),
        };
        loop {
            let (state, needle) = (Arc::clone(&state), Arc::clone(&needle));
            let (step, rest) = spawn_blocking(move || {
                let step = work.step(&mut lock(&state).core, &needle, left);
                (step, work)
            })
            .await;
            work = rest;
            if let (Some(result), _) = self.after(&mut store, step, &mut left)? {
                return Ok((result,));
            }
            self.interrupts.look(&mut store, self.view, self.blocking).await?;
        }
    }

    /// What the guest gets after a step, if there is nothing more to do, and whether fuel was paid.
    fn after<R>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        step: Step<R>,
        left: &mut u64,
    ) -> Result<(Option<Outcome<R>>, bool)> {
        let (passed, result) = match step {
            Ok(step) => step,
            Err(code) => return Ok((Some(Err(code)), false)),
        };
        let paid = self.interrupts.pay(store, self.view, passed)?;
        if result.is_some() {
            return Ok((result.map(Ok), paid));
        }
        *left = left.saturating_sub(passed);
        if *left == 0 {
            bail!("a search went through as many bytes as the host lets one call");
        }
        Ok((None, paid))
    }

    /// A step on this thread, which looks at the needle where it is.
    fn step<W: Work>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        this: &Resource<Mapping>,
        needle: Option<&WasmList<u8>>,
        work: &mut W,
        most: u64,
    ) -> Result<Step<W::Result>> {
        Ok(match needle {
            None => with(store, self.view, this, |core| Ok(work.step(core, &[], most)))?,
            Some(needle) => {
                with_bytes(store, self.view, this, needle, |core, needle| Ok(work.step(core, needle, most)))?
            }
        }
        .and_then(|step| step))
    }
}
