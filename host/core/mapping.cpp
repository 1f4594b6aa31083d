// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operations of the contract: rights, ranges, and the order of their checks.
#include "mapping.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

using wmcore::File;
using wmcore::PageKind;

namespace {

constexpr uint64_t max_file_offset = INT64_MAX;
constexpr uint64_t most_addresses = uint64_t{1} << 47; // The user address space on today's processors.

enum class PastEnd { refused, allowed };

/// Determines how many bytes of a file of this size to map: a `length` of 0 means to the end of the file.
wmcore_status settle_length(uint64_t size, uint64_t offset, PastEnd past_end, uint64_t &length) {
  if (length == 0) {
    if (size == 0)
      return WMCORE_EMPTY_FILE;
    if (offset >= size)
      return WMCORE_PAST_END;
    length = size - offset;
    return WMCORE_OK;
  }
  if (past_end == PastEnd::refused)
    return offset > size || length > size - offset ? WMCORE_PAST_END : WMCORE_OK;
  return offset > max_file_offset || length > max_file_offset - offset ? WMCORE_INVALID_ARGUMENT : WMCORE_OK;
}

wmcore_status map_file(std::shared_ptr<const File> file, uint64_t length, uint64_t offset, PageKind kind,
                       wmcore_mapping **result) {
  std::unique_ptr<wmcore_mapping> mapping(new (std::nothrow) wmcore_mapping(std::move(file), offset, kind));
  if (!mapping)
    return WMCORE_NO_MEMORY;
  if (const wmcore_status status = wmcore_region::create(mapping->file, offset, length, kind, mapping->region))
    return status;
  *result = mapping.release();
  return WMCORE_OK;
}

/// Checks the length of memory without a file.
wmcore_status check_memory(uint64_t length) {
  if (length == 0)
    return WMCORE_INVALID_ARGUMENT;
  return length > max_file_offset ? WMCORE_NO_MEMORY : WMCORE_OK;
}

wmcore_status open_mapping(wmcore_file file, uint32_t rights, uint64_t length, uint64_t offset, PageKind kind,
                           PastEnd past_end, wmcore_mapping **result) {
  std::shared_ptr<const File> own;
  if (file == WMCORE_NO_FILE) {
    if (const wmcore_status status = check_memory(length))
      return status;
    offset = 0;
  } else {
    uint64_t size = 0;
    if (const wmcore_status status = File::duplicate(file, rights, kind.needed_rights(), own, size))
      return status;
    if (const wmcore_status status = settle_length(size, offset, past_end, length))
      return status;
  }
  return map_file(std::move(own), length, offset, kind, result);
}

PageKind kind_of(wmcore_access access) {
  return {/*read=*/true, /*write=*/access != WMCORE_READ, /*execute=*/false, /*shared=*/access != WMCORE_COPY};
}

/// Maps the new pages first: a failure there changes nothing, but a truncated file cannot be restored.
wmcore_status resize_under_pages(const wmcore_mapping &mapping, uint64_t length, wmcore_region *&region) {
  if (const wmcore_status status = wmcore_region::create(mapping.file, mapping.offset, length, mapping.kind, region))
    return status;
  if (mapping.file) {
    const wmcore_status status = mapping.file->resize(mapping.offset + length);
    if (status)
      region->release();
    return status;
  }
  std::memcpy(region->bytes(), mapping.region->bytes(), std::min(length, mapping.length()));
  return WMCORE_OK;
}

/// Mapped pages cannot pass the end of the file: the file grows before they are mapped, and is truncated while it is
/// unmapped.
wmcore_status resize_between_pages(const wmcore_mapping &mapping, uint64_t length, wmcore_region *&region) {
  if (length > most_addresses)
    return WMCORE_NO_MEMORY; // Before the file grows that much.
  uint64_t before = 0;
  if (const wmcore_status status = mapping.file->size(before))
    return status;
  const uint64_t after = mapping.offset + length;
  const bool cut = after < before;
  if (cut && mapping.region->shared())
    return WMCORE_BUSY;
  if (cut)
    mapping.region->unmap();
  wmcore_status status = mapping.file->resize(after);
  if (!status) {
    status = wmcore_region::create(mapping.file, mapping.offset, length, mapping.kind, region);
    uint64_t now = 0;
    if (status && !cut && mapping.file->size(now) == WMCORE_OK && now == after)
      mapping.file->resize(before); // The size tells that nobody has appended to it.
  }
  if (status && cut)
    mapping.region->map();
  return status;
}

/// Bytes that are stored between two checks for lost pages: stores into the zero pages that replace them take memory.
constexpr uint64_t piece = uint64_t{1} << 24;

} // namespace

