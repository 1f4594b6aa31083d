//! The operations of threads on a range, and the handler: host/core/region.cpp and posix/signals.cpp.

use crate::kernel::Page;
use crate::process::{Process, Slot, NOTHING};
use loom::sync::atomic::Ordering::SeqCst;

/// A range of the file from its first page.
pub struct Region {
    pub base: usize,
    pub length: usize,
    pub slot: usize,
}

impl Process {
    pub fn map(&self, length: usize) -> Region {
        self.areas.fetch_add(1, SeqCst);
        let base = self.kernel.lock().unwrap().map(length);
        let slot = self.claim_slot(base, length); // region.cpp: const wmcore_status status = claim_slot(
        Region { base, length, slot }
    }

    pub fn unmap(&self, region: &Region) {
        // region.cpp: if (slot->split.load())
        // region.cpp: Areas::give_back(1);
        let split = self.slot(region.slot).split.load(SeqCst);
        self.areas.fetch_sub(1 + usize::from(split), SeqCst);
        self.free_slot(region.slot); // region.cpp: forget(); // Before the addresses can be reused.
        self.kernel.lock().unwrap().unmap(region.base, region.length); // region.cpp: unmap_pages(old, page_length);
    }

    /// Loads from an address, with the handler where the page is lost.
    pub fn read(&self, region: &Region, page: usize) -> Page {
        loop {
            if let Some(found) = self.kernel.lock().unwrap().access(region.base + page) {
                return found;
            }
            self.survive(region, region.base + page);
        }
    }

    fn put_zero_pages(&self, start: usize, length: usize) {
        let mut kernel = self.kernel.lock().unwrap();
        for address in start..start + length {
            kernel.put(address, Page::Zeros);
        }
    }

    fn put_zeros_from(&self, slot: &Slot, lost: usize) {
        let base = slot.base.load(SeqCst); // signals.cpp: const uintptr_t base = slot.base.load();
        let length = slot.length.load(SeqCst); // signals.cpp: const uint64_t length = slot.length.load();
                                               // signals.cpp: if (lost > 0 && has_spare_areas() && count_split(slot) && put_zero_pages(slot, base + lost, length - lost))
        if lost > 0 && self.count_split(slot) {
            self.put_zero_pages(base + lost, length - lost);
        } else {
            slot.lost_from.lower(0); // signals.cpp: slot.lost_from.lower(0);
            self.put_zero_pages(base, length); // signals.cpp: return put_zero_pages(slot, base, length)
        }
    }

    fn lose(&self, slot: &Slot, lost: usize) {
        slot.losing.fetch_add(1, SeqCst); // signals.cpp: slot.losing.fetch_add(1);
        slot.lost_from.lower(lost as u64); // signals.cpp: slot.lost_from.lower(lost);
        self.fault_count.fetch_add(1, SeqCst); // signals.cpp: fault_count.fetch_add(1);
        self.put_zeros_from(slot, lost); // signals.cpp: const bool done = put_zeros_from(slot, lost);
        slot.losing.fetch_sub(1, SeqCst); // signals.cpp: slot.losing.fetch_sub(1);
    }

    /// The handler. It must find the range that the thread uses, whatever other threads do.
    fn survive(&self, region: &Region, address: usize) {
        let number = self.find_slot(address); // signals.cpp: FaultSlot *slot = find_slot(address);
        assert_eq!(number, Some(region.slot), "the handler took another's slot");
        let slot = self.slot(region.slot);
        let faulted = address - slot.base.load(SeqCst);
        let covered = self.kernel.lock().unwrap().file_size; // signals.cpp: const uint64_t covered = covered_bytes(*slot);
                                                             // signals.cpp: if (covered != unknown && faulted < covered && slot->retries.fetch_add(1) % 2 == 0)
        if faulted < covered && slot.retries.fetch_add(1, SeqCst).is_multiple_of(2) {
            return;
        }
        self.lose(slot, covered.min(faulted)); // signals.cpp: return lose(*slot, std::min(covered, faulted));
    }

    /// Whether no page up to the given one is lost.
    pub fn check(&self, region: &Region, page: usize) -> bool {
        self.slot(region.slot).lost_from.look().start > page as u64
    }

    pub fn clean(&self, region: &Region) -> bool {
        self.slot(region.slot).lost_from.look().start == NOTHING
    }

    pub fn restore(&self, region: &Region) {
        let slot = self.slot(region.slot);
        let lost = slot.lost_from.look(); // region.cpp: const LostFrom::Seen lost = slot->lost_from.look();
                                          // region.cpp: if (slot->losing.load() != 0)
        if slot.losing.load(SeqCst) != 0 {
            return;
        }
        // region.cpp: if (lost.start == LostFrom::nothing
        if lost.start == NOTHING {
            return;
        }
        let covered = self.kernel.lock().unwrap().file_size.min(region.length);
        let from = usize::try_from(lost.start).unwrap();
        if covered <= from {
            return; // region.cpp: if (covered <= lost.start)
        }
        let ends_there = covered == region.length; // region.cpp: const bool ends_there = covered == page_length;
                                                   // region.cpp: if (!ends_there && !count_split(*slot))
        if !ends_there && !self.count_split(slot) {
            return;
        }
        {
            // region.cpp: if (restore_pages(pages + lost.start,
            let mut kernel = self.kernel.lock().unwrap();
            for page in from..covered {
                kernel.put(region.base + page, Page::File(page));
            }
        }
        // region.cpp: if (ends_there && slot->split.exchange(false))
        if ends_there && slot.split.swap(false, SeqCst) {
            self.areas.fetch_sub(1, SeqCst); // region.cpp: Areas::give_back(1);
        }
        // region.cpp: if (!slot->lost_from.move_on(lost, ends_there ? LostFrom::nothing : covered))
        let place = if ends_there { NOTHING } else { covered as u64 };
        if !slot.lost_from.move_on(lost, place) {
            self.recount_split(slot); // region.cpp: recount_split(*slot);
        }
    }
}
