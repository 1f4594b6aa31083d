// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operations of the contract: what is allowed, which bytes, and in which order that is asked.
#include "mapping.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

using wmmap::File;
using wmmap::PageKind;

namespace {

constexpr uint64_t max_file_offset = INT64_MAX;
constexpr uint64_t most_addresses = uint64_t{1} << 47; // Of a program on today's processors.

enum class PastEnd { refused, allowed };

/// Settles how many bytes to map: `length` 0 means to the end of the file.
wmmap_status settle_length(const File &file, uint64_t offset, PastEnd past_end, uint64_t &length) {
  uint64_t size = 0;
  if (const wmmap_status status = file.size(size))
    return status;
  if (length == 0) {
    if (size == 0)
      return WMMAP_EMPTY_FILE;
    if (offset >= size)
      return WMMAP_PAST_END;
    length = size - offset;
    return WMMAP_OK;
  }
  if (past_end == PastEnd::refused)
    return offset > size || length > size - offset ? WMMAP_PAST_END : WMMAP_OK;
  return offset > max_file_offset || length > max_file_offset - offset ? WMMAP_INVALID_ARGUMENT : WMMAP_OK;
}

wmmap_status map_file(std::shared_ptr<const File> file, uint64_t length, uint64_t offset, wmmap_access access,
                      PageKind kind, wmmap_mapping **result) {
  std::unique_ptr<wmmap_mapping> mapping(new (std::nothrow) wmmap_mapping(std::move(file), offset, access, kind));
  if (!mapping)
    return WMMAP_NO_MEMORY;
  if (const wmmap_status status = wmmap_region::create(mapping->file, offset, length, kind, mapping->region))
    return status;
  *result = mapping.release();
  return WMMAP_OK;
}

/// What a length of memory without a file can be.
wmmap_status check_memory(uint64_t length) {
  if (length == 0)
    return WMMAP_INVALID_ARGUMENT;
  return length > max_file_offset ? WMMAP_NO_MEMORY : WMMAP_OK;
}

wmmap_status open_mapping(wmmap_file file, uint64_t length, uint64_t offset, wmmap_access access, PageKind kind,
                          PastEnd past_end, wmmap_mapping **result) {
  std::shared_ptr<const File> own;
  if (file == WMMAP_NO_FILE) {
    if (const wmmap_status status = check_memory(length))
      return status;
    offset = 0;
    // Nobody else can reach memory without a file (no host forks), and private pages can be copied when it grows.
    kind.shared = false;
  } else {
    if (const wmmap_status status = File::duplicate(file, kind.shared && kind.write, own))
      return status;
    if (const wmmap_status status = settle_length(*own, offset, past_end, length))
      return status;
  }
  return map_file(std::move(own), length, offset, access, kind, result);
}

PageKind kind_of(wmmap_access access) {
  return {/*read=*/true, /*write=*/access != WMMAP_READ, /*execute=*/false, /*shared=*/access != WMMAP_COPY};
}

/// New pages first: to fail there changes nothing, while a file that was cut cannot be put together again.
wmmap_status resize_under_pages(const wmmap_mapping &mapping, uint64_t length, wmmap_region *&region) {
  if (const wmmap_status status = wmmap_region::create(mapping.file, mapping.offset, length, mapping.kind, region))
    return status;
  if (mapping.file) {
    const wmmap_status status = mapping.file->resize(mapping.offset + length);
    if (status)
      region->release();
    return status;
  }
  std::memcpy(region->bytes(), mapping.region->bytes(), std::min(length, mapping.length()));
  return WMMAP_OK;
}

/// Pages end with their file: so it grows before them, and is cut while there are none.
wmmap_status resize_between_pages(const wmmap_mapping &mapping, uint64_t length, wmmap_region *&region) {
  if (length > most_addresses)
    return WMMAP_NO_MEMORY; // Before the file grows that much.
  uint64_t before = 0;
  if (const wmmap_status status = mapping.file->size(before))
    return status;
  const uint64_t after = mapping.offset + length;
  const bool cut = after < before;
  if (cut && mapping.region->shared())
    return WMMAP_BUSY;
  if (cut)
    mapping.region->unmap();
  wmmap_status status = mapping.file->resize(after);
  if (!status) {
    status = wmmap_region::create(mapping.file, mapping.offset, length, mapping.kind, region);
    uint64_t now = 0;
    if (status && !cut && mapping.file->size(now) == WMMAP_OK && now == after)
      mapping.file->resize(before); // Unless others have appended to it.
  }
  if (status && cut)
    mapping.region->map();
  return status;
}

/// How much is stored before lost pages are looked for: what goes into zero pages in their place takes memory.
constexpr uint64_t piece = uint64_t{1} << 24;

} // namespace

