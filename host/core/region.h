// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapped pages with a count of those who need them.
#pragma once

#include "faults.h"

/// Pages of a file or of zero-filled memory. They stay mapped until the last holder releases them.
///
/// Those that lie where the system likes are the region's own. Those of a span lie in place of somebody's memory.
struct wmmap_region {
  using File = wmmap::File;
  using PageKind = wmmap::PageKind;

  /// Maps bytes `offset..offset + length` of the file; the caller has checked them. It is the first holder.
  static wmmap_status create(std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind,
                             wmmap_region *&result);
  /// The same in place of the memory at `place`, which no region of ours may touch (`busy`).
  static wmmap_status create_at(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length,
                                PageKind kind, wmmap_region *&result);
  void hold() { holders.fetch_add(1, std::memory_order_relaxed); }
  void release();

  uint8_t *bytes() const { return pages + lead; }
  uint64_t length() const { return size; }
  bool contains(uint64_t start, uint64_t count) const { return start <= size && count <= size - start; }
  bool clean() const { return slot && slot->clean(); }

  /// Whether somebody needs the pages besides the caller.
  bool shared() const { return holders.load(std::memory_order_acquire) > 1; }
  /// Gives the pages back, for a system that must change the file without them. Only for the one who holds them alone.
  /// False: pages in place of memory could not be replaced, so that they and this must stay.
  bool unmap();
  /// Forgets where the pages are, because their addresses are about to be somebody else's.
  void abandon();
  /// Maps them again, perhaps elsewhere. On failure every byte of the region is lost.
  wmmap_status map();
  /// Whether that failed: then there is no address to look at.
  bool gone() const { return !pages; }

  /// Before the bytes are touched: brings back lost pages that the file covers again, then tells whether a page of the
  /// range is lost. The range must lie inside.
  wmmap_status prepare(uint64_t offset, uint64_t length);
  /// After the bytes were touched: tells whether a page of the range is lost.
  wmmap_status check(uint64_t offset, uint64_t length) const;

  /// Any range: `out-of-range` if it does not lie inside, or begins behind the last byte to advise about.
  wmmap_status flush(uint64_t offset, uint64_t length);
  wmmap_status advise(uint64_t offset, uint64_t length, wmmap_advice advice);

  static std::atomic<size_t> live;

private:
  wmmap_region(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind);
  wmmap_status map_at_place();
  ~wmmap_region();
  void restore();

  uint8_t *const place; ///< Where the pages have to lie, or null.
  const std::shared_ptr<const File> file;
  const PageKind kind;
  const uint64_t lead;        ///< Bytes between the first page and the first byte of the mapping.
  const uint64_t page_offset; ///< Of the first page in the file.
  const uint64_t size;        ///< Of the mapping in bytes.
  const uint64_t page_length; ///< Of all its pages in bytes.
  uint8_t *pages = nullptr;
  wmmap::FaultSlot *slot = nullptr;
  std::atomic<size_t> holders{1};
  static std::atomic<size_t> areas; ///< Of the system's, at most.
};
