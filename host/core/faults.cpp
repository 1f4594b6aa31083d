// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "faults.h"

#include <mutex>
#include <new>

namespace wmmap {

namespace {

// Chunks are only ever added, so that a handler can walk them while other threads map and unmap.
struct Chunk {
  static constexpr size_t size = 256;
  FaultSlot slots[size];
  std::atomic<Chunk *> next{nullptr};
};

Chunk first_chunk;
std::mutex claim_mutex; // Never taken by a handler.

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uintptr_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "a signal handler reads these");

FaultSlot *free_slot_in(Chunk &chunk) {
  for (FaultSlot &slot : chunk.slots)
    if (slot.base.load(std::memory_order_relaxed) == 0)
      return &slot;
  return nullptr;
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

FaultSlot *claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind) {
  const std::scoped_lock lock(claim_mutex);
  Chunk *chunk = &first_chunk;
  FaultSlot *slot = free_slot_in(*chunk);
  while (!slot) {
    Chunk *next = chunk->next.load(std::memory_order_relaxed);
    if (!next) {
      next = new (std::nothrow) Chunk;
      if (!next)
        return nullptr;
      chunk->next.store(next, std::memory_order_release);
    }
    chunk = next;
    slot = free_slot_in(*chunk);
  }
  slot->length.store(length);
  slot->file.store(file ? file->handle : WMMAP_NO_FILE);
  slot->offset.store(offset);
  slot->read.store(kind.read);
  slot->write.store(kind.write);
  slot->lost_from.store(FaultSlot::nothing);
  slot->broken.store(false);
  slot->retried.store(0);
  slot->base.store(base, std::memory_order_release);
  return slot;
}

void free_slot(FaultSlot *slot) { slot->base.store(0, std::memory_order_release); }

} // namespace wmmap
