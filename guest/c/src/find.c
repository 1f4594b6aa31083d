/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Search for needles that are longer than a list may be, in linear time: the host finds the first place where the
 * needle could be, and from there this program compares what it reads, as Knuth, Morris and Pratt do
 * (https://doi.org/10.1137/0206024). A search backward is one forward of which all bytes come in reverse order.
 */
#include "../wasi_mmap.h"
#include "abi.h"

#include <stdlib.h>

/* The bytes that are read at a time. */
enum { FIND_WINDOW = 1 << 20 };

static wmmap_status find_list(wmmap_mapping mapping, const unsigned char *needle, size_t length, uint64_t start,
                              uint64_t end, bool backward, uint64_t *position) {
  option_result got;
  if (backward)
    import_rfind(mapping.handle, needle, length, (int64_t)start, (int64_t)end, &got);
  else
    import_find(mapping.handle, needle, length, (int64_t)start, (int64_t)end, &got);
  if (!got.is_error)
    *position = got.is_some ? got.value : WMMAP_NOT_FOUND;
  return status(got.is_error, got.error);
}

typedef struct {
  const unsigned char *bytes;
  size_t length;
  bool backward;
  uint32_t *borders; /* Of each start of the needle, the length of the longest shorter one that ends it. */
} long_needle;

static unsigned char needle_byte(const long_needle *needle, size_t at) {
  return needle->bytes[needle->backward ? needle->length - 1 - at : at];
}

/* How much of the needle matches after one more byte, if `matched` bytes did before. */
static size_t match_byte(const long_needle *needle, size_t matched, unsigned char byte) {
  while (matched > 0 && needle_byte(needle, matched) != byte)
    matched = needle->borders[matched - 1];
  return matched + (needle_byte(needle, matched) == byte);
}

static void find_borders(const long_needle *needle) {
  size_t matched = 0;
  needle->borders[0] = 0;
  for (size_t i = 1; i < needle->length; i += 1)
    needle->borders[i] = (uint32_t)(matched = match_byte(needle, matched, needle_byte(needle, i)));
}

/* Compares the bytes from one end of `start..end` to the other, as far as the needle can lie there. */
static wmmap_status find_in_windows(wmmap_mapping mapping, const long_needle *needle, uint64_t start, uint64_t end,
                                    unsigned char *window, uint64_t *position) {
  size_t matched = 0;
  size_t step = FIND_WINDOW;
  while (end - start >= needle->length - matched) {
    const size_t count = end - start < step ? (size_t)(end - start) : step;
    const uint64_t at = needle->backward ? end - count : start;
    const wmmap_status got = wmmap_read(mapping, at, count, window);
    if (got == WMMAP_FAULT && step > 1) { /* Bytes before the lost page may complete the needle. */
      step /= 2;
      continue;
    }
    if (got != WMMAP_OK)
      return got;
    for (size_t i = 0; i < count; i += 1) {
      matched = match_byte(needle, matched, window[needle->backward ? count - 1 - i : i]);
      if (matched == needle->length) {
        *position = needle->backward ? end - 1 - i : start + i + 1 - matched;
        return WMMAP_OK;
      }
    }
    if (needle->backward)
      end -= count;
    else
      start += count;
  }
  *position = WMMAP_NOT_FOUND;
  return WMMAP_OK;
}

static wmmap_status find_long(wmmap_mapping mapping, const unsigned char *bytes, size_t length, uint64_t start,
                              uint64_t end, bool backward, uint64_t *position) {
  const uint64_t size = wmmap_length(mapping);
  end = end < size ? end : size;
  if (start > end || length > end - start)
    start = end; /* The host checks the rights all the same. */
  const unsigned char *piece = backward ? bytes + length - LONGEST_LIST : bytes;
  wmmap_status got = find_list(mapping, piece, LONGEST_LIST, start, end, backward, position);
  if (got != WMMAP_OK || *position == WMMAP_NOT_FOUND)
    return got;
  if (backward)
    end = *position + LONGEST_LIST;
  else
    start = *position;
  long_needle needle = {bytes, length, backward, NULL};
  unsigned char *window = malloc(FIND_WINDOW);
  if (length <= SIZE_MAX / sizeof *needle.borders)
    needle.borders = malloc(length * sizeof *needle.borders);
  got = WMMAP_NO_MEMORY;
  if (window && needle.borders) {
    find_borders(&needle);
    got = find_in_windows(mapping, &needle, start, end, window, position);
  }
  free(needle.borders);
  free(window);
  return got;
}

static wmmap_status find(wmmap_mapping mapping, const void *needle, size_t length, uint64_t start, uint64_t end,
                         bool backward, uint64_t *position) {
  return (length > LONGEST_LIST ? find_long : find_list)(mapping, needle, length, start, end, backward, position);
}

wmmap_status wmmap_find(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                        uint64_t *position) {
  return find(mapping, needle, needle_length, start, end, false, position);
}

wmmap_status wmmap_rfind(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                         uint64_t *position) {
  return find(mapping, needle, needle_length, start, end, true, position);
}
