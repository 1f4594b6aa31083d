// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "faults.h"

#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace wmmap {

namespace {

// Chunks are only ever added, so that a handler can walk them while other threads map and unmap.
struct Chunk {
  static constexpr size_t size = 256;
  FaultSlot slots[size];
  std::atomic<Chunk *> next{nullptr};
};

Chunk first_chunk;
Chunk *last_chunk = &first_chunk;
std::mutex claim_mutex; // Never taken by a handler.

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uintptr_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "a signal handler reads these");

std::vector<FaultSlot *> free_slots; // These are the claim mutex's.
size_t slot_count = 0;
std::map<uintptr_t, uint64_t> ranges_alone; // Base and length of those that nobody may overlap.

void add_chunk(Chunk &chunk) {
  slot_count += Chunk::size;
  free_slots.reserve(slot_count);
  for (FaultSlot &slot : chunk.slots)
    free_slots.push_back(&slot);
}

FaultSlot *take_slot() {
  static const bool started = (add_chunk(first_chunk), true);
  (void)started;
  if (free_slots.empty()) {
    auto next = std::make_unique<Chunk>();
    add_chunk(*next);
    last_chunk->next.store(next.get(), std::memory_order_release);
    last_chunk = next.release();
  }
  FaultSlot *slot = free_slots.back();
  free_slots.pop_back();
  return slot;
}

bool overlaps(uintptr_t base, uint64_t length) {
  const auto behind = ranges_alone.lower_bound(base);
  if (behind != ranges_alone.end() && behind->first - base < length)
    return true;
  if (behind == ranges_alone.begin())
    return false;
  const auto before = std::prev(behind);
  return base - before->first < before->second;
}

} // namespace

std::atomic<uint32_t> fault_count{0};

void FaultSlot::lose_from(uint64_t start) {
  uint64_t known = lost_from.load();
  while (start < known && !lost_from.compare_exchange_weak(known, start)) {
  }
}

FaultSlot *find_slot(uintptr_t address) {
  for (Chunk *chunk = &first_chunk; chunk; chunk = chunk->next.load(std::memory_order_acquire))
    for (FaultSlot &slot : chunk->slots) {
      const uintptr_t base = slot.base.load(std::memory_order_acquire);
      // A faulting thread's own slot cannot change meanwhile; for any other one a torn pair is told by its base.
      if (base != 0 && address >= base && address - base < slot.length.load(std::memory_order_acquire) &&
          slot.base.load(std::memory_order_acquire) == base)
        return &slot;
    }
  return nullptr;
}

wmmap_status claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind,
                        Overlap overlap, FaultSlot *&result) {
  const std::scoped_lock lock(claim_mutex);
  FaultSlot *slot = nullptr;
  try {
    if (overlap == Overlap::refused) {
      if (overlaps(base, length))
        return WMMAP_BUSY;
      ranges_alone.emplace(base, length);
    }
    slot = take_slot();
  } catch (const std::bad_alloc &) {
    ranges_alone.erase(base);
    return WMMAP_NO_MEMORY;
  }
  slot->alone = overlap == Overlap::refused;
  slot->length.store(length);
  slot->file.store(file ? file->handle : WMMAP_NO_FILE);
  slot->offset.store(offset);
  slot->read.store(kind.read);
  slot->write.store(kind.write);
  slot->lost_from.store(FaultSlot::nothing);
  slot->broken.store(false);
  slot->retried.store(0);
  slot->base.store(base, std::memory_order_release);
  result = slot;
  return WMMAP_OK;
}

void free_slot(FaultSlot *slot) {
  const std::scoped_lock lock(claim_mutex);
  if (slot->alone)
    ranges_alone.erase(slot->base.load());
  slot->base.store(0, std::memory_order_release);
  free_slots.push_back(slot); // There is room: it was reserved for every slot.
}

} // namespace wmmap
