/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "find.h"
#include "bytes.h"
#include "host.h"
#include "span.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 << 20 };

static void reverse(char *target, const char *source, Py_ssize_t length) {
  for (Py_ssize_t i = 0; i < length; i += 1)
    target[i] = source[length - 1 - i];
}

static int check(Mmap *self, Py_ssize_t at, Py_ssize_t length) {
  return self->region ? check_pages(self, at, length) : 0;
}

/* In the memory of a private map that may have been changed through a buffer, where the host does not see it. */
static Py_ssize_t find_in_memory(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end,
                                 bool backward) {
  const char *const bytes = self->keeps_copy ? (const char *)self->copy.bytes : self->region;
  if (end - start < length)
    return -1;
  if (!backward) {
    const char *found = memmem(bytes + start, (size_t)(end - start), needle, (size_t)length);
    const Py_ssize_t result = found ? found - bytes : -1;
    /* No page that the search went over may be lost. */
    return check(self, start, (found ? result + length : end) - start) < 0 ? -2 : result;
  }
  /* Searches forward in reversed blocks, from the last one on, so that the time is linear here too. */
  const Py_ssize_t block = length > BLOCK / 2 ? length * 2 : BLOCK;
  const Py_ssize_t most = end - start < block ? end - start : block;
  char *const reversed = malloc((size_t)(length + most));
  if (!reversed) {
    PyErr_NoMemory();
    return -2;
  }
  reverse(reversed, needle, length);
  Py_ssize_t result = -1;
  for (Py_ssize_t stop = end; stop - start >= length && result < 0;) {
    const Py_ssize_t size = stop - start < most ? stop - start : most;
    reverse(reversed + length, bytes + stop - size, size);
    const char *found = memmem(reversed + length, (size_t)size, reversed, (size_t)length);
    if (found)
      result = stop - (found - (reversed + length)) - length;
    if (size == stop - start)
      break;
    stop -= size - (length - 1);
  }
  free(reversed);
  const Py_ssize_t from = result < 0 ? start : result;
  return check(self, from, end - from) < 0 ? -2 : result;
}

Py_ssize_t map_find(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end,
                    bool backward) {
  if (end < start)
    return -1;
  if (length == 0)
    return backward ? end : start;
  if (self->keeps_copy || (self->region && self->was_exported && !self->span_is_stale))
    return find_in_memory(self, needle, length, start, end, backward);
  /* The mapping has to know of all changes. */
  return map_write_back(self) < 0 ? -2 : host_find(self, needle, length, start, end, backward);
}
