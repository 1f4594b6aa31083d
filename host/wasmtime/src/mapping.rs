//! The resource `mapping`: where its state is while calls work with it, and how it comes to be.

use crate::core::{self, Request, Rights};
use crate::generated::wasi_mmap::mmap::mapping::ErrorCode;
use crate::limits::{Claim, Usage};
use crate::{Outcome, WasiMmap};
use std::fs::File;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::component::Resource;
use wasmtime::{bail, Result};
use wasmtime_wasi::filesystem::{Descriptor, OpenMode};

pub struct State {
    pub core: core::Mapping,
    _claim: Claim,
}

/// The resource `mapping`, as it lies in the [`ResourceTable`]: the operating system's mapping, unmapped with it.
pub struct Mapping(Place);

/// Where the state is. Only what works on another thread needs a lock.
enum Place {
    Table(State),
    /// A call on another thread has it, or had it until now.
    OtherThread(Arc<Mutex<State>>),
    /// A call on this thread has taken it.
    Call,
}

pub fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mapping {
    /// The state, or that a call that was given up is still at work on it.
    pub(crate) fn state(&mut self) -> Outcome<&mut State> {
        if let Place::OtherThread(_) = self.0 {
            self.0 = Place::Table(self.take()?);
        }
        match &mut self.0 {
            Place::Table(state) => Ok(state),
            _ => Err(ErrorCode::Busy),
        }
    }

    /// Takes the state out, for [`Self::put_back`].
    pub(crate) fn take(&mut self) -> Outcome<State> {
        match mem::replace(&mut self.0, Place::Call) {
            Place::Table(state) => Ok(state),
            Place::OtherThread(shared) => match Arc::try_unwrap(shared) {
                Ok(state) => Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner)),
                Err(shared) => {
                    self.0 = Place::OtherThread(shared);
                    Err(ErrorCode::Busy)
                }
            },
            Place::Call => Err(ErrorCode::Busy),
        }
    }

    pub(crate) fn put_back(&mut self, state: State) {
        if let Place::Call = self.0 {
            self.0 = Place::Table(state);
        }
    }

    /// Shares the state with another thread.
    pub(crate) fn share(&mut self) -> Outcome<Arc<Mutex<State>>> {
        let shared = Arc::new(Mutex::new(self.take()?));
        self.0 = Place::OtherThread(Arc::clone(&shared));
        Ok(shared)
    }

    /// Asks what cannot fail: waits for the other thread.
    pub(crate) fn ask<R>(&self, question: impl FnOnce(&core::Mapping) -> R) -> Result<R> {
        match &self.0 {
            Place::Table(state) => Ok(question(&state.core)),
            Place::OtherThread(shared) => Ok(question(&lock(shared).core)),
            Place::Call => bail!("a mapping that another call has"),
        }
    }
}

/// What a guest wants to map, ready to be mapped on any thread.
pub struct Opening {
    file: Option<(Arc<File>, Rights)>,
    usage: Arc<Usage>,
    request: Request,
}

impl Opening {
    /// The rights are those of the descriptor: the system's file may be open for more.
    pub fn new(view: &WasiMmap<'_>, file: Option<&Resource<Descriptor>>, request: Request) -> Result<Outcome<Self>> {
        let file = match file.map(|file| view.table.get(file)).transpose()? {
            None => None,
            Some(Descriptor::Dir(_)) => return Ok(Err(ErrorCode::Unsupported)),
            Some(Descriptor::File(file)) => {
                let read = file.open_mode.contains(OpenMode::READ);
                let write = file.open_mode.contains(OpenMode::WRITE) && !file.perms.write_not_permitted();
                Some((Arc::clone(&file.file), Rights { read, write }))
            }
        };
        Ok(Ok(Self { file, usage: Arc::clone(&view.ctx.usage), request }))
    }

    pub fn open(self, length: u64, offset: u64) -> Outcome<Mapping> {
        let file = self.file.as_ref().map(|(file, rights)| (&**file, *rights));
        let mut core = core::Mapping::open(file, length, self.request, offset)?;
        let claim = self.usage.claim()?;
        core.charge(claim.budget())?;
        Ok(Mapping(Place::Table(State { core, _claim: claim })))
    }
}
