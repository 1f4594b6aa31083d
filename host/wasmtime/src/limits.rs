//! What the guests of one store hold, and how much of it they may.

use crate::generated::wasi_mmap::mmap::mapping::ErrorCode;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy)]
pub struct Limits {
    pub mappings: usize,
    pub private_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { mappings: usize::MAX, private_memory: u64::MAX }
    }
}

#[derive(Default)]
struct Held {
    mappings: usize,
    private_memory: u64,
}

/// Counts what exists, across threads: a mapping may be made and dropped on any.
#[derive(Default)]
pub struct Usage {
    limits: Limits,
    held: Mutex<Held>,
}

impl Usage {
    pub fn new(limits: Limits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    /// Lets one more mapping exist.
    pub fn claim(self: &Arc<Self>) -> Result<Claim, ErrorCode> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.mappings >= self.limits.mappings {
            return Err(ErrorCode::NoMemory);
        }
        held.mappings += 1;
        Ok(Claim { usage: Arc::clone(self), private_memory: 0 })
    }
}

/// One mapping's part of what is held; given back when it is dropped.
pub struct Claim {
    usage: Arc<Usage>,
    private_memory: u64,
}

impl Claim {
    /// Changes how much private memory the mapping has, in bytes.
    pub fn set_private_memory(&mut self, bytes: u64) -> Result<(), ErrorCode> {
        let mut held = self.usage.held.lock().unwrap_or_else(PoisonError::into_inner);
        let others = held.private_memory - self.private_memory;
        let total = others.checked_add(bytes).ok_or(ErrorCode::NoMemory)?;
        // To have less is always allowed.
        if bytes > self.private_memory && total > self.usage.limits.private_memory {
            return Err(ErrorCode::NoMemory);
        }
        held.private_memory = total;
        self.private_memory = bytes;
        Ok(())
    }

    pub fn private_memory(&self) -> u64 {
        self.private_memory
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.usage.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.mappings -= 1;
        held.private_memory -= self.private_memory;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(mappings: usize, private_memory: u64) -> Arc<Usage> {
        Arc::new(Usage::new(Limits { mappings, private_memory }))
    }

    #[test]
    fn mappings_are_counted_until_dropped() {
        let usage = usage(1, u64::MAX);
        let claim = usage.claim().unwrap();
        assert!(matches!(usage.claim(), Err(ErrorCode::NoMemory)));
        drop(claim);
        assert!(usage.claim().is_ok());
    }

    #[test]
    fn private_memory_is_shared_by_all() {
        let usage = usage(usize::MAX, 100);
        let (mut one, mut other) = (usage.claim().unwrap(), usage.claim().unwrap());
        one.set_private_memory(60).unwrap();
        assert_eq!(other.set_private_memory(41), Err(ErrorCode::NoMemory));
        other.set_private_memory(40).unwrap();
        assert_eq!(one.set_private_memory(61), Err(ErrorCode::NoMemory));
        one.set_private_memory(10).unwrap();
        other.set_private_memory(90).unwrap();
        drop(other);
        one.set_private_memory(100).unwrap();
    }

    #[test]
    fn sums_do_not_overflow() {
        let usage = usage(usize::MAX, u64::MAX);
        let (mut one, mut other) = (usage.claim().unwrap(), usage.claim().unwrap());
        one.set_private_memory(u64::MAX).unwrap();
        assert_eq!(other.set_private_memory(1), Err(ErrorCode::NoMemory));
    }
}