extern "C" {

wmcore_status wmcore_open(wmcore_file file, uint32_t rights, uint64_t length, wmcore_access access, uint64_t offset,
                          wmcore_mapping **result) {
  return open_mapping(file, rights, length, offset, kind_of(access), PastEnd::refused, result);
}

wmcore_status wmcore_open_named(const char *name, uint64_t length, wmcore_access access, wmcore_mapping **result) {
  if (const wmcore_status status = check_memory(length))
    return status;
  std::shared_ptr<const File> memory;
  if (const wmcore_status status = File::share(name, length, memory))
    return status;
  return map_file(std::move(memory), length, 0, kind_of(access), result);
}

wmcore_status wmcore_open_posix(wmcore_file file, uint32_t rights, uint64_t length, wmcore_sharing sharing,
                                uint32_t protection, uint64_t offset, wmcore_mapping **result) {
  if (!wmcore::posix_pages())
    return WMCORE_UNSUPPORTED;
  const bool write = (protection & WMCORE_PROTECT_WRITE) != 0;
  // No component can execute mapped pages; writable and executable pages only help an attacker.
  if ((protection & WMCORE_PROTECT_EXECUTE) != 0 && (write || !wmcore::executable_pages()))
    return WMCORE_UNSUPPORTED;
  const bool read = write || (protection & WMCORE_PROTECT_READ) != 0; // Pages that can be written can be read.
  const PageKind kind{read, write, (protection & WMCORE_PROTECT_EXECUTE) != 0, sharing == WMCORE_SHARED};
  return open_mapping(file, rights, length, offset, kind, PastEnd::allowed, result);
}

void wmcore_close(wmcore_mapping *mapping) { delete mapping; }

uint64_t wmcore_length(const wmcore_mapping *mapping) { return mapping->length(); }

wmcore_access wmcore_get_access(const wmcore_mapping *mapping) { return mapping->access(); }

wmcore_status wmcore_file_size(const wmcore_mapping *mapping, uint64_t *size) {
  if (mapping->file && !mapping->file->named)
    return mapping->file->size(*size);
  *size = mapping->length();
  return WMCORE_OK;
}

wmcore_status wmcore_may_read(const wmcore_mapping *mapping, uint64_t offset, uint64_t length) {
  return mapping->may_read(offset, length);
}

wmcore_status wmcore_read(wmcore_mapping *mapping, uint64_t offset, uint64_t length, void *target) {
  if (const wmcore_status status = mapping->may_read(offset, length))
    return status;
  if (mapping->may_read_file(length) && mapping->file->read(mapping->offset + offset, length, target))
    return WMCORE_OK;
  const wmcore_region &region = *mapping->region;
  for (;;) {
    const uint32_t restorations = region.restorations();
    if (length > 0)
      std::memcpy(target, region.bytes() + offset, length);
    const wmcore_status status = region.check(offset, length);
    if (status || region.restorations() == restorations)
      return status;
  }
}

wmcore_status wmcore_write(wmcore_mapping *mapping, uint64_t offset, uint64_t length, const void *source) {
  if (const wmcore_status status = mapping->may_write(offset, length))
    return status;
  if (!mapping->may_store(offset, length))
    return WMCORE_NO_MEMORY;
  uint8_t *target = mapping->region->bytes() + offset;
  const auto *from = static_cast<const uint8_t *>(source);
  // A source in the same mapping may overlap the target: then memmove() must copy all at once.
  const auto distance = reinterpret_cast<uintptr_t>(from) - reinterpret_cast<uintptr_t>(target);
  const uint64_t most = distance >= length && 0 - distance >= length ? piece : length;
  for (uint64_t done = 0; done < length;) {
    const uint64_t count = std::min(most, length - done);
    std::memmove(target + done, from + done, count);
    if (const wmcore_status status = mapping->region->check_stores(offset + done, count))
      return status;
    done += count;
  }
  return WMCORE_OK;
}

wmcore_status wmcore_move(wmcore_mapping *mapping, uint64_t destination, uint64_t source, uint64_t length) {
  wmcore_status status = WMCORE_OK;
  do
    status = wmcore_move_step(mapping, &destination, &source, &length);
  while (!status && length > 0);
  return status;
}

wmcore_status wmcore_move_step(wmcore_mapping *mapping, uint64_t *destination, uint64_t *source, uint64_t *length) {
  // Both ranges are checked before lost pages of either.
  if (mapping->kind.write && !mapping->contains(*source, *length))
    return WMCORE_OUT_OF_RANGE;
  if (const wmcore_status status = mapping->may_write(*destination, *length))
    return status;
  if (const wmcore_status status = mapping->may_read(*source, *length))
    return status;
  // The budget must have room for all of it before the first step; only this step is charged.
  const uint64_t stored = mapping->stored;
  if (!mapping->may_store(*destination, *length))
    return WMCORE_NO_MEMORY;
  const uint64_t count = std::min(piece, *length);
  if (count < *length && mapping->stores_are_private())
    mapping->set_stored(stored + wmcore_mapping::whole_pages(*destination, count));
  // Starts at the side where the ranges do not overlap, so that each byte is read before it is overwritten.
  const uint64_t before = *destination > *source ? *length - count : 0;
  uint8_t *bytes = mapping->region->bytes();
  std::memmove(bytes + *destination + before, bytes + *source + before, count);
  if (const wmcore_status status = mapping->region->check(*source + before, count))
    return status;
  if (const wmcore_status status = mapping->region->check_stores(*destination + before, count))
    return status;
  *length -= count;
  if (before == 0) {
    *destination += count;
    *source += count;
  }
  return WMCORE_OK;
}

wmcore_status wmcore_flush(wmcore_mapping *mapping, uint64_t offset, uint64_t length) {
  return mapping->region->flush(offset, length);
}

wmcore_status wmcore_start_flush(wmcore_mapping *mapping, uint64_t offset, uint64_t length) {
  return mapping->region->start_flush(offset, length);
}

wmcore_status wmcore_resize(wmcore_mapping *mapping, uint64_t length) {
  if (mapping->access() != WMCORE_WRITE || (mapping->file && mapping->file->named))
    return WMCORE_NOT_RESIZABLE;
  if (length == 0 || mapping->offset > max_file_offset || length > max_file_offset - mapping->offset)
    return WMCORE_INVALID_ARGUMENT;
  const bool under_pages = wmcore::posix_pages() || !mapping->file;
  wmcore_region *region = nullptr;
  const uint64_t charged = mapping->charge.get();
  if (!mapping->charge.set(
          std::max(charged, mapping->cost(length)))) // Both sizes may exist at once: charges the larger.
    return WMCORE_NO_MEMORY;
  if (const wmcore_status status =
          (under_pages ? resize_under_pages : resize_between_pages)(*mapping, length, region)) {
    mapping->locked = mapping->region->locked();
    mapping->charge.set(std::min(charged, mapping->cost(mapping->length())));
    return status;
  }
  mapping->drop_regions();
  mapping->region = region;
  mapping->locked = false;
  mapping->charge.set(mapping->cost(length));
  return WMCORE_OK;
}

wmcore_status wmcore_advise(wmcore_mapping *mapping, uint64_t offset, uint64_t length, wmcore_advice advice) {
  return mapping->region->advise(offset, length, advice);
}

wmcore_status wmcore_populate(wmcore_mapping *mapping, uint64_t offset, uint64_t length) {
  wmcore_status status = WMCORE_OK;
  do
    status = wmcore_populate_step(mapping, &offset, &length);
  while (!status && length > 0);
  return status;
}

wmcore_status wmcore_populate_step(wmcore_mapping *mapping, uint64_t *offset, uint64_t *length) {
  if (const wmcore_status status = mapping->may_read(*offset, *length))
    return status;
  const uint64_t count = std::min(piece, *length);
  if (const wmcore_status status = mapping->region->populate(*offset, count))
    return status;
  *offset += count;
  *length -= count;
  return WMCORE_OK;
}

wmcore_status wmcore_resident(wmcore_mapping *mapping, uint64_t offset, uint64_t length, uint64_t *bytes) {
  wmcore_status status = WMCORE_OK;
  uint64_t sum = 0;
  do
    status = wmcore_resident_step(mapping, &offset, &length, &sum);
  while (!status && length > 0);
  if (!status)
    *bytes = sum;
  return status;
}

wmcore_status wmcore_resident_step(wmcore_mapping *mapping, uint64_t *offset, uint64_t *length, uint64_t *bytes) {
  if (const wmcore_status status = mapping->may_read(*offset, *length))
    return status;
  const uint64_t count = std::min(piece, *length);
  if (const wmcore_status status = mapping->region->count_resident(*offset, count, *bytes))
    return status;
  *offset += count;
  *length -= count;
  return WMCORE_OK;
}

wmcore_status wmcore_mlock(wmcore_mapping *mapping) {
  if (const wmcore_status status = mapping->may_read(0, mapping->length()))
    return status;
  if (mapping->locked)
    return WMCORE_OK;
  mapping->locked = true;
  const uint64_t charged = mapping->charge.get();
  wmcore_status status = WMCORE_NO_MEMORY;
  if (mapping->charge.set(mapping->cost(mapping->length()))) {
    status = mapping->region->lock();
    if (!status)
      return WMCORE_OK;
    mapping->charge.set(charged);
  }
  mapping->locked = false;
  return status;
}

wmcore_status wmcore_munlock(wmcore_mapping *mapping) {
  if (!mapping->locked)
    return WMCORE_OK;
  if (const wmcore_status status = mapping->region->unlock())
    return status;
  mapping->locked = false;
  mapping->charge.set(mapping->cost(mapping->length()));
  return WMCORE_OK;
}

void wmcore_step_aside(bool aside) { wmcore_region::aside = aside; }

uint64_t wmcore_page_size(void) { return wmcore::page_size(); }

uint64_t wmcore_granularity(void) { return wmcore::granularity(); }

wmcore_status wmcore_check(wmcore_mapping *mapping, uint64_t offset, uint64_t length, bool *clean) {
  if (clean)
    *clean = mapping->region->clean();
  return mapping->contains(offset, length) ? mapping->region->check(offset, length) : WMCORE_OUT_OF_RANGE;
}

const uint32_t *wmcore_fault_count(void) {
  static_assert(sizeof(wmcore::fault_count) == sizeof(uint32_t), "an atomic counter is its value in memory");
  return reinterpret_cast<const uint32_t *>(&wmcore::fault_count);
}

wmcore_region *wmcore_region_hold(wmcore_mapping *mapping) {
  if (mapping->kind.write)
    mapping->changed = true; // The holder may store at any time.
  mapping->region->hold();
  return mapping->region;
}

wmcore_status wmcore_region_lend(wmcore_mapping *mapping, wmcore_region **result) {
  if (!mapping->kind.read)
    return WMCORE_ACCESS_DENIED;
  wmcore_region *region = mapping->region;
  if (region->gone())
    return WMCORE_FAULT;
  if (!mapping->kind.write) {
    // Writable private pages: no store of a borrower can reach the mapping.
    const PageKind harmless{/*read=*/true, /*write=*/true, /*execute=*/false, /*shared=*/false};
    if (!mapping->lent)
      if (const wmcore_status status =
              wmcore_region::create(mapping->file, mapping->offset, mapping->length(), harmless, mapping->lent))
        return status;
    region = mapping->lent;
  }
  if (mapping->kind.write)
    mapping->changed = true; // The holder may store at any time.
  region->hold();
  *result = region;
  return WMCORE_OK;
}

wmcore_status wmcore_install_fault_handler(void) { return wmcore::install_fault_handler(); }

wmcore_status wmcore_charge(wmcore_mapping *mapping, wmcore_budget *budget) {
  if (mapping->charge.has_budget())
    return WMCORE_INVALID_ARGUMENT;
  mapping->charge.set_budget(budget);
  return mapping->charge.set(mapping->cost(mapping->length())) ? WMCORE_OK : WMCORE_NO_MEMORY;
}

} // extern "C"
