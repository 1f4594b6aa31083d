// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "region.h"
#include "areas.h"

#include <algorithm>
#include <new>
#include <utility>

using namespace wmcore;

namespace {

uint64_t page_of(const File *file) { return file ? file->page : page_size(); }

/// Where pages must begin in the file to hold this offset.
uint64_t first_offset(const File *file, uint64_t offset) {
  return offset & ~(std::max(granularity(), page_of(file)) - 1);
}

/// Pages amid memory: they, and the memory past them, which was one area with the memory before them.
constexpr size_t areas_of_span = 2;

} // namespace

std::atomic<size_t> wmcore_region::live{0};

wmcore_region::wmcore_region(uint8_t *place, std::shared_ptr<const File> of_file, uint64_t offset, uint64_t length,
                             PageKind kind)
    : place(place), file(std::move(of_file)), kind(kind), page(page_of(file.get())),
      lead(offset - first_offset(file.get(), offset)), page_offset(first_offset(file.get(), offset)), size(length),
      page_length(page_up(lead + length)) {
  live.fetch_add(1);
}

wmcore_region::~wmcore_region() {
  Areas::give_back(place ? areas_of_span : 1);
  live.fetch_sub(1);
}

wmcore_status wmcore_region::map_at_place() {
  const auto address = reinterpret_cast<uintptr_t>(place);
  // Known before the pages lie there: two threads cannot place pages over each other.
  if (const wmcore_status status =
          claim_slot(address, page_length, file.get(), page_offset, kind, Overlap::refused, slot))
    return status;
  if (const wmcore_status status = place_pages(place, *file, page_offset, page_length, kind)) {
    forget();
    return status;
  }
  pages = place;
  return WMCORE_OK;
}

wmcore_status wmcore_region::map() {
  if (place)
    return map_at_place();
  if (const wmcore_status status = map_pages(file.get(), page_offset, lead + size, kind, pages))
    return status;
  const wmcore_status status = claim_slot(reinterpret_cast<uintptr_t>(pages), page_length, file.get(), page_offset,
                                          kind, Overlap::impossible, slot);
  if (status)
    unmap();
  return status;
}

void wmcore_region::forget() {
  if (slot) {
    if (slot->split.load())
      Areas::give_back(1);
    free_slot(slot);
  }
  slot = nullptr;
  pages = nullptr;
}

bool wmcore_region::unmap() {
  uint8_t *const old = pages;
  if (place && old && !clear_pages(old, page_length))
    return false;
  forget(); // Before the addresses can be another's.
  return place || !old || unmap_pages(old, page_length);
}

void wmcore_region::abandon() { forget(); }

wmcore_status wmcore_region::create(std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind,
                                    wmcore_region *&result) {
  return create_at(nullptr, std::move(file), offset, length, kind, result);
}

wmcore_status wmcore_region::create_at(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset,
                                       uint64_t length, PageKind kind, wmcore_region *&result) {
  if (const wmcore_status status = file ? install_fault_handler() : WMCORE_OK)
    return status;
  if (!Areas::take(place ? areas_of_span : 1))
    return WMCORE_NO_MEMORY;
  auto *region = new (std::nothrow) wmcore_region(place, std::move(file), offset, length, kind);
  if (!region) {
    Areas::give_back(place ? areas_of_span : 1);
    return WMCORE_NO_MEMORY;
  }
  if (const wmcore_status status = region->map()) {
    delete region;
    return status;
  }
  result = region;
  return WMCORE_OK;
}

void wmcore_region::release() {
  // Pages that the system does not take back stay counted for good, as areas and as a region: they are there.
  if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1 && unmap())
    delete this;
}

void wmcore_region::leave() {
  if (shared() && file) {
    if (slot)
      slot->file.store(WMCORE_NO_FILE); // A handler that has the number already compares what it finds: see `inode`.
    file.reset();
  }
  release();
}

