// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapped pages with a count of their holders.
#pragma once

#include "faults.h"

/// Pages of a file or of zero-filled memory. They stay mapped until the last holder releases them.
///
/// The system chooses the address, except for a span, whose pages replace memory of a guest.
struct wmcore_region {
  using File = wmcore::File;
  using PageKind = wmcore::PageKind;

  /// Maps bytes `offset..offset + length` of the file; the caller has checked the range. The caller is the first
  /// holder.
  static wmcore_status create(std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind,
                              wmcore_region *&result);
  /// Does the same at the address `place`. Error: `busy` (another region overlaps it).
  static wmcore_status create_at(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length,
                                 PageKind kind, wmcore_region *&result);
  void hold() { holders.fetch_add(1, std::memory_order_relaxed); }
  void release();
  /// release() for the mapping itself. Only its operations need the file: other holders keep pages, but no descriptor.
  void leave();

  uint8_t *bytes() const { return pages + lead; }
  uint64_t length() const { return size; }
  bool contains(uint64_t start, uint64_t count) const { return start <= size && count <= size - start; }
  bool clean() const { return slot && slot->clean(); }
  /// How often lost pages were brought back. A thread that has stepped aside may have read the zeros before them.
  uint32_t restorations() const { return restored.load(); }

  /// Tells whether there are other holders than the caller.
  bool shared() const { return holders.load(std::memory_order_acquire) > 1; }
  /// Unmaps the pages, for a system that cannot change a mapped file. The caller must be the only holder. Returns false
  /// if the system refuses: then pages and region must stay.
  bool unmap();
  /// Forgets the addresses of the pages, because their owner is about to free them.
  void abandon();
  /// Maps them again, perhaps elsewhere. On failure every byte of the region is lost.
  wmcore_status map();
  /// Tells whether map() failed: then the region has no address.
  bool gone() const { return !pages; }

  /// Runs before an access. Restores lost pages that the file covers again, and returns `fault` if a page of the range
  /// is still lost. The range must lie inside the region.
  wmcore_status prepare(uint64_t offset, uint64_t length);
  /// Runs after an access. Returns `fault` if a page of the range is lost.
  wmcore_status check(uint64_t offset, uint64_t length) const;
  /// check() after stores. Frees what was stored into the zero pages that replace lost ones.
  wmcore_status check_stores(uint64_t offset, uint64_t length) const;

  /// Both take any range. Error: `out-of-range` (the range of flush() is not inside, that of advise() starts past the
  /// end).
  wmcore_status flush(uint64_t offset, uint64_t length) { return flush(offset, length, Wait::yes); }
  wmcore_status start_flush(uint64_t offset, uint64_t length) { return flush(offset, length, Wait::no); }
  wmcore_status advise(uint64_t offset, uint64_t length, wmcore_advice advice);

  /// Both take a range inside the region, in pieces that a caller can stop between.
  wmcore_status populate(uint64_t offset, uint64_t length);
  wmcore_status count_resident(uint64_t offset, uint64_t length, uint64_t &bytes);

  wmcore_status lock();
  wmcore_status unlock();
  bool locked() const { return is_locked; }

  static std::atomic<size_t> live;
  /// Whether this thread has stepped aside.
  static thread_local bool aside;

private:
  wmcore_region(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind);
  enum class Wait { no, yes };
  wmcore_status flush(uint64_t offset, uint64_t length, Wait wait);
  wmcore_status map_at_place();
  ~wmcore_region();
  /// Unregisters the addresses. The pages stay mapped.
  void forget();
  void recover();
  /// Returns `fault` unless the file has all pages of the range. System calls that touch no page do not notice the
  /// others.
  wmcore_status check_file(uint64_t offset, uint64_t length) const;
  /// Offset of the first lost page from the first page, or LostFrom::nothing.
  uint64_t lost_from() const { return slot->lost_from.start(); }
  uint64_t page_down(uint64_t value) const { return value & ~(page - 1); }
  uint64_t page_up(uint64_t value) const { return page_down(value + page - 1); }

  uint8_t *const place;             ///< The required address, or null.
  std::shared_ptr<const File> file; ///< Null without a file, and after leave().
  const PageKind kind;
  const uint64_t page;        ///< The size of a page.
  const uint64_t lead;        ///< Bytes between the first page and the first byte of the mapping.
  const uint64_t page_offset; ///< Of the first page in the file.
  const uint64_t size;        ///< Of the mapping in bytes.
  const uint64_t page_length; ///< Of all its pages in bytes.
  uint8_t *pages = nullptr;
  wmcore::FaultSlot *slot = nullptr;
  wmcore_advice usage = WMCORE_NORMAL; ///< The last advice for all pages.
  bool is_locked = false;
  std::atomic<size_t> holders{1};
  std::atomic<uint32_t> restored{0};
};
