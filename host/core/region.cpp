// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "region.h"
#include "areas.h"
#include "cuts.h"

#include <algorithm>
#include <new>
#include <utility>

using namespace wmcore;

namespace {

uint64_t page_of(const File *file) { return file ? file->page : page_size(); }

/// The start in the file of the pages that hold this offset.
uint64_t first_offset(const File *file, uint64_t offset) {
  return offset & ~(std::max(granularity(), page_of(file)) - 1);
}

/// The areas of a span: its pages, and the memory past them, which was one area with the memory before them.
constexpr size_t areas_of_span = 2;

} // namespace

std::atomic<size_t> wmcore_region::live{0};
thread_local bool wmcore_region::aside = false;

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
  // Registers the range before it places pages, so that two threads cannot place pages over each other.
  if (const wmcore_status claimed =
          claim_slot(address, page_length, file.get(), page_offset, kind, Overlap::refused, slot))
    return claimed;
  const wmcore_status status =
      Cuts::cover(address, page_length) ? place_pages(place, *file, page_offset, page_length, kind) : WMCORE_NO_MEMORY;
  if (status) {
    if (!slot->heir && has_all_pages(place, page_length))
      forget();
    else
      orphan_slot(std::exchange(slot, nullptr));
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
  is_locked = false; // The system unlocks what it unmaps.
  if (place && old && !clear_pages(old, page_length)) {
    orphan_slot(slot); // Nobody ends this region again.
    return false;
  }
  forget(); // Before the addresses can be reused.
  if (place && old)
    Cuts::leave(reinterpret_cast<uintptr_t>(old), page_length);
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
  // Pages that the system does not unmap stay counted for good, as areas and as a region.
  if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1 && unmap())
    delete this;
}

void wmcore_region::leave() {
  if (shared() && file) {
    if (slot)
      slot->file.store(WMCORE_NO_FILE); // A handler that has read the number already compares `inode`.
    file.reset();
  }
  release();
}

void wmcore_region::recover() {
  if (!slot || !file || place) // A span does not change what its guest has seen.
    return;
  const LostFrom::Seen lost = slot->lost_from.look();
  if (slot->losing.load() != 0) // A handler has set the mark, and its zeros would overwrite the restored pages.
    return;
  uint64_t file_size = 0;
  if (lost.start == LostFrom::nothing || file->size(file_size) || file_size <= page_offset)
    return;
  const uint64_t covered = std::min(page_up(file_size - page_offset), page_length);
  if (covered <= lost.start)
    return;
  const bool ends_there = covered == page_length;
  // The border between pages and zeros splits the area: count it if it is new.
  if (!ends_there && !count_split(*slot))
    return;
  // Pages with another advice than their neighbours, or locked ones beside others, would be a separate area.
  if (usage != WMCORE_NORMAL)
    advise_pages(pages, page_length, WMCORE_NORMAL, /*discards_changes=*/false);
  if (is_locked)
    unlock_pages(pages, page_length);
  if (restore_pages(pages + lost.start, *file, page_offset + lost.start, covered - lost.start, kind)) {
    if (ends_there && slot->split.exchange(false))
      Areas::give_back(1);
    restored.fetch_add(1); // Before the mark: whoever does not see it any more sees this.
    // The mark moves last, and only if no thread has met a fault since the snapshot: that fault may concern a page that
    // was just restored, and an area that is not counted again.
    if (!slot->lost_from.move_on(lost, ends_there ? LostFrom::nothing : covered))
      recount_split(*slot);
  }
  if (usage != WMCORE_NORMAL)
    advise_pages(pages, page_length, usage, /*discards_changes=*/false);
  if (is_locked)
    lock_pages(pages, page_length);
}

