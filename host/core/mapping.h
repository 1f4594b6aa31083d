// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a mapping is.
#pragma once

#include "budget.h"
#include "region.h"

#include <algorithm>
#include <utility>

struct wmcore_mapping {
  std::shared_ptr<const wmcore::File> file; // Null for zero-filled memory.
  uint64_t offset;
  wmcore_access access;
  wmcore::PageKind kind;
  wmcore_region *region = nullptr; // Holds one.
  wmcore_region *lent = nullptr;   // Holds one, once asked for, where lent pages are not those of `region`.
  bool changed = false;            // Private pages may hold what is not in the file.
  wmcore::Charge charge;
  uint64_t stored = 0; // In private pages of a file, in bytes of whole pages; a page counts each time.

  wmcore_mapping(std::shared_ptr<const wmcore::File> file, uint64_t offset, wmcore_access access, wmcore::PageKind kind)
      : file(std::move(file)), offset(offset), access(access), kind(kind) {}
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
  bool readable() const { return kind.read || kind.write; }
  /// Whether the bytes are those of the file.
  bool shows_its_file() const { return file && !file->named && (kind.shared || !changed); }

  /// What a mapping of `size` bytes takes of a budget: its page tables, of which the system frees none before it is
  /// unmapped, and the pages that no file holds.
  uint64_t cost(uint64_t size) const {
    constexpr uint64_t bytes_per_entry = 512; // A page of 4 KiB, by an entry of 8 bytes.
    return size / bytes_per_entry + (file ? std::min(stored, size) : size);
  }
  /// Counts what is about to be stored, where it makes pages private. False: there is no memory for them, and nothing
  /// was counted.
  bool may_store(uint64_t start, uint64_t size) {
    if (kind.shared || size == 0)
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
    if (!readable())
      return WMCORE_ACCESS_DENIED;
    return contains(start, size) ? region->prepare(start, size) : WMCORE_OUT_OF_RANGE;
  }

  /// Without what may_store() says.
  wmcore_status may_write(uint64_t start, uint64_t size) const {
    if (!kind.write)
      return WMCORE_READ_ONLY;
    return contains(start, size) ? region->prepare(start, size) : WMCORE_OUT_OF_RANGE;
  }
};