extern "C" {

wmmap_status wmmap_open(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset,
                        wmmap_mapping **result) {
  return open_mapping(file, length, offset, access, kind_of(access), PastEnd::refused, result);
}

wmmap_status wmmap_open_named(const char *name, uint64_t length, wmmap_access access, wmmap_mapping **result) {
  if (const wmmap_status status = check_memory(length))
    return status;
  std::shared_ptr<const File> memory;
  if (const wmmap_status status = File::share(name, length, memory))
    return status;
  return map_file(std::move(memory), length, 0, access, kind_of(access), result);
}

wmmap_status wmmap_open_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                              uint64_t offset, wmmap_mapping **result) {
  if (!wmmap::posix_pages())
    return WMMAP_UNSUPPORTED;
  const bool write = (protection & WMMAP_PROTECT_WRITE) != 0;
  const bool shared = sharing == WMMAP_SHARED;
  // Nobody can run what is mapped through the contract; pages that can be written and run only help an attacker.
  if (write && (protection & WMMAP_PROTECT_EXECUTE) != 0)
    return WMMAP_UNSUPPORTED;
  const PageKind kind{(protection & WMMAP_PROTECT_READ) != 0, write, (protection & WMMAP_PROTECT_EXECUTE) != 0, shared};
  const wmmap_access access = !write ? WMMAP_READ : shared ? WMMAP_WRITE : WMMAP_COPY;
  return open_mapping(file, length, offset, access, kind, PastEnd::allowed, result);
}

void wmmap_close(wmmap_mapping *mapping) { delete mapping; }

uint64_t wmmap_length(const wmmap_mapping *mapping) { return mapping->length(); }

wmmap_access wmmap_get_access(const wmmap_mapping *mapping) { return mapping->access; }

wmmap_status wmmap_file_size(const wmmap_mapping *mapping, uint64_t *size) {
  if (mapping->file && !mapping->file->named)
    return mapping->file->size(*size);
  *size = mapping->length();
  return WMMAP_OK;
}

wmmap_status wmmap_may_read(const wmmap_mapping *mapping, uint64_t offset, uint64_t length) {
  return mapping->may_read(offset, length);
}

wmmap_status wmmap_read(wmmap_mapping *mapping, uint64_t offset, uint64_t length, void *target) {
  if (const wmmap_status status = mapping->may_read(offset, length))
    return status;
  if (length > 0)
    std::memcpy(target, mapping->region->bytes() + offset, length);
  return mapping->region->check(offset, length);
}

wmmap_status wmmap_write(wmmap_mapping *mapping, uint64_t offset, uint64_t length, const void *source) {
  if (const wmmap_status status = mapping->may_write(offset, length))
    return status;
  if (!mapping->may_store(offset, length))
    return WMMAP_NO_MEMORY;
  uint8_t *target = mapping->region->bytes() + offset;
  const auto *from = static_cast<const uint8_t *>(source);
  // Bytes of the mapping itself may overlap the target: then they are stored in one piece.
  const auto distance = reinterpret_cast<uintptr_t>(from) - reinterpret_cast<uintptr_t>(target);
  const uint64_t most = distance >= length && 0 - distance >= length ? piece : length;
  for (uint64_t done = 0; done < length;) {
    const uint64_t count = std::min(most, length - done);
    std::memmove(target + done, from + done, count);
    if (const wmmap_status status = mapping->region->check_stores(offset + done, count))
      return status;
    done += count;
  }
  return WMMAP_OK;
}

wmmap_status wmmap_move(wmmap_mapping *mapping, uint64_t destination, uint64_t source, uint64_t length) {
  wmmap_status status = WMMAP_OK;
  do
    status = wmmap_move_step(mapping, &destination, &source, &length);
  while (!status && length > 0);
  return status;
}

wmmap_status wmmap_move_step(wmmap_mapping *mapping, uint64_t *destination, uint64_t *source, uint64_t *length) {
  // Both ranges come before a lost page of either.
  if (mapping->kind.write && !mapping->contains(*source, *length))
    return WMMAP_OUT_OF_RANGE;
  if (const wmmap_status status = mapping->may_write(*destination, *length))
    return status;
  if (const wmmap_status status = mapping->may_read(*source, *length))
    return status;
  // Asked for all of it, so that nothing was done where it is refused, and counted for this piece.
  const uint64_t stored = mapping->stored;
  if (!mapping->may_store(*destination, *length))
    return WMMAP_NO_MEMORY;
  const uint64_t count = std::min(piece, *length);
  if (count < *length && !mapping->kind.shared)
    mapping->set_stored(stored + wmmap_mapping::whole_pages(*destination, count));
  // From the side where the ranges do not meet, so that no byte is stored over before it was read.
  const uint64_t before = *destination > *source ? *length - count : 0;
  uint8_t *bytes = mapping->region->bytes();
  std::memmove(bytes + *destination + before, bytes + *source + before, count);
  if (const wmmap_status status = mapping->region->check(*source + before, count))
    return status;
  if (const wmmap_status status = mapping->region->check_stores(*destination + before, count))
    return status;
  *length -= count;
  if (before == 0) {
    *destination += count;
    *source += count;
  }
  return WMMAP_OK;
}

