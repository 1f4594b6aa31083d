/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "span.h"
#include "host.h"
#include "src/mman_pages.h"

#include <string.h>

enum { SMALL_READS = 8 };

static Py_ssize_t region_size(const Mmap *self) {
  return (Py_ssize_t)(((uint32_t)self->size + GRANULARITY - 1) / GRANULARITY * GRANULARITY);
}

bool attach_span(Mmap *self) {
  if (self->region)
    return true;
  if (self->span_was_tried)
    return false;
  self->span_was_tried = true;
  if (!self->has_file || self->offset % GRANULARITY != 0 || self->is_changed || self->size > INT32_MAX - GRANULARITY)
    return false;
  const uint32_t granularity = wmmap_granularity();
  if (granularity == 0 || GRANULARITY % granularity != 0)
    return false;
  const size_t size = (size_t)region_size(self);
  size_t used = 0;
  char *const region = (char *)wmman_take_pages(size, &used);
  if (!region)
    return false;
  if (wmmap_attach(self->mapping, 0, region, size, &self->span) != WMMAP_OK) {
    wmman_give_pages((unsigned char *)region, size, true);
    return false;
  }
  self->region = region;
  self->zero_at = -1;
  return true;
}

void drop_span(Mmap *self) {
  const size_t size = self->span.length;
  wmmap_detach(&self->span); /* Before its memory is used again. */
  if (self->region)
    wmman_give_pages((unsigned char *)self->region, size, false);
  self->region = NULL;
  self->span_was_tried = self->span_is_stale = false;
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

int check_page(Mmap *self, Py_ssize_t at) {
  const Py_ssize_t page = at & ~(PAGE - 1);
  /* One check is enough for a loop that goes on; a second look is checked again. */
  const bool goes_on = self->zero_at >= page && at > self->zero_at && at - self->zero_at <= GAP;
  self->zero_at = goes_on ? at : -1;
  if (goes_on)
    return 0;
  if (!is_zero(self->region + page, PAGE))
    return 0;
  char bytes[PAGE];
  const Py_ssize_t length = self->size - page < PAGE ? self->size - page : PAGE;
  if (host_read(self, page, length, bytes) < 0)
    return -1;
  if (!is_zero(bytes, length)) {
    if (!self->was_exported)
      self->span_is_stale = true;
    else if (wmmap_span_faulted(self->span)) /* Else the holder of the buffer has filled the page with zeros. */
      memcpy(self->region + page, bytes, (size_t)length);
  }
  self->zero_at = at;
  return 0;
}

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

void give_up_span(Mmap *self) {
  if (self->exports > 0)
    return;
  drop_span(self);
  self->span_was_tried = self->is_changed;
}

bool attach_span_for_small_read(Mmap *self) {
  if (!self->region && !self->span_was_tried && (self->small_reads += 1) > SMALL_READS)
    return attach_span(self);
  return self->region != NULL;
}
