// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "region.h"

#include <algorithm>
#include <new>
#include <utility>

using namespace wmmap;

namespace {

/// Where pages must begin in the file to hold this offset.
uint64_t first_offset(uint64_t offset) { return offset & ~(granularity() - 1); }
uint64_t page_down(uint64_t value) { return value & ~(page_size() - 1); }
uint64_t page_up(uint64_t value) { return page_down(value + page_size() - 1); }

/// Pages in the midst of memory: they, and the memory behind them, which was one area with what lies before.
constexpr size_t areas_of_span = 2;

} // namespace

std::atomic<size_t> wmmap_region::live{0};
std::atomic<size_t> wmmap_region::areas{0};

wmmap_region::wmmap_region(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length,
                           PageKind kind)
    : place(place), file(std::move(file)), kind(kind), lead(offset - first_offset(offset)),
      page_offset(first_offset(offset)), size(length), page_length(page_up(lead + length)) {
  live.fetch_add(1);
  areas.fetch_add(place ? areas_of_span : 1);
}

wmmap_region::~wmmap_region() {
  unmap();
  areas.fetch_sub(place ? areas_of_span : 1);
  live.fetch_sub(1);
}

wmmap_status wmmap_region::map_at_place() {
  const auto address = reinterpret_cast<uintptr_t>(place);
  // Known before the pages lie there: two threads cannot place pages over each other.
  if (const wmmap_status status =
          claim_slot(address, page_length, file.get(), page_offset, kind, Overlap::refused, slot))
    return status;
  if (const wmmap_status status = place_pages(place, *file, page_offset, page_length, kind)) {
    free_slot(slot);
    slot = nullptr;
    return status;
  }
  pages = place;
  return WMMAP_OK;
}

wmmap_status wmmap_region::map() {
  if (place)
    return map_at_place();
  if (const wmmap_status status = map_pages(file.get(), page_offset, lead + size, kind, pages))
    return status;
  const wmmap_status status = claim_slot(reinterpret_cast<uintptr_t>(pages), page_length, file.get(), page_offset, kind,
                                         Overlap::impossible, slot);
  if (status)
    unmap();
  return status;
}

bool wmmap_region::unmap() {
  if (place && pages && !clear_pages(pages, page_length))
    return false;
  if (slot)
    free_slot(slot);
  if (!place && pages)
    unmap_pages(pages, page_length);
  slot = nullptr;
  pages = nullptr;
  return true;
}

void wmmap_region::abandon() {
  if (slot)
    free_slot(slot);
  slot = nullptr;
  pages = nullptr;
}

wmmap_status wmmap_region::create(std::shared_ptr<const File> file, uint64_t offset, uint64_t length, PageKind kind,
                                  wmmap_region *&result) {
  return create_at(nullptr, std::move(file), offset, length, kind, result);
}

wmmap_status wmmap_region::create_at(uint8_t *place, std::shared_ptr<const File> file, uint64_t offset, uint64_t length,
                                     PageKind kind, wmmap_region *&result) {
  if (const wmmap_status status = file ? guard_faults() : WMMAP_OK)
    return status;
  auto *region = new (std::nothrow) wmmap_region(place, std::move(file), offset, length, kind);
  if (!region)
    return WMMAP_NO_MEMORY;
  if (areas.load() > most_areas()) {
    delete region;
    return WMMAP_NO_MEMORY;
  }
  if (const wmmap_status status = region->map()) {
    delete region;
    return status;
  }
  result = region;
  return WMMAP_OK;
}

void wmmap_region::release() {
  if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete this;
}

void wmmap_region::restore() {
  if (!slot || place) // What a guest has found in its memory stays there.
    return;
  uint64_t lost = slot->lost_from.load();
  uint64_t file_size = 0;
  if (lost == FaultSlot::nothing || !file || file->size(file_size) || file_size <= page_offset)
    return;
  const uint64_t covered = std::min(page_up(file_size - page_offset), page_length);
  if (covered <= lost)
    return;
  // The mark moves first: a fault that another thread meets from here on moves it back, and a mark that is too low
  // only costs another look. The other order could lose a mark.
  if (!slot->lost_from.compare_exchange_strong(lost, covered < page_length ? covered : FaultSlot::nothing))
    return;
  if (!restore_pages(pages + lost, *file, page_offset + lost, covered - lost, kind))
    slot->lose_from(lost);
}

wmmap_status wmmap_region::prepare(uint64_t offset, uint64_t length) {
  if (clean())
    return WMMAP_OK;
  restore();
  return check(offset, length);
}

wmmap_status wmmap_region::check(uint64_t offset, uint64_t length) const {
  if (clean() || length == 0)
    return WMMAP_OK;
  if (!slot)
    return WMMAP_FAULT;
  const bool touches_lost = lead + offset + length > slot->lost_from.load();
  return touches_lost || slot->broken.load() ? WMMAP_FAULT : WMMAP_OK;
}

wmmap_status wmmap_region::flush(uint64_t offset, uint64_t length) {
  if (!contains(offset, length))
    return WMMAP_OUT_OF_RANGE;
  if (!file || !kind.shared || !kind.write || length == 0)
    return WMMAP_OK;
  if (const wmmap_status status = prepare(offset, length))
    return status;
  // msync touches no page, so that it would not notice those that are lost.
  uint64_t file_size = 0;
  if (const wmmap_status status = file->size(file_size))
    return status;
  if (page_offset + lead + offset + length > page_up(file_size))
    return WMMAP_FAULT;
  const uint64_t start = page_down(lead + offset);
  const wmmap_status status = flush_pages(pages + start, lead + offset + length - start, *file);
  return status ? status : check(offset, length);
}

wmmap_status wmmap_region::advise(uint64_t offset, uint64_t length, wmmap_advice advice) {
  if (offset >= size)
    return WMMAP_OUT_OF_RANGE;
  if (!slot)
    return WMMAP_OK;
  length = std::min(length, size - offset);
  const uint64_t start = page_down(lead + offset);
  const bool private_changes = !file || !kind.shared;
  return advise_pages(pages + start, lead + offset + length - start, advice, private_changes);
}
