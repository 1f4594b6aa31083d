//! A guest's memory, as the polyfill has it where it is fused: lists are made there, and the host reads and writes them there.
//! It is not cleared, and may be refused.

use crate::bindings::wasi::filesystem::types::ErrorCode as HostError;
use crate::file::File;
use crate::host::Host;
use crate::mapping::Outcome;
use crate::places::{Bytes, Room};
use crate::ErrorCode;
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// The memory on both sides of a list, which is not the list's.
const GUARD: usize = 64;
const GARBAGE: u8 = 0xaa;

#[derive(Default)]
pub struct Guest {
    /// The lists that were neither given to the guest nor given back.
    lists: Cell<usize>,
    /// Whether memory was refused since this was last reset.
    pub refused: Cell<bool>,
}

impl Guest {
    pub fn list(self: &Rc<Self>, length: usize, host: &Host) -> Outcome<List> {
        if length > 0 && host.refuses_memory() {
            self.refused.set(true);
            return Err(ErrorCode::NoMemory);
        }
        self.lists.set(self.lists.get() + 1);
        Ok(List { guest: Rc::clone(self), memory: vec![GARBAGE; GUARD + length + GUARD] })
    }

    /// A list that the guest has made.
    pub fn list_of(self: &Rc<Self>, bytes: &[u8]) -> List {
        let mut memory = vec![GARBAGE; GUARD];
        memory.extend_from_slice(bytes);
        memory.resize(memory.len() + GUARD, GARBAGE);
        self.lists.set(self.lists.get() + 1);
        List { guest: Rc::clone(self), memory }
    }

    pub fn check(&self) {
        assert_eq!(self.lists.get(), 0, "lists that were lost");
    }
}

pub struct List {
    guest: Rc<Guest>,
    memory: Vec<u8>,
}

impl List {
    fn size(&self) -> usize {
        self.memory.len() - 2 * GUARD
    }

    /// Where a part of the list is in the memory.
    fn place(&self, part: &Range<usize>) -> Range<usize> {
        assert!(part.start <= part.end && part.end <= self.size(), "{part:?} of a list of {}", self.size());
        GUARD + part.start..GUARD + part.end
    }

    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.place(&(0..self.size()))]
    }
}

impl Drop for List {
    fn drop(&mut self) {
        self.guest.lists.set(self.guest.lists.get() - 1);
        let end = self.memory.len() - GUARD;
        let guards = [&self.memory[..GUARD], &self.memory[end..]];
        assert!(guards.iter().all(|guard| guard.iter().all(|byte| *byte == GARBAGE)), "a store beside the list");
    }
}

impl Room<Rc<Host>> for List {
    fn length(&self) -> usize {
        self.size()
    }

    fn read(&mut self, part: Range<usize>, file: &Rc<Host>, offset: u64) -> Result<(usize, bool), HostError> {
        let place = self.place(&part);
        file.read(offset, &mut self.memory[place])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let place = self.place(&(at..at + bytes.len()));
        self.memory[place].copy_from_slice(bytes);
    }

    fn clear(&mut self, part: Range<usize>) {
        let place = self.place(&part);
        self.memory[place].fill(0);
    }
}

impl Bytes<Rc<Host>> for List {
    fn length(&self) -> usize {
        self.size()
    }

    fn write(&self, part: Range<usize>, file: &Rc<Host>, offset: u64) -> Result<u64, HostError> {
        file.write(offset, &self.memory[self.place(&part)])
    }

    fn get(&self, at: usize, room: &mut [u8]) {
        room.copy_from_slice(&self.memory[self.place(&(at..at + room.len()))]);
    }
}
