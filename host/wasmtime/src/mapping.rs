//! The resource `mapping`: where its state is while calls work with it, and how it is made.

use crate::bindings::{ErrorCode, Outcome};
use crate::limits::{Claim, Usage};
use crate::lock::lock;
use crate::native::{self, Request, Rights};
use std::fs::File;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{bail, Result};
use wasmtime_wasi::filesystem::{Descriptor, OpenMode};

/// The mapping of the core, and its part of the store's limits.
pub struct State {
    pub native: native::Mapping,
    claim: Claim,
}

impl State {
    /// Resizes, within the limits of the store, which come before the errors of the core.
    pub fn resize(&mut self, length: u64) -> Outcome<()> {
        let grown = length.max(self.claim.length());
        self.claim.set_length(grown)?;
        let result = self.native.resize(length);
        self.claim.set_length(self.native.length())?; // No more than what was allowed above.
        self.claim.note_peak();
        result
    }
}

/// The resource `mapping` in a [`ResourceTable`]: a mapping of the operating system. Dropping it unmaps.
pub struct Mapping(Place);

/// Where the state is. Only calls on another thread need a lock.
enum Place {
    Table(State),
    /// A call on another thread has it, or had it until now.
    OtherThread(Arc<Mutex<State>>),
    /// A call on this thread has taken it.
    Call,
}

impl Mapping {
    /// Borrows the state. `busy` while a call that was dropped still works with it.
    pub(crate) fn state(&mut self) -> Outcome<&mut State> {
        if let Place::OtherThread(_) = self.0 {
            self.0 = Place::Table(self.take()?);
        }
        match &mut self.0 {
            Place::Table(state) => Ok(state),
            _ => Err(ErrorCode::Busy),
        }
    }

    /// Takes the state out, until [`Self::put_back`]. `busy` as for [`Self::state`].
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

    /// Shares the state with another thread. `busy` as for [`Self::state`].
    pub(crate) fn share(&mut self) -> Outcome<Arc<Mutex<State>>> {
        let shared = Arc::new(Mutex::new(self.take()?));
        self.0 = Place::OtherThread(Arc::clone(&shared));
        Ok(shared)
    }

    /// Answers a question that cannot fail, and waits for another thread if need be.
    pub(crate) fn query<R>(&self, question: impl FnOnce(&native::Mapping) -> R) -> Result<R> {
        match &self.0 {
            Place::Table(state) => Ok(question(&state.native)),
            Place::OtherThread(shared) => Ok(question(&lock(shared).native)),
            Place::Call => bail!("a mapping that another call has"),
        }
    }
}

/// The file of a mapping to be made, on any thread.
pub struct Opening {
    file: Option<(Arc<File>, Rights)>,
    usage: Arc<Usage>,
    request: Request,
}

impl Opening {
    /// Takes the rights of the descriptor, which may be fewer than those of its file in the system.
    pub fn new(
        table: &ResourceTable,
        usage: &Arc<Usage>,
        file: Option<&Resource<Descriptor>>,
        request: Request,
    ) -> Result<Outcome<Self>> {
        let file = match file.map(|file| table.get(file)).transpose()? {
            None => None,
            Some(Descriptor::Dir(_)) => return Ok(Err(ErrorCode::Unsupported)),
            Some(Descriptor::File(file)) => {
                let read = file.open_mode.contains(OpenMode::READ);
                let write = file.open_mode.contains(OpenMode::WRITE) && !file.perms.write_not_permitted();
                Some((Arc::clone(&file.file), Rights { read, write }))
            }
        };
        Ok(Ok(Self { file, usage: Arc::clone(usage), request }))
    }

    pub fn open(self, length: u64, offset: u64) -> Outcome<Mapping> {
        let file = self.file.as_ref().map(|(file, rights)| (&**file, *rights));
        let mut native = native::Mapping::open(file, length, self.request, offset)?;
        let claim = self.usage.claim(native.length())?;
        native.charge(claim.budget())?;
        claim.made();
        Ok(Mapping(Place::Table(State { native, claim })))
    }
}
