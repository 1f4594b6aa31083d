//! A file in memory, on a host with behaviour that WASI allows, and with faults that it does not allow.

use crate::bindings::wasi::filesystem::types::{Advice, ErrorCode};
use crate::file::File;
use crate::input::Input;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The most bytes of the file: more would only take time.
pub const MOST_BYTES: u64 = 1 << 20;

/// The fault that only a guest has.
pub const NO_MEMORY: u8 = 14;

#[derive(Default)]
pub struct Host {
    pub bytes: RefCell<Vec<u8>>,
    /// The most that a read or write does at a time; 0 stands for all.
    pub at_a_time: Cell<usize>,
    /// Does not report the end of the file in reads.
    pub silent: Cell<bool>,
    /// The faults of the next calls, one byte for each; 0 stands for none.
    pub faults: RefCell<Vec<u8>>,
    /// Whether there was a fault since this was last reset.
    pub faulted: Cell<bool>,
}

impl Host {
    pub fn size(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    pub fn plan(&self, input: &mut Input<'_>) {
        self.at_a_time.set([0, 1, 100, 4096, 5000][input.below(5)]);
        self.silent.set(input.flag());
    }

    pub fn set(&self, size: u64) {
        self.bytes.borrow_mut().resize(usize::try_from(size.min(MOST_BYTES)).unwrap(), 0);
    }

    fn part(&self, length: usize) -> usize {
        match self.at_a_time.get() {
            // A page at a time for long reads: single bytes take too long.
            1 if length > 5000 => 4097,
            0 => length,
            most => length.min(most),
        }
    }

    /// Whether the next fault is that the guest has no memory for a list, which is no fault of the host.
    pub fn refuses_memory(&self) -> bool {
        let mut faults = self.faults.borrow_mut();
        faults.last() == Some(&NO_MEMORY) && faults.pop().is_some()
    }

    /// Takes the next fault, and does what it says if it is an error or another size.
    fn fault(&self) -> Result<u8, ErrorCode> {
        let fault = self.faults.borrow_mut().pop().unwrap_or(0);
        self.faulted.set(self.faulted.get() || fault > 0);
        match fault {
            1 => Err(ErrorCode::Io),
            2 => Err(ErrorCode::InsufficientSpace),
            3 => Err(ErrorCode::Access),
            4 => Err(ErrorCode::BadDescriptor),
            5 => Err(ErrorCode::InsufficientMemory),
            6..=9 => {
                self.set(u64::from(fault - 6) * 5000);
                Ok(fault)
            }
            _ => Ok(fault),
        }
    }
}

impl File for Rc<Host> {
    fn read(&self, offset: u64, room: &mut [u8]) -> Result<(usize, bool), ErrorCode> {
        let fault = self.fault()?;
        let bytes = self.bytes.borrow();
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        let rest = &bytes[start..];
        let length = self.part(room.len()).min(rest.len());
        let at_end = length == rest.len() && !self.silent.get();
        if fault == 12 {
            // Bytes past the answer, which its length does not count.
            room.fill(0xee);
        }
        room[..length].copy_from_slice(&rest[..length]);
        Ok(match fault {
            10 => (0, false),
            11 => (0, true),
            13 => (length, !at_end),
            _ => (length, at_end),
        })
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<u64, ErrorCode> {
        let fault = self.fault()?;
        let mut file = self.bytes.borrow_mut();
        let length = self.part(bytes.len());
        let start = usize::try_from(offset).unwrap();
        // A write past the end extends the file, as in WASI, if a fault has truncated it.
        let end = (start + length).min(usize::try_from(MOST_BYTES).unwrap());
        if file.len() < end {
            assert!(self.faulted.get(), "a write past the end of the file");
            file.resize(end, 0);
        }
        let length = end.saturating_sub(start);
        file[end - length..end].copy_from_slice(&bytes[..length]);
        Ok(match fault {
            10 => 0,
            11 => u64::MAX,
            _ => length as u64,
        })
    }

    fn size(&self) -> Result<u64, ErrorCode> {
        Ok(match self.fault()? {
            10 => 0,
            11 => u64::MAX,
            12 => Host::size(self) + 4096,
            _ => Host::size(self),
        })
    }

    fn set_size(&self, size: u64) -> Result<(), ErrorCode> {
        self.fault()?;
        if size > MOST_BYTES {
            return Err(ErrorCode::InsufficientSpace);
        }
        self.set(size);
        Ok(())
    }

    fn sync(&self) -> Result<(), ErrorCode> {
        self.fault().map(drop)
    }

    fn advise(&self, _: u64, _: u64, _: Advice) -> Result<(), ErrorCode> {
        self.fault().map(drop)
    }
}
