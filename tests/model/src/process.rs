//! The state of a process: its slots, their lock, and its counters. It models the C++ of host/core/faults.h and faults.cpp line
//! by line. A comment quotes each modelled line, and the test `source` checks that the source still has it.

use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use loom::sync::Mutex;

use crate::kernel::Kernel;
use Ordering::{Acquire, Release, SeqCst};

/// The start of the lost pages where no page is lost.
pub const NOTHING: u64 = u64::MAX >> CHANGE_BITS;
const CHANGE_BITS: u32 = 24;

/// The word with the start of the lost pages and the count of changes.
pub struct LostFrom(AtomicU64);

#[derive(Clone, Copy)]
pub struct Seen {
    pub start: u64,
    word: u64,
}

fn word(page: u64, before: u64) -> u64 {
    page << CHANGE_BITS | (before + 1) & ((1 << CHANGE_BITS) - 1)
}

impl LostFrom {
    fn new() -> Self {
        Self(AtomicU64::new(NOTHING << CHANGE_BITS))
    }

    pub fn look(&self) -> Seen {
        let word = self.0.load(SeqCst); // faults.h: const uint64_t word = value.load();
        Seen { start: word >> CHANGE_BITS, word }
    }

    fn reset(&self) {
        self.0.store(NOTHING << CHANGE_BITS, SeqCst); // faults.h: void reset() { value.store(none); }
    }

    pub fn lower(&self, start: u64) {
        let mut known = self.0.load(SeqCst); // faults.h: uint64_t known = value.load();
        loop {
            let wanted = word(start.min(known >> CHANGE_BITS), known);
            // faults.h: } while (!value.compare_exchange_weak(known, wanted));
            match self.0.compare_exchange_weak(known, wanted, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(other) => known = other,
            }
        }
    }

    pub fn move_on(&self, seen: Seen, start: u64) -> bool {
        // faults.h: return value.compare_exchange_strong(seen.word, word(
        self.0.compare_exchange(seen.word, word(start, seen.word), SeqCst, SeqCst).is_ok()
    }
}

/// The fields of a slot that the handler depends on.
pub struct Slot {
    pub base: AtomicUsize,
    pub length: AtomicUsize,
    pub lost_from: LostFrom,
    pub losing: AtomicU32,
    pub retries: AtomicU32,
    pub split: AtomicBool,
}

/// A chunk has one slot here, so the list of chunks grows and is walked.
pub struct Chunk {
    slot: Slot,
    next: AtomicUsize, // The number of a chunk, from 1; 0 for none.
}

pub const CHUNKS: usize = 3;

pub struct Process {
    pub kernel: Mutex<Kernel>,
    chunks: [Chunk; CHUNKS],
    registry: Mutex<Registry>,
    pub areas: AtomicUsize,
    max_areas: usize,
    pub fault_count: AtomicU32,
}

struct Registry {
    free_slots: Vec<usize>,
    chunks: usize,
}

impl Process {
    pub fn new(kernel: Kernel, max_areas: usize) -> Self {
        let chunk = |_| Chunk {
            slot: Slot {
                base: AtomicUsize::new(0),
                length: AtomicUsize::new(0),
                lost_from: LostFrom::new(),
                losing: AtomicU32::new(0),
                retries: AtomicU32::new(0),
                split: AtomicBool::new(false),
            },
            next: AtomicUsize::new(0),
        };
        Self {
            kernel: Mutex::new(kernel),
            chunks: std::array::from_fn(chunk),
            registry: Mutex::new(Registry { free_slots: vec![1], chunks: 1 }),
            areas: AtomicUsize::new(0),
            max_areas,
            fault_count: AtomicU32::new(0),
        }
    }

    pub fn slot(&self, number: usize) -> &Slot {
        &self.chunks[number - 1].slot
    }

    pub fn find_slot(&self, address: usize) -> Option<usize> {
        let mut chunk = 1;
        while chunk != 0 {
            let slot = self.slot(chunk);
            let base = slot.base.load(Acquire); // faults.cpp: const uintptr_t base = slot.base.load(std::memory_order_acquire);
                                                // faults.cpp: if (base != 0 && address >= base && address - base < slot.length.load(std::memory_order_acquire) &&
                                                // faults.cpp: slot.base.load(std::memory_order_acquire) == base)
            if base != 0
                && address >= base
                && address - base < slot.length.load(Acquire)
                && slot.base.load(Acquire) == base
            {
                return Some(chunk);
            }
            chunk = self.chunks[chunk - 1].next.load(Acquire);
        }
        None
    }

    /// Takes a free slot, in a new chunk if there is none.
    fn take(&self, registry: &mut Registry) -> usize {
        // faults.cpp: if (free_slots.empty())
        if registry.free_slots.is_empty() {
            let last = registry.chunks;
            assert!(last < CHUNKS, "the model has no more chunks");
            registry.chunks += 1;
            registry.free_slots.push(last + 1);
            // faults.cpp: last_chunk->next.store(next.get(), std::memory_order_release);
            self.chunks[last - 1].next.store(last + 1, Release);
        }
        registry.free_slots.pop().unwrap() // faults.cpp: free_slots.pop_back();
    }

    pub fn claim_slot(&self, base: usize, length: usize) -> usize {
        let mut registry = self.registry.lock().unwrap(); // faults.cpp: const std::scoped_lock lock(all.mutex);
        let number = self.take(&mut registry); // faults.cpp: all.take();
        let slot = self.slot(number);
        slot.length.store(length, SeqCst); // faults.cpp: slot->length.store(length);
        slot.lost_from.reset(); // faults.cpp: slot->lost_from.reset();
        slot.losing.store(0, SeqCst); // faults.cpp: slot->losing.store(0);
        slot.retries.store(0, SeqCst); // faults.cpp: slot->retries.store(0);
        slot.split.store(false, SeqCst); // faults.cpp: slot->split.store(false);
        slot.base.store(base, Release); // faults.cpp: slot->base.store(base, std::memory_order_release);
        number
    }

    pub fn free_slot(&self, number: usize) {
        let mut registry = self.registry.lock().unwrap(); // faults.cpp: const std::scoped_lock lock(all.mutex);
                                                          // faults.cpp: slot->base.store(0, std::memory_order_release);
        self.slot(number).base.store(0, Release);
        registry.free_slots.push(number); // faults.cpp: free_slots.push_back(slot);
    }

    /// Counts one more memory area for a range. Returns false if none is left.
    pub fn count_split(&self, slot: &Slot) -> bool {
        // areas.h: if (slot.split.load())
        if slot.split.load(SeqCst) {
            return true;
        }
        // areas.h: if (!Areas::take_for_loss())
        if !self.take_for_loss() {
            return false;
        }
        // areas.h: if (slot.split.exchange(true))
        if slot.split.swap(true, SeqCst) {
            self.areas.fetch_sub(1, SeqCst); // areas.h: Areas::give_back(1);
        }
        true
    }

    pub fn recount_split(&self, slot: &Slot) {
        // areas.h: if (!slot.split.exchange(true))
        if !slot.split.swap(true, SeqCst) {
            self.areas.fetch_add(1, SeqCst); // areas.h: Areas::take_in_any_case();
        }
    }

    fn take_for_loss(&self) -> bool {
        // areas.h: if (held.fetch_add(count) + count <= most)
        if self.areas.fetch_add(1, SeqCst) < self.max_areas {
            return true;
        }
        self.areas.fetch_sub(1, SeqCst); // areas.h: held.fetch_sub(count);
        false
    }
}
