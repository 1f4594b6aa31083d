// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of a mapping.
#pragma once

#include "budget.h"
#include "region.h"

#include <algorithm>
#include <atomic>
#include <utility>

struct wmcore_mapping {
  std::shared_ptr<const wmcore::File> file; // Null for zero-filled memory.
  uint64_t offset;
  wmcore::PageKind kind;
  wmcore_region *region = nullptr;  // Held by the mapping.
  wmcore_region *lent = nullptr;    // Held by the mapping; pages to lend, if they differ from those of `region`.
  std::atomic<bool> changed{false}; // Private pages may differ from the file.
  bool locked = false;              // All bytes are charged.
  std::atomic<int> file_reads{4};   // How many reads may go to the file.
  wmcore::Charge charge;
  uint64_t stored = 0; // Bytes of private pages that stores have touched, in whole pages; a page counts each time.

  wmcore_mapping(std::shared_ptr<const wmcore::File> file, uint64_t offset, wmcore::PageKind kind)
      : file(std::move(file)), offset(offset), kind(kind) {}
  ~wmcore_mapping() { drop_regions(); }
  wmcore_mapping(const wmcore_mapping &) = delete;
  wmcore_mapping &operator=(const wmcore_mapping &) = delete;

  void drop_regions() {
    if (lent)
      lent->leave();
    if (region)
      region->leave();
    lent = region = nullptr;
  }

  uint64_t length() const { return region->length(); }
  bool contains(uint64_t start, uint64_t size) const { return region->contains(start, size); }
  wmcore_access access() const { return !kind.write ? WMCORE_READ : kind.shared ? WMCORE_WRITE : WMCORE_COPY; }
  /// Tells whether stores take memory of the host. Memory without a file counts too: no other process can reach it.
  bool stores_are_private() const { return !file || !kind.shared; }
  /// Tells whether the bytes equal those of the file.
  bool shows_its_file() const { return file && !file->named && (kind.shared || !changed); }

  /// Tells whether a read may go to the file, in place of its pages: the first short ones of a mapping, because a page
  /// that is touched for the first time costs many times as much as a system call. Programs read a few bytes, and
  /// close.
  bool may_read_file(uint64_t length) {
    return length > 0 && length <= wmcore::page_size() && file_reads.load(std::memory_order_relaxed) > 0 &&
           shows_its_file() && region->clean() && file_reads.fetch_sub(1, std::memory_order_relaxed) > 0;
  }

  /// The bytes that a mapping of `size` bytes takes from a budget: its page tables, which the system frees only with
  /// the mapping, and its private pages, or all pages while they are locked.
  uint64_t cost(uint64_t size) const {
    constexpr uint64_t bytes_per_entry = 512; // 4 KiB of a page for each entry of 8 bytes.
    return size / bytes_per_entry + (file && !locked ? std::min(stored, size) : size);
  }
  /// Charges a store that makes pages private. Returns false, and charges nothing, if the budget has too few bytes.
  bool may_store(uint64_t start, uint64_t size) {
    if (!stores_are_private() || size == 0)
      return true;
    changed = true;
    return set_stored(stored + whole_pages(start, size));
  }
  static uint64_t whole_pages(uint64_t start, uint64_t size) {
    const uint64_t page = wmcore::page_size();
    return (start % page + size + page - 1) / page * page;
  }
  bool set_stored(uint64_t bytes) {
    const uint64_t before = std::exchange(stored, std::min(bytes, length()));
    if (charge.set(cost(length())))
      return true;
    stored = before;
    return false;
  }

  wmcore_status may_read(uint64_t start, uint64_t size) const {
    if (!kind.read)
      return WMCORE_ACCESS_DENIED;
    return contains(start, size) ? region->prepare(start, size) : WMCORE_OUT_OF_RANGE;
  }

  /// Does not charge the budget: see may_store().
  wmcore_status may_write(uint64_t start, uint64_t size) const {
    if (!kind.write)
      return WMCORE_READ_ONLY;
    return contains(start, size) ? region->prepare(start, size) : WMCORE_OUT_OF_RANGE;
  }
};
