/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "copy.h"

#include <string.h>

enum { COPY_BLOCK = 4096, COPY_RUNS = 4 };

size_t wmmap_copy_first_change(const wmmap_copy *copy, size_t start, size_t end) {
  enum { STEP = 256 };
  while (start < end && end - start >= STEP && memcmp(copy->bytes + start, copy->baseline + start, STEP) == 0)
    start += STEP;
  while (start < end && copy->bytes[start] == copy->baseline[start])
    start += 1;
  return start;
}

/* The end of the run of changed bytes that begins at `start`. */
static size_t end_of_run(const wmmap_copy *copy, size_t start, size_t end) {
  while (start < end && copy->bytes[start] != copy->baseline[start])
    start += 1;
  return start;
}

static wmmap_status write_range(const wmmap_copy *copy, size_t start, size_t end, const unsigned char *bytes) {
  const wmmap_status got = wmmap_write(copy->mapping, start, end - start, bytes);
  if (got == WMMAP_OK)
    memcpy(copy->baseline + start, copy->bytes + start, end - start);
  return got;
}

static bool has_many_runs(const wmmap_copy *copy, size_t start, size_t end) {
  size_t runs = 0;
  while (runs <= COPY_RUNS && (start = wmmap_copy_first_change(copy, start, end)) < end) {
    start = end_of_run(copy, start, end);
    runs += 1;
  }
  return runs > COPY_RUNS;
}

static wmmap_status write_merged(const wmmap_copy *copy, size_t start, size_t end) {
  unsigned char merged[COPY_BLOCK];
  const wmmap_status got = wmmap_read(copy->mapping, start, end - start, merged);
  if (got != WMMAP_OK)
    return got;
  for (size_t at = start; at < end; at += 1)
    if (copy->bytes[at] != copy->baseline[at])
      merged[at - start] = copy->bytes[at];
  return write_range(copy, start, end, merged);
}

/* Notes an error. Only a lost page lets the others be written. */
static bool stops(wmmap_status got, wmmap_status *result) {
  if (got != WMMAP_OK)
    *result = got;
  return got != WMMAP_OK && got != WMMAP_FAULT;
}

static wmmap_status write_runs(const wmmap_copy *copy, size_t start, size_t end) {
  wmmap_status result = WMMAP_OK;
  while ((start = wmmap_copy_first_change(copy, start, end)) < end) {
    const size_t stop = end_of_run(copy, start, end);
    const wmmap_status got = write_range(copy, start, stop, copy->bytes + start);
    if (stops(got, &result))
      return result;
    start = stop;
  }
  return result;
}

wmmap_status wmmap_copy_write_back(const wmmap_copy *copy, size_t start, size_t end, bool merge) {
  wmmap_status result = WMMAP_OK;
  while ((start = wmmap_copy_first_change(copy, start, end)) < end) {
    const size_t next = (start / COPY_BLOCK + 1) * COPY_BLOCK;
    const size_t stop = next < end ? next : end;
    const wmmap_status got =
        merge && has_many_runs(copy, start, stop) ? write_merged(copy, start, stop) : write_runs(copy, start, stop);
    if (stops(got, &result))
      return result;
    start = stop;
  }
  return result;
}
