/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The bytes of a map, from and to wherever they are, and the search for some. */
#include "contract.h"
#include "errors.h"
#include "map.h"

#include <stdlib.h>
#include <string.h>

/* The bytes from `at` on that are in memory, `count` of them and at least `length`, or NULL. */
const char *find_here(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count) {
  if (!self->bytes)
    return find_ahead(self, at, length, count);
  *count = self->size - at;
  return self->bytes + at;
}

int take(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target) {
  if ((length <= PAGE ? has_span_by_now(self) : self->region != NULL) && !self->is_lost) {
    if (check_pages(self, at, length) < 0)
      return -1;
    if (!self->is_lost) {
      memcpy(target, self->region + at, (size_t)length);
      return 0;
    }
    forsake(self);
    return fetch(self, at, length, target);
  }
  Py_ssize_t count = 0;
  const char *here = find_here(self, at, length, &count);
  if (!here)
    return fetch(self, at, length, target);
  memcpy(target, here, (size_t)length);
  served(self, at + length);
  return 0;
}

int give(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length) {
  if (is_private(self)) {
    /* Changes go into the span and into the mapping, which do not see each other's. So the host knows what is right. */
    const bool is_here = has_span(self);
    if (is_here && check_pages(self, at, length) < 0)
      return -1;
    self->is_changed = true;
    if (is_here && !self->is_lost) {
      if (store(self, at, bytes, length) < 0)
        return -1;
      memmove(self->region + at, bytes, (size_t)length);
      return 0;
    }
  } else if (self->region && length == 1) {
    /* The page is there, and the file's. Longer stores are the host's, which tells at once if they are lost. */
    if (check_page(self, at) < 0)
      return -1;
    if (!self->is_lost) {
      self->region[at] = *bytes;
      return 0;
    }
  }
  if (self->bytes) {
    if (bytes != self->bytes + at)
      memmove(self->bytes + at, bytes, (size_t)length);
    memcpy(self->known + at, self->bytes + at, (size_t)length);
    return store(self, at, self->bytes + at, length);
  }
  return store(self, at, bytes, length);
}

/* Stores what was changed through exported buffers: runs of changed bytes, and nothing that was left alone between
 * them. */
int give_back(Mmap *self) {
  if (!self->known)
    return 0;
  enum { BLOCK = 4096, NEAR = 32 };
  for (Py_ssize_t block = 0; block < self->size; block += BLOCK) {
    const Py_ssize_t end = self->size - block < BLOCK ? self->size : block + BLOCK;
    if (memcmp(self->bytes + block, self->known + block, (size_t)(end - block)) == 0)
      continue;
    for (Py_ssize_t at = block; at < end; at += 1) {
      if (self->bytes[at] == self->known[at])
        continue;
      Py_ssize_t stop = at + 1;
      while (stop < end && self->bytes[stop] != self->known[stop])
        stop += 1;
      if (store(self, at, self->bytes + at, stop - at) < 0)
        return -1;
      memcpy(self->known + at, self->bytes + at, (size_t)(stop - at));
      at = stop;
    }
  }
  return 0;
}

/* ---- Searching */

enum { BLOCK = 16 << 20 };

static void reverse(char *target, const char *source, Py_ssize_t length) {
  for (Py_ssize_t i = 0; i < length; i += 1)
    target[i] = source[length - 1 - i];
}

/* In the pages of a private map that may have been changed through a buffer, which the host does not see. */
static Py_ssize_t search_here(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end,
                              bool backward) {
  if (end - start < length)
    return -1;
  if (!backward) {
    const char *found = memmem(self->region + start, (size_t)(end - start), needle, (size_t)length);
    const Py_ssize_t result = found ? found - self->region : -1;
    /* What the search went over has to be there. */
    return check_pages(self, start, (found ? result + length : end) - start) < 0 ? -2 : result;
  }
  /* Forward in what is turned round, block by block from the end, so that the time is linear here too. */
  const Py_ssize_t block = length > BLOCK / 2 ? length * 2 : BLOCK;
  const Py_ssize_t most = end - start < block ? end - start : block;
  char *const turned = malloc((size_t)(length + most));
  if (!turned) {
    PyErr_NoMemory();
    return -2;
  }
  reverse(turned, needle, length);
  Py_ssize_t result = -1;
  for (Py_ssize_t stop = end; stop - start >= length && result < 0;) {
    const Py_ssize_t size = stop - start < most ? stop - start : most;
    reverse(turned + length, self->region + stop - size, size);
    const char *found = memmem(turned + length, (size_t)size, turned, (size_t)length);
    if (found)
      result = stop - (found - (turned + length)) - length;
    if (size == stop - start)
      break;
    stop -= size - (length - 1);
  }
  free(turned);
  const Py_ssize_t from = result < 0 ? start : result;
  return check_pages(self, from, end - from) < 0 ? -2 : result;
}

/* Where `needle` is, in `start..end`, or -1; -2 after an error. */
Py_ssize_t search(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end, bool backward) {
  if (end < start)
    return -1;
  if (length == 0)
    return backward ? end : start;
  if (self->region && self->was_lent && !self->is_lost)
    return search_here(self, needle, length, start, end, backward);
  /* What the mapping does not know yet has to be found too. */
  if (give_back(self) < 0)
    return -2;
  contract_result result;
  const int64_t begin = ask_begins(self);
  if (backward)
    contract_rfind(self->mapping, needle, (uint32_t)length, (uint64_t)start, (uint64_t)end, &result);
  else
    contract_find(self->mapping, needle, (uint32_t)length, (uint64_t)start, (uint64_t)end, &result);
  ask_ends(self, begin);
  if (result.large.failed)
    return raise_code(result.large.code), -2;
  return result.large.option.found ? (Py_ssize_t)result.large.option.at : -1;
}
