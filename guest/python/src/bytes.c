/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "bytes.h"
#include "errors.h"
#include "host.h"
#include "read_ahead.h"
#include "span.h"
#include "src/mman_pages.h"

#include <stdlib.h>
#include <string.h>

const char *bytes_in_memory(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count) {
  if (!self->copy.bytes)
    return read_ahead(self, at, length, count);
  *count = self->size - at;
  return (const char *)self->copy.bytes + at;
}

int map_read(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target) {
  if ((length <= PAGE ? attach_span_for_small_read(self) : self->region != NULL) && !self->span_is_stale) {
    if (check_pages(self, at, length) < 0)
      return -1;
    if (!self->span_is_stale) {
      memcpy(target, self->region + at, (size_t)length);
      return 0;
    }
    give_up_span(self);
    return host_read(self, at, length, target);
  }
  Py_ssize_t count = 0;
  const char *here = bytes_in_memory(self, at, length, &count);
  if (!here)
    return host_read(self, at, length, target);
  memcpy(target, here, (size_t)length);
  read_ahead_used(self, at + length);
  return 0;
}

int map_write(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length) {
  if (is_private(self)) {
    /* A span and its mapping do not see each other's private changes, so both are changed. */
    const bool is_attached = attach_span(self);
    if (is_attached && check_pages(self, at, length) < 0)
      return -1;
    self->is_changed = true;
    if (is_attached && !self->span_is_stale) {
      if (host_write(self, at, bytes, length) < 0)
        return -1;
      memmove(self->region + at, bytes, (size_t)length);
      return 0;
    }
  } else if (self->region && length == 1) {
    /* Longer writes go through the host, which reports a lost page at once. */
    if (check_page(self, at) < 0)
      return -1;
    if (!self->span_is_stale) {
      self->region[at] = *bytes;
      return 0;
    }
  }
  if (!self->copy.bytes)
    return host_write(self, at, bytes, length);
  /* The bytes may be those of the copy itself. */
  memmove(self->copy.bytes + at, bytes, (size_t)length);
  if (self->copy.baseline)
    memcpy(self->copy.baseline + at, self->copy.bytes + at, (size_t)length);
  generation += 1;
  return self->keeps_copy ? 0 : host_write(self, at, (const char *)self->copy.bytes + at, length);
}

/* From this size on, memory is pages, so that a file that grows does not take the sum of all its sizes. */
enum { LARGE = 1 << 20 };

static size_t whole_pages(size_t size) { return (size + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE; }

unsigned char *take_memory(size_t size) {
  size_t used = 0;
  return size < LARGE ? malloc(size) : wmman_take_pages(whole_pages(size), &used);
}

void give_memory(unsigned char *memory, size_t size) {
  if (size < LARGE)
    free(memory);
  else if (memory)
    wmman_give_pages(memory, whole_pages(size), true);
}

void drop_copy(Mmap *self) {
  give_memory(self->copy.bytes, (size_t)self->size);
  give_memory(self->copy.baseline, (size_t)self->size);
  self->copy = (wmmap_copy){0};
  self->keeps_copy = false;
}

int map_write_back(Mmap *self) {
  const size_t size = (size_t)self->size;
  if (!self->copy.baseline || wmmap_copy_first_change(&self->copy, 0, size) == size)
    return 0;
  generation += 1;
  return check_status(wmmap_copy_write_back(&self->copy, 0, size, false));
}
