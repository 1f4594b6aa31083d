// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The address ranges of mappings, and their lost pages. Threads that map write them and the fault handler reads them,
// so each field that a handler touches is a lock-free atomic that is never freed.
#pragma once

#include "system.h"

#include <atomic>

namespace wmcore {

/// The start of the lost pages of a range. Zero pages replace the file's pages from there to the end of the range.
///
/// One word holds the position and a count of changes, so that a thread that restores pages moves the mark only if no
/// page was lost meanwhile.
class LostFrom {
public:
  static constexpr uint64_t nothing = UINT64_MAX;

  /// A snapshot for move_on().
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
  /// Moves the mark after pages were restored. Returns false, and leaves the mark, if a page was lost since `seen`.
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

/// A mapped range of addresses, as the fault handler sees it.
struct FaultSlot {
  std::atomic<uintptr_t> base{0}; ///< First address, or 0 while the slot is free or changes.
  std::atomic<uint64_t> length{0};
  std::atomic<bool> of_file{false};              ///< Only pages of a file can be lost.
  std::atomic<wmcore_file> file{WMCORE_NO_FILE}; ///< WMCORE_NO_FILE also after the mapping has closed.
  std::atomic<uint64_t> device{0};               ///< Identifies, with `inode`, the file that `file` must be.
  std::atomic<uint64_t> inode{0};
  std::atomic<uint64_t> offset{0}; ///< Of the first address in the file.
  std::atomic<uint64_t> page{0};   ///< The size of a page.
  std::atomic<bool> write{false};
  LostFrom lost_from;
  std::atomic<uint32_t> losing{0}; ///< Handlers that have set the mark and not yet placed the zeros.
  /// Faults on pages inside the file. Every second one counts as a storage error, so that no access repeats for ever.
  std::atomic<uint32_t> retries{0};
  std::atomic<bool> split{false}; ///< The range was counted as one more area, see areas.h.
  /// No other range may overlap it: the range of a span. A handler may read it once it has read `base`.
  std::atomic<bool> exclusive{false};
  bool orphan = false; ///< No region frees it, see orphan_slot(). Handlers do not read it.
  bool heir = false;   ///< It was claimed where orphans were: what they covered may still be there.

  bool clean() const { return lost_from.start() == LostFrom::nothing; }
};

/// Finds the range that holds the address, or null. Safe in a signal handler: it only reads atomics.
FaultSlot *find_slot(uintptr_t address);
enum class Overlap { impossible, refused };

/// Registers a range, in place of the orphans that lie inside. Errors: `busy` (another range overlaps it and `overlap`
/// refuses that), `no-memory`.
wmcore_status claim_slot(uintptr_t base, uint64_t length, const File *file, uint64_t offset, PageKind kind,
                         Overlap overlap, FaultSlot *&result);
/// Unregisters a range. Its pages must still be mapped, so that the addresses cannot be reused yet.
void free_slot(FaultSlot *slot);
/// Leaves a slot registered because its range could not be replaced, until another range is claimed in its place or its
/// addresses are freed.
void orphan_slot(FaultSlot *slot);
/// Unregisters the orphans in a range of addresses.
void free_orphans(uintptr_t base, uint64_t length);

/// The count behind wmcore_fault_count(). The handler increments it after it marks the slot and before it places the
/// zeros.
extern std::atomic<uint32_t> fault_count;

} // namespace wmcore
