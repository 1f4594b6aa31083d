// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which addresses are ours, and which of their pages are lost. Written by threads that map, read by the fault handler:
// everything a handler touches is a lock-free atomic that is never freed.
#pragma once

#include "system.h"

#include <atomic>

namespace wmmap {

/// What the fault handler knows of one mapped range of addresses.
struct FaultSlot {
  static constexpr uint64_t nothing = UINT64_MAX;

  std::atomic<uintptr_t> base{0}; ///< First address, or 0 while the slot is free or changes.
  std::atomic<uint64_t> length{0};
  std::atomic<wmmap_file> file{WMMAP_NO_FILE};
  std::atomic<uint64_t> offset{0}; ///< Of the first address in the file.
  std::atomic<bool> read{false};
  std::atomic<bool> write{false};
  /// All pages from here (relative to base) to the end are zero pages in place of lost ones; `nothing` if none are.
  std::atomic<uint64_t> lost_from{nothing};
  /// A page inside the file could not be reached: for the life of the range nothing in it can be trusted.
  std::atomic<bool> broken{false};
  /// The page that faulted last although the file covers it: a second time in a row means a storage error.
  std::atomic<uintptr_t> retried{0};
  bool alone = false; ///< Nobody may overlap it. Not for handlers.

  /// Lowers lost_from. Safe in a signal handler: atomics only.
  void lose_from(uint64_t start);
  bool clean() const { return lost_from.load() == nothing && !broken.load(); }
};

/// Finds the range that holds the address, or null. Safe in a signal handler: it only reads atomics.
FaultSlot *find_slot(uintptr_t address);
enum class Overlap { impossible, refused };

/// Makes a range known: `busy` if another one overlaps it and that is refused, `no-memory` if there is none left.
wmmap_status claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind,
                        Overlap overlap, FaultSlot *&result);
/// Forgets it; the pages must still be mapped, so that nobody else can have the addresses yet.
void free_slot(FaultSlot *slot);

/// Counts faults; what wmmap_fault_count() shows. The handler adds to it after it has marked the slot.
extern std::atomic<uint32_t> fault_count;

} // namespace wmmap
