//! The mappings and memory that the guests of one store hold, and their limits.

use crate::bindings::ErrorCode;
use crate::native::Budget;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// As much memory as a guest with 32-bit addresses can have.
const MOST_BY_DEFAULT: u64 = 4 << 30;

#[derive(Clone, Copy)]
pub struct Limits {
    pub mappings: usize,
    pub private_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        static MEMORY: OnceLock<u64> = OnceLock::new();
        let half = *MEMORY.get_or_init(|| memory().unwrap_or(u64::MAX)) / 2;
        Self { mappings: usize::MAX, private_memory: half.min(MOST_BY_DEFAULT) }
    }
}

/// The memory of the machine, or of the container that the process is in, in bytes.
fn memory() -> Option<u64> {
    let machine = of_machine(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let container = fs::read_to_string("/proc/self/cgroup").ok().and_then(|groups| {
        let group = own_group(&groups)?;
        fs::read_to_string(format!("/sys/fs/cgroup{group}/memory.max")).ok()?.trim().parse().ok()
    });
    Some(container.map_or(machine, |container: u64| container.min(machine)))
}

/// Reads `MemTotal:       24683380 kB`.
fn of_machine(meminfo: &str) -> Option<u64> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    total.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Reads `0::/user.slice`.
fn own_group(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| line.strip_prefix("0::"))
}

/// Counts the mappings of a store, which may be made and dropped on any thread.
pub struct Usage {
    most: usize,
    mappings: AtomicUsize,
    /// How much of the host's memory the mappings may take, by the rules of the core.
    pub budget: Budget,
}

impl Usage {
    pub fn new(limits: Limits) -> Self {
        Self { most: limits.mappings, mappings: AtomicUsize::new(0), budget: Budget::new(limits.private_memory) }
    }

    /// Counts one more mapping. `no-memory` past the limit.
    pub fn claim(self: &Arc<Self>) -> Result<Claim, ErrorCode> {
        let more = |count| (count < self.most).then_some(count + 1);
        match self.mappings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Claim { usage: Arc::clone(self) }),
            Err(_) => Err(ErrorCode::NoMemory),
        }
    }
}

/// One mapping's part of the usage, given back when it is dropped.
pub struct Claim {
    usage: Arc<Usage>,
}

impl Claim {
    pub fn budget(&self) -> &Budget {
        &self.usage.budget
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.usage.mappings.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_counted_until_dropped() {
        let usage = Arc::new(Usage::new(Limits { mappings: 1, private_memory: 0 }));
        let claim = usage.claim().unwrap();
        assert!(matches!(usage.claim(), Err(ErrorCode::NoMemory)));
        drop(claim);
        assert!(usage.claim().is_ok());
    }

    #[test]
    fn the_memory_of_the_machine_is_read() {
        assert_eq!(of_machine("MemTotal:       24683380 kB\nMemFree:        20 kB\n"), Some(24_683_380 << 10));
        assert_eq!(of_machine("MemFree:        20 kB\n"), None);
        assert_eq!(of_machine("MemTotal:       many kB\n"), None);
        assert_eq!(own_group("1:name=systemd:/\n0::/user.slice/a\n"), Some("/user.slice/a"));
        assert_eq!(own_group("4:memory:/docker/1\n"), None);
    }

    #[test]
    fn the_default_is_at_most_half_of_the_memory() {
        let most = Limits::default().private_memory;
        assert!((1 << 20..=MOST_BY_DEFAULT).contains(&most) && most <= memory().unwrap_or(u64::MAX) / 2);
    }
}
