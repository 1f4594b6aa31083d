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
    mapped: Bytes,
    attached: Bytes,
    all_mappings: AtomicU64,
    all_spans: AtomicU64,
    /// How much of the host's memory the mappings may take, by the rules of the core.
    budget: Budget,
}

/// Bytes that are held now, and the most at one time.
struct Bytes {
    now: AtomicU64,
    peak: AtomicU64,
}

impl Bytes {
    const fn new() -> Self {
        Self { now: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// Replaces a part. `no-memory` if that makes more than `most`, unless the part shrinks.
    fn change(&self, before: u64, after: u64, most: u64) -> Result<(), ErrorCode> {
        let change = |all: u64| {
            let all = (all - before).checked_add(after)?;
            (after <= before || all <= most).then_some(all)
        };
        let changed = self.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        changed.map(drop).map_err(|_| ErrorCode::NoMemory)
    }

    /// To be called when all that is claimed exists.
    fn note_peak(&self) {
        self.peak.fetch_max(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn get(&self) -> (u64, u64) {
        (self.now.load(Ordering::Relaxed), self.peak.load(Ordering::Relaxed))
    }
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
            mapped: Bytes::new(),
            attached: Bytes::new(),
            all_mappings: AtomicU64::new(0),
            all_spans: AtomicU64::new(0),
            budget: Budget::new(limits.private_memory),
        }
    }

    /// Counts one more mapping, and its length in bytes. `no-memory` past a limit.
    pub fn claim(self: &Arc<Self>, length: u64) -> Result<Claim, ErrorCode> {
        take(&self.held, self.limits.mappings)?;
        Claim::new(self, false, length)
    }

    /// Counts one more span, and its length in bytes. `no-memory` past a limit.
    pub fn claim_span(self: &Arc<Self>, length: u64) -> Result<Claim, ErrorCode> {
        take(&self.held, self.limits.mappings)?;
        if let Err(code) = take(&self.spans, self.limits.spans) {
            self.held.fetch_sub(1, Ordering::Relaxed);
            return Err(code);
        }
        Claim::new(self, true, length)
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

    /// The bytes of all mappings: now, and the most at one time.
    pub fn mapped(&self) -> (u64, u64) {
        self.mapped.get()
    }

    /// The bytes of all spans: now, and the most at one time.
    pub fn attached(&self) -> (u64, u64) {
        self.attached.get()
    }

    /// The bytes of the host's memory that the mappings take, by the rules of the core: now, and the most at one time.
    pub fn private_memory(&self) -> (u64, u64) {
        (self.budget.used(), self.budget.peak())
    }
}

/// One mapping's or span's part of the usage, given back when it is dropped. It is one pointer, because the state of a mapping
/// moves with each call.
pub struct Claim(Box<Part>);

struct Part {
    usage: Arc<Usage>,
    span: bool,
    /// In bytes.
    length: u64,
}

impl Claim {
    fn new(usage: &Arc<Usage>, span: bool, length: u64) -> Result<Self, ErrorCode> {
        let mut claim = Self(Box::new(Part { usage: Arc::clone(usage), span, length: 0 }));
        claim.set_length(length)?;
        Ok(claim)
    }

    pub fn budget(&self) -> &Budget {
        &self.0.usage.budget
    }

    pub fn length(&self) -> u64 {
        self.0.length
    }

    /// Counts the mapping or span that was claimed: it exists now.
    pub fn made(&self) {
        let Part { usage, span, .. } = &*self.0;
        let all = if *span { &usage.all_spans } else { &usage.all_mappings };
        all.fetch_add(1, Ordering::Relaxed);
        self.note_peak();
    }

    /// To be called when a mapping has grown to the length that was claimed.
    pub fn note_peak(&self) {
        self.0.bytes().0.note_peak();
    }

    /// Counts another length. `no-memory` past the limit of mappings; then the length stays.
    pub fn set_length(&mut self, length: u64) -> Result<(), ErrorCode> {
        let (bytes, most) = self.0.bytes();
        bytes.change(self.0.length, length, most)?;
        self.0.length = length;
        Ok(())
    }
}

impl Part {
    /// Where its bytes count, and the most that there may be. Spans lie in memory that the guest has anyway.
    fn bytes(&self) -> (&Bytes, u64) {
        if self.span {
            (&self.usage.attached, u64::MAX)
        } else {
            (&self.usage.mapped, self.usage.limits.mapped)
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.bytes().0.now.fetch_sub(self.length, Ordering::Relaxed);
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
        claim.made();
        assert!(matches!(usage.claim(0), Err(ErrorCode::NoMemory)));
        assert!(matches!(usage.claim_span(1), Err(ErrorCode::NoMemory)));
        drop(claim);
        assert!(usage.claim(0).is_ok());
        assert_eq!((usage.held(), usage.made()), ((0, 0), (1, 0)));
    }

    #[test]
    fn spans_have_a_limit_of_their_own() {
        let usage = Arc::new(Usage::new(Limits { mappings: 3, spans: 1, ..Limits::default() }));
        let span = usage.claim_span(10).unwrap();
        span.made();
        assert!(matches!(usage.claim_span(5), Err(ErrorCode::NoMemory)));
        // A span that is refused takes nothing.
        let mappings = [usage.claim(0).unwrap(), usage.claim(0).unwrap()];
        assert_eq!(usage.held(), (2, 1));
        drop(span);
        drop(mappings);
        assert_eq!((usage.held(), usage.made()), ((0, 0), (0, 1)));
        assert_eq!((usage.attached(), usage.mapped()), ((0, 10), (0, 0)));
    }

    #[test]
    fn bytes_are_counted_as_mappings_change() {
        let usage = Arc::new(Usage::new(Limits { mapped: 100, ..Limits::default() }));
        let mut one = usage.claim(60).unwrap();
        one.made();
        assert!(matches!(usage.claim(41), Err(ErrorCode::NoMemory)));
        assert_eq!((usage.held(), usage.mapped()), ((1, 0), (60, 60)));
        let other = usage.claim(40).unwrap();
        assert_eq!(usage.mapped(), (100, 60), "it is not there yet");
        other.made();
        assert!(one.set_length(61).is_err() && one.set_length(u64::MAX).is_err());
        assert_eq!((one.length(), usage.mapped()), (60, (100, 100)));
        one.set_length(10).unwrap();
        drop(other);
        assert_eq!(usage.mapped(), (10, 100));
        drop(one);
        assert_eq!((usage.mapped(), usage.made()), ((0, 100), (2, 0)));
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