void wmcore_region::recover() {
  if (!slot || !file || place) // What a guest has found in its memory stays there.
    return;
  const LostFrom::Seen lost = slot->lost_from.look();
  if (slot->losing.load() != 0) // The mark is there, and zeros may follow: they would lie over what is brought back.
    return;
  uint64_t file_size = 0;
  if (lost.start == LostFrom::nothing || file->size(file_size) || file_size <= page_offset)
    return;
  const uint64_t covered = std::min(page_up(file_size - page_offset), page_length);
  if (covered <= lost.start)
    return;
  const bool ends_there = covered == page_length;
  // Between pages and zeros lies the end of an area. Where there is none yet, it has to be counted.
  if (!ends_there && !count_split(*slot))
    return;
  // Pages with other advice than their neighbours would be an area of their own.
  if (usage != WMCORE_NORMAL)
    advise_pages(pages, page_length, WMCORE_NORMAL, /*discards_changes=*/false);
  if (restore_pages(pages + lost.start, *file, page_offset + lost.start, covered - lost.start, kind)) {
    if (ends_there && slot->split.exchange(false))
      Areas::give_back(1);
    // The mark moves last, and only if no other thread has met a fault since it was looked at: such a fault may be of
    // a page that has just been brought back, and of an area that was not counted again.
    if (!slot->lost_from.move_on(lost, ends_there ? LostFrom::nothing : covered))
      recount_split(*slot);
  }
  if (usage != WMCORE_NORMAL)
    advise_pages(pages, page_length, usage, /*discards_changes=*/false);
}

wmcore_status wmcore_region::prepare(uint64_t offset, uint64_t length) {
  if (clean())
    return WMCORE_OK;
  recover();
  return check(offset, length);
}

wmcore_status wmcore_region::check(uint64_t offset, uint64_t length) const {
  if (clean() || length == 0)
    return WMCORE_OK;
  if (!slot)
    return WMCORE_FAULT;
  return lead + offset + length > lost_from() ? WMCORE_FAULT : WMCORE_OK;
}

wmcore_status wmcore_region::check_stores(uint64_t offset, uint64_t length) const {
  const wmcore_status status = check(offset, length);
  if (status && slot)
    if (const uint64_t lost = lost_from(); lost < page_length)
      discard_zeros(pages + lost, page_length - lost);
  return status;
}

wmcore_status wmcore_region::flush(uint64_t offset, uint64_t length) {
  if (!contains(offset, length))
    return WMCORE_OUT_OF_RANGE;
  if (!file || !kind.shared || !kind.write || length == 0)
    return WMCORE_OK;
  if (const wmcore_status status = prepare(offset, length))
    return status;
  // msync touches no page, so that it would not notice those that are lost.
  uint64_t file_size = 0;
  if (const wmcore_status status = file->size(file_size))
    return status;
  if (page_offset + lead + offset + length > page_up(file_size))
    return WMCORE_FAULT;
  const uint64_t start = page_down(lead + offset);
  const wmcore_status status = flush_pages(pages + start, lead + offset + length - start, *file);
  return status ? status : check(offset, length);
}

wmcore_status wmcore_region::advise(uint64_t offset, uint64_t length, wmcore_advice advice) {
  if (offset >= size)
    return WMCORE_OUT_OF_RANGE;
  if (!slot)
    return WMCORE_OK;
  // What the system remembers of pages would split them into areas: it is told of all of them.
  if (advice != WMCORE_WILL_NEED && advice != WMCORE_DONT_NEED) {
    const wmcore_status status = advise_pages(pages, page_length, advice, /*discards_changes=*/false);
    if (!status)
      usage = advice;
    return status;
  }
  length = std::min(length, size - offset);
  const uint64_t start = page_down(lead + offset);
  const bool private_changes = !file || !kind.shared;
  return advise_pages(pages + start, lead + offset + length - start, advice, private_changes);
}