wmmap_status wmmap_flush(wmmap_mapping *mapping, uint64_t offset, uint64_t length) {
  return mapping->region->flush(offset, length);
}

wmmap_status wmmap_resize(wmmap_mapping *mapping, uint64_t length) {
  if (mapping->access != WMMAP_WRITE || (mapping->file && mapping->file->named))
    return WMMAP_NOT_RESIZABLE;
  if (length == 0 || mapping->offset > max_file_offset || length > max_file_offset - mapping->offset)
    return WMMAP_INVALID_ARGUMENT;
  const bool under_pages = wmmap::posix_pages() || !mapping->file;
  wmmap_region *region = nullptr;
  const uint64_t charged = mapping->charge.get();
  if (!mapping->charge.set(std::max(charged, mapping->cost(length)))) // The larger of both while it lasts.
    return WMMAP_NO_MEMORY;
  if (const wmmap_status status = (under_pages ? resize_under_pages : resize_between_pages)(*mapping, length, region)) {
    mapping->charge.set(charged);
    return status;
  }
  mapping->drop_regions();
  mapping->region = region;
  mapping->charge.set(mapping->cost(length));
  return WMMAP_OK;
}

wmmap_status wmmap_advise(wmmap_mapping *mapping, uint64_t offset, uint64_t length, wmmap_advice advice) {
  return mapping->region->advise(offset, length, advice);
}

wmmap_status wmmap_check(wmmap_mapping *mapping, uint64_t offset, uint64_t length, bool *clean) {
  if (clean)
    *clean = mapping->region->clean();
  return mapping->contains(offset, length) ? mapping->region->check(offset, length) : WMMAP_OUT_OF_RANGE;
}

const uint32_t *wmmap_fault_count(void) {
  static_assert(sizeof(wmmap::fault_count) == sizeof(uint32_t), "an atomic counter is its value in memory");
  return reinterpret_cast<const uint32_t *>(&wmmap::fault_count);
}

wmmap_region *wmmap_region_hold(wmmap_mapping *mapping) {
  mapping->changed |= mapping->kind.write; // From now on nobody knows.
  mapping->region->hold();
  return mapping->region;
}

wmmap_status wmmap_region_lend(wmmap_mapping *mapping, wmmap_region **result) {
  if (!mapping->readable())
    return WMMAP_ACCESS_DENIED;
  wmmap_region *region = mapping->region;
  if (region->gone())
    return WMMAP_FAULT;
  if (!mapping->kind.write) {
    // Writable private pages instead of a handler that forgives stores: nothing a borrower does can reach the mapping.
    const PageKind harmless{/*read=*/true, /*write=*/true, /*execute=*/false, /*shared=*/false};
    if (!mapping->lent)
      if (const wmmap_status status =
              wmmap_region::create(mapping->file, mapping->offset, mapping->length(), harmless, mapping->lent))
        return status;
    region = mapping->lent;
  }
  mapping->changed |= mapping->kind.write; // From now on nobody knows.
  region->hold();
  *result = region;
  return WMMAP_OK;
}

uint8_t *wmmap_region_bytes(const wmmap_region *region) { return region->bytes(); }

uint64_t wmmap_region_length(const wmmap_region *region) { return region->length(); }

void wmmap_region_release(wmmap_region *region) { region->release(); }

wmmap_status wmmap_guard(void) { return wmmap::guard_faults(); }

wmmap_budget *wmmap_budget_create(uint64_t bytes) { return new (std::nothrow) wmmap_budget(bytes); }

void wmmap_budget_release(wmmap_budget *budget) { budget->release(); }

wmmap_status wmmap_charge(wmmap_mapping *mapping, wmmap_budget *budget) {
  if (mapping->charge.has_budget())
    return WMMAP_INVALID_ARGUMENT;
  mapping->charge.set_budget(budget);
  return mapping->charge.set(mapping->cost(mapping->length())) ? WMMAP_OK : WMMAP_NO_MEMORY;
}

size_t wmmap_live_regions(void) { return wmmap_region::live.load(); }

const char *wmmap_status_name(wmmap_status status) {
  static const char *const names[] = {"ok",         "access-denied", "bad-descriptor",
                                      "empty-file", "past-end",      "invalid-argument",
                                      "read-only",  "out-of-range",  "not-resizable",
                                      "busy",       "fault",         "no-memory",
                                      "no-space",   "unsupported",   "io"};
  const auto index = static_cast<size_t>(status);
  return index < sizeof names / sizeof *names ? names[index] : "io";
}

} // extern "C"
