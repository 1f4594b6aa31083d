//! The mappings and memory that the guests of one store hold, and their limits.

use crate::bindings::ErrorCode;
use crate::native::Budget;
use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// As much memory as a guest with 32-bit addresses can have.
const MOST_BY_DEFAULT: u64 = 4 << 30;

#[derive(Clone, Copy)]
pub struct Limits {
    /// Mappings and spans.
    pub mappings: usize,
    pub spans: usize,
    /// Bytes of all mappings.
    pub mapped: u64,
    pub private_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        static MEMORY: OnceLock<u64> = OnceLock::new();
        let half = *MEMORY.get_or_init(|| memory().unwrap_or(u64::MAX)) / 2;
        let private_memory = half.min(MOST_BY_DEFAULT);
        Self { mappings: usize::MAX, spans: usize::MAX, mapped: u64::MAX, private_memory }
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

/// What the guests of a store hold, and made in all. Mappings may be made and dropped on any thread.
pub struct Usage {
    limits: Limits,
    /// Mappings and spans.
    held: AtomicUsize,
    spans: AtomicUsize,
    mapped: AtomicU64,
    all_mappings: AtomicU64,
    all_spans: AtomicU64,
    /// How much of the host's memory the mappings may take, by the rules of the core.
    budget: Budget,
}

/// Adds to a counter, unless that makes more than `most`.
fn take(counter: &AtomicUsize, most: usize) -> Result<(), ErrorCode> {
    let more = |count| (count < most).then_some(count + 1);
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map(drop).map_err(|_| ErrorCode::NoMemory)
}

impl Usage {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            held: AtomicUsize::new(0),
            spans: AtomicUsize::new(0),
            mapped: AtomicU64::new(0),
            all_mappings: AtomicU64::new(0),
            all_spans: AtomicU64::new(0),
            budget: Budget::new(limits.private_memory),
        }
    }

    /// Counts one more mapping, and its length in bytes. `no-memory` past a limit.
    pub fn claim(self: &Arc<Self>, length: u64) -> Result<Claim, ErrorCode> {
        take(&self.held, self.limits.mappings)?;
        let mut claim = Claim::new(self, false);
        claim.set_length(length)?;
        self.all_mappings.fetch_add(1, Ordering::Relaxed);
        Ok(claim)
    }

    /// Counts one more span. `no-memory` past a limit.
    pub fn claim_span(self: &Arc<Self>) -> Result<Claim, ErrorCode> {
        take(&self.held, self.limits.mappings)?;
        if let Err(code) = take(&self.spans, self.limits.spans) {
            self.held.fetch_sub(1, Ordering::Relaxed);
            return Err(code);
        }
        self.all_spans.fetch_add(1, Ordering::Relaxed);
        Ok(Claim::new(self, true))
    }

    /// The mappings and the spans that are held now.
    pub fn held(&self) -> (u64, u64) {
        // A span that is dropped meanwhile is subtracted from both, one after the other.
        let (held, spans) = (self.held.load(Ordering::Relaxed), self.spans.load(Ordering::Relaxed));
        (held.saturating_sub(spans) as u64, spans as u64)
    }

    /// The mappings and the spans that were ever made.
    pub fn made(&self) -> (u64, u64) {
        (self.all_mappings.load(Ordering::Relaxed), self.all_spans.load(Ordering::Relaxed))
    }

    /// The bytes of all mappings.
    pub fn mapped(&self) -> u64 {
        self.mapped.load(Ordering::Relaxed)
    }

    /// The bytes of the host's memory that the mappings take, by the rules of the core.
    pub fn private_memory(&self) -> u64 {
        self.budget.used()
    }
}

/// One mapping's or span's part of the usage, given back when it is dropped. It is one pointer, because the state of a mapping
/// moves with each call.
pub struct Claim(Box<Part>);

struct Part {
    usage: Arc<Usage>,
    span: bool,
    /// In bytes; 0 for a span, which lies in memory of a guest.
    length: u64,
}

impl Claim {
    fn new(usage: &Arc<Usage>, span: bool) -> Self {
        Self(Box::new(Part { usage: Arc::clone(usage), span, length: 0 }))
    }

    pub fn budget(&self) -> &Budget {
        &self.0.usage.budget
    }

    pub fn length(&self) -> u64 {
        self.0.length
    }

    /// Counts another length of the mapping. `no-memory` past the limit; then the length stays.
    pub fn set_length(&mut self, length: u64) -> Result<(), ErrorCode> {
        let (usage, before) = (&self.0.usage, self.0.length);
        let change = |all: u64| {
            let all = (all - before).checked_add(length)?;
            (length <= before || all <= usage.limits.mapped).then_some(all)
        };
        let changed = usage.mapped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        changed.map_err(|_| ErrorCode::NoMemory)?;
        self.0.length = length;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.usage.mapped.fetch_sub(self.length, Ordering::Relaxed);
        if self.span {
            self.usage.spans.fetch_sub(1, Ordering::Relaxed);
        }
        self.usage.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_counted_until_dropped() {
        let usage = Arc::new(Usage::new(Limits { mappings: 1, ..Limits::default() }));
        let claim = usage.claim(0).unwrap();
        assert!(matches!(usage.claim(0), Err(ErrorCode::NoMemory)));
        assert!(matches!(usage.claim_span(), Err(ErrorCode::NoMemory)));
        drop(claim);
        assert!(usage.claim(0).is_ok());
        assert_eq!((usage.held(), usage.made()), ((0, 0), (2, 0)));
    }

    #[test]
    fn spans_have_a_limit_of_their_own() {
        let usage = Arc::new(Usage::new(Limits { mappings: 3, spans: 1, ..Limits::default() }));
        let span = usage.claim_span().unwrap();
        assert!(matches!(usage.claim_span(), Err(ErrorCode::NoMemory)));
        // A span that is refused takes nothing.
        let mappings = [usage.claim(0).unwrap(), usage.claim(0).unwrap()];
        assert_eq!(usage.held(), (2, 1));
        drop(span);
        drop(mappings);
        assert_eq!((usage.held(), usage.made()), ((0, 0), (2, 1)));
    }

    #[test]
    fn bytes_are_counted_as_mappings_change() {
        let usage = Arc::new(Usage::new(Limits { mapped: 100, ..Limits::default() }));
        let mut one = usage.claim(60).unwrap();
        assert!(matches!(usage.claim(41), Err(ErrorCode::NoMemory)));
        assert_eq!((usage.held(), usage.mapped()), ((1, 0), 60));
        let other = usage.claim(40).unwrap();
        assert!(one.set_length(61).is_err() && one.set_length(u64::MAX).is_err());
        assert_eq!((one.length(), usage.mapped()), (60, 100));
        one.set_length(10).unwrap();
        drop(other);
        assert_eq!(usage.mapped(), 10);
        drop(one);
        assert_eq!((usage.mapped(), usage.made()), (0, (2, 0)));
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