wmcore_status wmcore_region::prepare(uint64_t offset, uint64_t length) {
  if (clean())
    return WMCORE_OK;
  if (!aside)
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

wmcore_status wmcore_region::check_file(uint64_t offset, uint64_t length) const {
  uint64_t file_size = 0;
  if (!file || length == 0)
    return WMCORE_OK;
  if (const wmcore_status status = file->size(file_size))
    return status;
  return page_offset + lead + offset + length > page_up(file_size) ? WMCORE_FAULT : WMCORE_OK;
}

wmcore_status wmcore_region::flush(uint64_t offset, uint64_t length, Wait wait) {
  if (!contains(offset, length))
    return WMCORE_OUT_OF_RANGE;
  if (!file || !kind.stores_reach_file() || length == 0)
    return WMCORE_OK;
  if (const wmcore_status status = prepare(offset, length))
    return status;
  if (const wmcore_status status = check_file(offset, length))
    return status;
  const uint64_t start = page_down(lead + offset);
  const uint64_t count = lead + offset + length - start;
  const wmcore_status status = wait == Wait::yes ? flush_pages(pages + start, count, *file)
                                                 : start_flush_pages(pages + start, count, *file, page_offset + start);
  return status ? status : check(offset, length);
}

wmcore_status wmcore_region::populate(uint64_t offset, uint64_t length) {
  if (const wmcore_status status = prepare(offset, length))
    return status;
  const uint64_t start = page_down(lead + offset);
  const uint64_t end = page_up(lead + offset + length);
  if (length > 0 && populate_pages(pages + start, end - start))
    return check_file(offset, length); // An emulator of the system may know no such call, and do nothing.
  if (length > 0)
    for (uint64_t at = start; at < end; at += page)
      (void)*const_cast<const volatile uint8_t *>(pages + at); // The fault handler is there for lost pages.
  return check(offset, length);
}

wmcore_status wmcore_region::count_resident(uint64_t offset, uint64_t length, uint64_t &bytes) {
  if (const wmcore_status status = prepare(offset, length))
    return status;
  constexpr size_t at_once = 4096;
  uint8_t resident[at_once];
  const uint64_t unit = page_size(); // Also for files with larger pages.
  const uint64_t from = lead + offset;
  const uint64_t to = from + length;
  for (uint64_t at = from & ~(unit - 1); at < to; at += at_once * unit) {
    const uint64_t count = std::min<uint64_t>(at_once, (to - at + unit - 1) / unit);
    if (const wmcore_status status = find_resident_pages(pages + at, static_cast<size_t>(count), resident))
      return status;
    for (uint64_t number = 0; number < count; number++)
      if ((resident[number] & 1) != 0)
        bytes += std::min(at + (number + 1) * unit, to) - std::max(at + number * unit, from);
  }
  return check_file(offset, length); // Nobody may have met the lost pages.
}

wmcore_status wmcore_region::lock() {
  if (const wmcore_status status = prepare(0, size))
    return status;
  if (const wmcore_status status = check_file(0, size))
    return status;
  if (const wmcore_status status = lock_pages(pages, page_length))
    return check_file(0, size) ? WMCORE_FAULT : status; // Systems report pages that the file has just lost as memory.
  is_locked = true;
  return WMCORE_OK;
}

wmcore_status wmcore_region::unlock() {
  if (const wmcore_status status = unlock_pages(pages, page_length))
    return status;
  is_locked = false;
  return WMCORE_OK;
}

wmcore_status wmcore_region::advise(uint64_t offset, uint64_t length, wmcore_advice advice) {
  if (offset >= size)
    return WMCORE_OUT_OF_RANGE;
  if (!slot)
    return WMCORE_OK;
  // The system remembers this advice for each area, so a part would be split off: it gets the whole region.
  if (advice != WMCORE_WILL_NEED && advice != WMCORE_DONT_NEED) {
    const wmcore_status status = advise_pages(pages, page_length, advice, /*discards_changes=*/false);
    if (!status)
      usage = advice;
    return status;
  }
  if (is_locked && advice == WMCORE_DONT_NEED) // Some systems would unlock the pages, others refuse.
    return WMCORE_OK;
  length = std::min(length, size - offset);
  const uint64_t start = page_down(lead + offset);
  const bool private_changes = !file || !kind.shared;
  return advise_pages(pages + start, lead + offset + length - start, advice, private_changes, file.get(),
                      page_offset + start);
}

extern "C" {

uint8_t *wmcore_region_bytes(const wmcore_region *region) { return region->bytes(); }

uint64_t wmcore_region_length(const wmcore_region *region) { return region->length(); }

void wmcore_region_release(wmcore_region *region) { region->release(); }

size_t wmcore_live_regions(void) { return wmcore_region::live.load(); }

} // extern "C"
