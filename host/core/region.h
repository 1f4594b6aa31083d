// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapped pages with a count of those who need them.
#pragma once

#include "faults.h"

/// Pages of a file or of zero-filled memory. They stay mapped until the last holder releases them.
///
/// Those that lie where the system likes are the region's own. Those of a span lie in place of somebody's memory.
struct wmcore_region {
  using File = wmcore::File;
  using PageKind = wmcore::PageKind;

  /// Maps bytes `offset..offset + length` of the file; the caller has checked them. It is the first holder.
  static wmcore_status create(std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind,
                              wmcore_region *&result);
  /// The same in place of the memory at `place`, which no region of ours may touch (`busy`).
  static wmcore_status create_at(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length,
                                 PageKind kind, wmcore_region *&result);
  void hold() { holders.fetch_add(1, std::memory_order_relaxed); }
  void release();
  /// release() for the mapping, whose operations alone need the file: other holders need pages, and keep no descriptor.
  void leave();

  uint8_t *bytes() const { return pages + lead; }
  uint64_t length() const { return size; }
  bool contains(uint64_t start, uint64_t count) const { return start <= size && count <= size - start; }
  bool clean() const { return slot && slot->clean(); }

  /// Whether somebody needs the pages besides the caller.
  bool shared() const { return holders.load(std::memory_order_acquire) > 1; }
  /// Gives the pages back, for a system that must change the file without them. Only for the one who holds them alone.
  /// False: the system did not take them, so that they and this must stay.
  bool unmap();
  /// Forgets where the pages are, because their addresses are about to be somebody else's.
  void abandon();
  /// Maps them again, perhaps elsewhere. On failure every byte of the region is lost.
  wmcore_status map();
  /// Whether that failed: then there is no address to look at.
  bool gone() const { return !pages; }

  /// Before the bytes are touched: brings back lost pages that the file covers again, then tells whether a page of the
  /// range is lost. The range must lie inside.
  wmcore_status prepare(uint64_t offset, uint64_t length);
  /// After the bytes were touched: tells whether a page of the range is lost.
  wmcore_status check(uint64_t offset, uint64_t length) const;
  /// check() after stores: what was stored in place of lost pages takes no memory.
  wmcore_status check_stores(uint64_t offset, uint64_t length) const;

  /// Any range: `out-of-range` if it does not lie inside, or begins behind the last byte to advise about.
  wmcore_status flush(uint64_t offset, uint64_t length);
  wmcore_status advise(uint64_t offset, uint64_t length, wmcore_advice advice);

  static std::atomic<size_t> live;

private:
  wmcore_region(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind);
  wmcore_status map_at_place();
  ~wmcore_region();
  /// Gives up the addresses, not the pages.
  void forget();
  void recover();
  /// Where lost pages begin, from the first page on; LostFrom::nothing where none is lost.
  uint64_t lost_from() const { return slot->lost_from.start(); }
  uint64_t page_down(uint64_t value) const { return value & ~(page - 1); }
  uint64_t page_up(uint64_t value) const { return page_down(value + page - 1); }

  uint8_t *const place;             ///< Where the pages have to lie, or null.
  std::shared_ptr<const File> file; ///< Null for memory without a file, and once the mapping has left.
  const PageKind kind;
  const uint64_t page;        ///< The size of a page.
  const uint64_t lead;        ///< Bytes between the first page and the first byte of the mapping.
  const uint64_t page_offset; ///< Of the first page in the file.
  const uint64_t size;        ///< Of the mapping in bytes.
  const uint64_t page_length; ///< Of all its pages in bytes.
  uint8_t *pages = nullptr;
  wmcore::FaultSlot *slot = nullptr;
  wmcore_advice usage = WMCORE_NORMAL; ///< What was advised of all pages.
  std::atomic<size_t> holders{1};
};
