// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Spans: pages of a mapping's file in place of memory of a guest.
#include "mapping.h"

#include <atomic>
#include <new>

using wmcore::PageKind;
using wmcore::span_granularity;

struct wmcore_span {
  wmcore_region *region; // The only holder.
  bool told;             // The guest was told about lost pages.
};

namespace {

bool aligned(uint64_t value) { return value % span_granularity() == 0; }

/// The bytes of a mapping from `start` in the file, rounded up to the granularity.
uint64_t reach(const wmcore_mapping &mapping, uint64_t start) {
  const uint64_t past_end = mapping.offset + mapping.length() + span_granularity() - 1;
  return past_end - past_end % span_granularity() - start;
}

/// A span is always writable: an engine makes memory writable when it grows, and host code stores into it without a
/// check. Stores that must not reach the file go to private pages.
PageKind harmless(PageKind kind) {
  return {/*read=*/true, /*write=*/true, /*execute=*/false, /*shared=*/kind.stores_reach_file()};
}

std::atomic<size_t> unnoticed{0};

/// Counts lost pages of which the guest was never told.
void end(const wmcore_span &span) {
  if (!span.told && !span.region->clean())
    unnoticed += 1;
}

/// Checks the arguments of an attach to a region that must begin at a multiple of `alignment`.
wmcore_status check(const wmcore_mapping *mapping, uint64_t offset, const void *region, uint64_t alignment,
                    uint64_t length) {
  if (span_granularity() == 0 || !mapping->file || mapping->file->named)
    return WMCORE_UNSUPPORTED;
  if (!mapping->kind.read)
    return WMCORE_ACCESS_DENIED;
  const uint64_t start =
      mapping->offset + offset; // May overflow if the offset is out of range, which is checked below.
  if (length == 0 || !aligned(length) || !aligned(start) || reinterpret_cast<uintptr_t>(region) % alignment != 0)
    return WMCORE_INVALID_ARGUMENT;
  if (offset >= mapping->length() || length > reach(*mapping, start))
    return WMCORE_OUT_OF_RANGE;
  return WMCORE_OK;
}

} // namespace

extern "C" {

uint32_t wmcore_span_granularity(void) { return static_cast<uint32_t>(span_granularity()); }

wmcore_status wmcore_may_attach(const wmcore_mapping *mapping, uint64_t offset, const void *region, uint64_t length) {
  return check(mapping, offset, region, span_granularity(), length);
}

wmcore_status wmcore_span_attach(wmcore_mapping *mapping, uint64_t offset, void *region, uint64_t length,
                                 wmcore_span **result) {
  // An engine may place the memory of a guest at any page.
  if (const wmcore_status status = check(mapping, offset, region, wmcore::granularity(), length))
    return status;
  std::unique_ptr<wmcore_span> span(new (std::nothrow) wmcore_span{});
  if (!span)
    return WMCORE_NO_MEMORY;
  if (const wmcore_status status =
          wmcore_region::create_at(static_cast<uint8_t *>(region), mapping->file, mapping->offset + offset, length,
                                   harmless(mapping->kind), span->region))
    return status;
  *result = span.release();
  return WMCORE_OK;
}

wmcore_status wmcore_span_flush(wmcore_span *span, uint64_t offset, uint64_t length) {
  const wmcore_status status = span->region->flush(offset, length);
  span->told |= status == WMCORE_FAULT;
  return status;
}

wmcore_status wmcore_span_advise(wmcore_span *span, uint64_t offset, uint64_t length, wmcore_advice advice) {
  return span->region->advise(offset, length, advice);
}

bool wmcore_span_faulted(wmcore_span *span) {
  const bool faulted = !span->region->clean();
  span->told |= faulted;
  return faulted;
}

size_t wmcore_unnoticed_faults(void) { return unnoticed; }

void wmcore_span_abandon(wmcore_span *span) {
  end(*span);
  span->told = true; // Its region has no pages to check any more.
  span->region->abandon();
}

bool wmcore_span_detach(wmcore_span *span) {
  if (!span)
    return true;
  end(*span);
  // Pages that cannot be replaced stay in place for good, and so must the region that handles their faults and prevents
  // overlaps.
  const bool unmapped = span->region->unmap();
  if (unmapped)
    span->region->release();
  delete span;
  return unmapped;
}

} // extern "C"
