// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "faults.h"

#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace wmcore {

namespace {

// Chunks are never freed, so that a handler can walk them while other threads map and unmap.
struct Chunk {
  static constexpr size_t size = 256;
  FaultSlot slots[size];
  std::atomic<Chunk *> next{nullptr};
};

Chunk first_chunk;
Chunk *last_chunk = &first_chunk;

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uintptr_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "a signal handler reads these");

std::atomic<size_t> orphans{0};

/// The state that threads share to claim and free slots.
struct Registry {
  std::mutex mutex; // Never taken by a handler.
  std::vector<FaultSlot *> free_slots;
  size_t slot_count = 0;
  using Ranges = std::map<uintptr_t, FaultSlot *>;
  Ranges ranges_alone; // The exclusive ranges by their first address.

  Registry() { add(first_chunk); }

  void add(Chunk &chunk) {
    free_slots.reserve(slot_count + Chunk::size);
    slot_count += Chunk::size;
    for (FaultSlot &slot : chunk.slots)
      free_slots.push_back(&slot);
  }

  FaultSlot *take() {
    if (free_slots.empty()) {
      auto next = std::make_unique<Chunk>();
      add(*next);
      last_chunk->next.store(next.get(), std::memory_order_release);
      last_chunk = next.release();
    }
    FaultSlot *slot = free_slots.back();
    free_slots.pop_back();
    return slot;
  }

  void give_back(FaultSlot *slot);
  void give_back_orphan(FaultSlot *slot) {
    give_back(slot);
    orphans -= 1;
  }

  /// The exclusive ranges that overlap a range.
  std::pair<Ranges::iterator, Ranges::iterator> overlapping(uintptr_t base, uint64_t length) {
    auto first = ranges_alone.lower_bound(base);
    auto past = first;
    while (past != ranges_alone.end() && past->first - base < length)
      ++past;
    if (first != ranges_alone.begin())
      if (const auto before = std::prev(first); base - before->first < before->second->length.load())
        first = before;
    return {first, past};
  }
  /// Registers an exclusive range. Orphans that lie inside make room. Returns null if another range overlaps it.
  FaultSlot *take_alone(uintptr_t base, uint64_t length) {
    const auto [first, past] = overlapping(base, length);
    const bool heir = first != past;
    for (auto range = first; range != past; ++range)
      if (const uint64_t start = range->first - base;
          !range->second->orphan || start >= length || range->second->length.load() > length - start)
        return nullptr;
    Ranges::node_type node;
    if (heir) { // From here on nothing can fail: what the orphans cover must stay covered.
      for (auto range = std::next(first); range != past;)
        give_back_orphan((range++)->second);
      FaultSlot *orphan = first->second;
      node = ranges_alone.extract(first);
      give_back_orphan(orphan);
    }
    FaultSlot *slot = take();
    if (heir) {
      node.key() = base;
      node.mapped() = slot;
      ranges_alone.insert(std::move(node));
    } else {
      try {
        ranges_alone.emplace(base, slot);
      } catch (const std::bad_alloc &) {
        free_slots.push_back(slot);
        throw;
      }
    }
    slot->heir = heir;
    return slot;
  }
};

/// Never destroyed: threads may still map while the process ends. Throws std::bad_alloc the first time.
Registry &registry() {
  static Registry &only = *new Registry;
  return only;
}

} // namespace

std::atomic<uint32_t> fault_count{0};

FaultSlot *find_slot(uintptr_t address) {
  for (Chunk *chunk = &first_chunk; chunk; chunk = chunk->next.load(std::memory_order_acquire))
    for (FaultSlot &slot : chunk->slots) {
      const uintptr_t base = slot.base.load(std::memory_order_acquire);
      // The slot of the faulting thread cannot change meanwhile. A changed base reveals a torn read of any other slot.
      if (base != 0 && address >= base && address - base < slot.length.load(std::memory_order_acquire) &&
          slot.base.load(std::memory_order_acquire) == base)
        return &slot;
    }
  return nullptr;
}

wmcore_status claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind,
                         Overlap overlap, FaultSlot *&result) {
  FaultSlot *slot = nullptr;
  try {
    Registry &all = registry();
    const std::scoped_lock lock(all.mutex);
    slot = overlap == Overlap::refused ? all.take_alone(base, length) : all.take();
    if (!slot)
      return WMCORE_BUSY;
    slot->length.store(length); // With the lock, under which others compare their ranges with it.
  } catch (const std::bad_alloc &) {
    return WMCORE_NO_MEMORY;
  }
  slot->exclusive.store(overlap == Overlap::refused);
  slot->of_file.store(file != nullptr);
  slot->file.store(file ? file->handle : WMCORE_NO_FILE);
  slot->device.store(file ? file->identity.device : 0);
  slot->inode.store(file ? file->identity.inode : 0);
  slot->offset.store(offset);
  slot->page.store(file ? file->page : page_size());
  slot->write.store(kind.write);
  slot->lost_from.reset();
  slot->losing.store(0);
  slot->retries.store(0);
  slot->split.store(false);
  slot->base.store(base, std::memory_order_release);
  result = slot;
  return WMCORE_OK;
}

/// Its caller holds the lock.
void Registry::give_back(FaultSlot *slot) {
  if (slot->exclusive.load())
    ranges_alone.erase(slot->base.load());
  slot->orphan = false;
  slot->base.store(0, std::memory_order_release);
  free_slots.push_back(slot); // Cannot fail: capacity is reserved for every slot.
}

void free_slot(FaultSlot *slot) {
  Registry &all = registry();
  const std::scoped_lock lock(all.mutex);
  all.give_back(slot);
}

void orphan_slot(FaultSlot *slot) {
  const std::scoped_lock lock(registry().mutex);
  slot->orphan = true;
  slot->file.store(WMCORE_NO_FILE); // The region may close it.
  orphans += 1;
}

void free_orphans(uintptr_t base, uint64_t length) {
  if (orphans == 0)
    return;
  Registry &all = registry();
  const std::scoped_lock lock(all.mutex);
  const auto [first, past] = all.overlapping(base, length);
  for (auto range = first; range != past;)
    if (FaultSlot *slot = (range++)->second; slot->orphan)
      all.give_back_orphan(slot);
}

} // namespace wmcore
