/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Spans. Where the host has them, the pages of the file are put into the memory of this program: when a buffer is asked
 * for, when a private map is written to, and after some small reads. Lost pages are zeros there, so the host is asked
 * about a page that is all zeros.
 */
#include "contract.h"
#include "map.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_READS = 8 };

static Py_ssize_t region_size(const Mmap *self) {
  return (Py_ssize_t)(((uint32_t)self->size + GRANULARITY - 1) / GRANULARITY * GRANULARITY);
}

/* Whether changes stay in this map. */
bool is_private(const Mmap *self) {
  return self->access == ACCESS_COPY || (self->access != ACCESS_READ && !self->is_resizable);
}

/* Puts the pages into memory, unless that cannot be or was tried before. */
bool has_span(Mmap *self) {
  if (self->region)
    return true;
  if (self->was_tried)
    return false;
  self->was_tried = true;
  if (!self->has_file || self->offset % GRANULARITY != 0 || self->is_changed || self->size > INT32_MAX - GRANULARITY)
    return false;
  contract_result result;
  span_granularity(&result);
  if (!result.option.found || GRANULARITY % result.option.value != 0)
    return false;
  char *const region = aligned_alloc(GRANULARITY, (size_t)region_size(self));
  if (!region)
    return false;
  span_attach(self->mapping, 0, region, (uint32_t)region_size(self), &result);
  if (result.small.failed) {
    free(region);
    return false;
  }
  self->span = result.small.handle;
  self->region = region;
  self->zero_at = -1;
  return true;
}

void detach(Mmap *self) {
  if (self->region) {
    span_drop(self->span);
    free(self->region);
  }
  self->region = NULL;
  self->was_tried = self->is_lost = false;
  self->small_reads = 0;
}

static bool is_zero(const char *bytes, Py_ssize_t length) {
  while (length > 0 && ((uintptr_t)bytes & 7) != 0 && *bytes == 0) {
    bytes += 1;
    length -= 1;
  }
  if (((uintptr_t)bytes & 7) == 0) {
    while (length >= 8 && *(const uint64_t *)bytes == 0) {
      bytes += 8;
      length -= 8;
    }
  }
  while (length > 0 && *bytes == 0) {
    bytes += 1;
    length -= 1;
  }
  return length <= 0;
}

/*
 * What the host says of a page that shows nothing but zeros: it raises if the file does not have the page. A page that
 * was lost stays zeros, even if the file has it again: then the span is good for nothing any more.
 */
int check_page(Mmap *self, Py_ssize_t at) {
  const Py_ssize_t page = at & ~(PAGE - 1);
  /* A loop that goes on is not asked about at every byte; who looks again is. */
  const bool goes_on = self->zero_at >= page && at > self->zero_at && at - self->zero_at <= GAP;
  self->zero_at = goes_on ? at : -1;
  if (goes_on)
    return 0;
  if (!is_zero(self->region + page, PAGE))
    return 0;
  char bytes[PAGE];
  const Py_ssize_t length = self->size - page < PAGE ? self->size - page : PAGE;
  if (fetch(self, page, length, bytes) < 0)
    return -1;
  if (!is_zero(bytes, length)) {
    if (!self->was_lent)
      self->is_lost = true;
    else if (span_faulted(self->span)) /* Else who has the buffer has filled the page with zeros. */
      memcpy(self->region + page, bytes, (size_t)length);
  }
  self->zero_at = at;
  return 0;
}

/* The same for all pages of a range, where there are only zeros. */
int check_pages(Mmap *self, Py_ssize_t at, Py_ssize_t length) {
  for (const Py_ssize_t end = at + length; at < end;) {
    const Py_ssize_t next = (at & ~(PAGE - 1)) + PAGE;
    const Py_ssize_t part = (next < end ? next : end) - at;
    if (length > GAP)
      self->zero_at = -1;
    if (is_zero(self->region + at, part) && check_page(self, at) < 0)
      return -1;
    at += part;
  }
  return 0;
}

/* Goes on without the span; with the next one, if that can have all changes. */
void forsake(Mmap *self) {
  if (self->exports > 0)
    return;
  detach(self);
  self->was_tried = self->is_changed;
}

/* Whether the pages are in memory, for a small read: some of them are what makes it worth while. */
bool has_span_by_now(Mmap *self) {
  if (!self->region && !self->was_tried && (self->small_reads += 1) > SMALL_READS)
    return has_span(self);
  return self->region != NULL;
}
