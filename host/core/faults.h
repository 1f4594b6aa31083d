// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which addresses are ours, and which of their pages are lost. Written by threads that map, read by the fault handler:
// everything a handler touches is a lock-free atomic that is never freed.
#pragma once

#include "system.h"

#include <atomic>

namespace wmcore {

/// Where the lost pages of a range begin: all from there to its end are zero pages in place of the file's.
///
/// One word holds the place and a count of changes, so that a thread that has brought pages back moves the mark only
/// if nothing was lost meanwhile.
class LostFrom {
public:
  static constexpr uint64_t nothing = UINT64_MAX;

  /// What a thread has seen, for move_on().
  struct Seen {
    uint64_t start; ///< In bytes from the start of the range; `nothing` if no page is lost.
    uint64_t word;
  };

  Seen look() const {
    const uint64_t word = value.load();
    const uint64_t page = word >> change_bits;
    return {page == no_page ? nothing : page << page_bits, word};
  }
  uint64_t start() const { return look().start; }
  void reset() { value.store(none); }

  /// Moves the mark to `start` if that is lower, and counts a loss in any case. Safe in a signal handler: an atomic
  /// only.
  void lower(uint64_t start) {
    uint64_t known = value.load();
    uint64_t wanted = 0;
    do {
      const uint64_t page = known >> change_bits;
      wanted = word(page < start >> page_bits ? page : start >> page_bits, known);
    } while (!value.compare_exchange_weak(known, wanted));
  }
  /// Moves the mark after pages were brought back. False: something was lost since `seen`, and the mark stays.
  bool move_on(Seen seen, uint64_t start) {
    return value.compare_exchange_strong(seen.word, word(start == nothing ? no_page : start >> page_bits, seen.word));
  }

private:
  static constexpr unsigned page_bits = 12; ///< No system has smaller pages.
  static constexpr unsigned change_bits = 24;
  static constexpr uint64_t no_page = UINT64_MAX >> change_bits;
  static constexpr uint64_t none = no_page << change_bits;

  static uint64_t word(uint64_t page, uint64_t before) {
    constexpr uint64_t changes = (uint64_t{1} << change_bits) - 1;
    return page << change_bits | ((before + 1) & changes);
  }

  std::atomic<uint64_t> value{none};
};

/// What the fault handler knows of one mapped range of addresses.
struct FaultSlot {
  std::atomic<uintptr_t> base{0}; ///< First address, or 0 while the slot is free or changes.
  std::atomic<uint64_t> length{0};
  std::atomic<bool> of_file{false};              ///< Other ranges have no page that could be lost.
  std::atomic<wmcore_file> file{WMCORE_NO_FILE}; ///< WMCORE_NO_FILE also once nobody needs the file any more.
  std::atomic<uint64_t> device{0};               ///< With `inode`: which file `file` has to be.
  std::atomic<uint64_t> inode{0};
  std::atomic<uint64_t> offset{0}; ///< Of the first address in the file.
  std::atomic<uint64_t> page{0};   ///< The size of a page.
  std::atomic<bool> write{false};
  LostFrom lost_from;
  std::atomic<uint32_t> losing{0}; ///< Handlers between a mark and its zeros.
  /// Faults on pages that the file has: every second one is taken for a storage error, so that no access is tried again
  /// for ever.
  std::atomic<uint32_t> retries{0};
  std::atomic<bool> split{false}; ///< It was counted as one area more, see areas.h.
  bool exclusive = false;         ///< Nobody may overlap it. Not for handlers.

  bool clean() const { return lost_from.start() == LostFrom::nothing; }
};

/// Finds the range that holds the address, or null. Safe in a signal handler: it only reads atomics.
FaultSlot *find_slot(uintptr_t address);
enum class Overlap { impossible, refused };

/// Makes a range known: `busy` if another one overlaps it and that is refused, `no-memory` if there is none left.
wmcore_status claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind,
                         Overlap overlap, FaultSlot *&result);
/// Forgets it; the pages must still be mapped, so that nobody else can have the addresses yet.
void free_slot(FaultSlot *slot);

/// Counts faults; what wmcore_fault_count() shows. The handler adds to it after it has marked the slot, and before
/// there are zeros.
extern std::atomic<uint32_t> fault_count;

} // namespace wmcore
