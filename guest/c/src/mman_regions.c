/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_regions.h"

#include "../sys/mman.h"

#include <errno.h>
#include <string.h>

wmman_region *wmman_regions;
size_t wmman_copies;

bool wmman_is_copy(const wmman_region *of) { return of->copy.mapping.handle != 0; }

bool wmman_is_gone(const wmman_region *of, size_t page) { return of->gone && of->gone[page]; }

int wmman_errno(wmmap_status value) {
  switch (value) {
  case WMMAP_OK:
    return 0;
  case WMMAP_ACCESS_DENIED:
    return EACCES;
  case WMMAP_BAD_DESCRIPTOR:
    return EBADF;
  case WMMAP_INVALID_ARGUMENT:
    return EINVAL;
  case WMMAP_BUSY:
    return EAGAIN;
  case WMMAP_NO_MEMORY:
    return ENOMEM;
  case WMMAP_NO_SPACE:
    return ENOSPC;
  case WMMAP_UNSUPPORTED:
    return ENODEV;
  default:
    return EIO;
  }
}

bool wmman_overlap(const wmman_region *of, size_t start, size_t end, size_t *from, size_t *to) {
  const size_t first = (size_t)of->start;
  if (end <= first || start >= first + of->length)
    return false;
  *from = start > first ? start - first : 0;
  *to = wmman_smaller(end - first, of->length);
  return true;
}

wmmap_status wmman_available(const wmman_region *of, size_t *length) {
  uint64_t size = 0;
  const wmmap_status got = wmmap_file_size(of->copy.mapping, &size);
  const uint64_t there = size > of->offset ? size - of->offset : 0;
  /* On Windows it is what the file had when it was mapped. */
  const uint64_t mapped = wmmap_length(of->copy.mapping);
  *length = (size_t)(there < mapped ? there : mapped);
  return got;
}

wmmap_status wmman_load(const wmman_region *of, size_t start, size_t end) {
  size_t there = 0;
  wmmap_status got = wmman_available(of, &there);
  if (got != WMMAP_OK)
    return got;
  size_t stop = wmman_smaller(end, there);
  while (start < stop) {
    got = wmmap_read(of->copy.mapping, start, stop - start, of->start + start);
    if (got == WMMAP_OK)
      break;
    const size_t was = there;
    if (got != WMMAP_FAULT || wmman_available(of, &there) != WMMAP_OK || there >= was)
      return got;
    stop = wmman_smaller(end, there); /* The file was cut meanwhile. */
  }
  if (stop < start)
    stop = start;
  memset(of->start + stop, 0, end - stop);
  if (of->copy.baseline)
    memcpy(of->copy.baseline + start, of->start + start, end - start);
  return WMMAP_OK;
}

wmmap_status wmman_store(const wmman_region *of, size_t start, size_t end) {
  if (!of->copy.baseline)
    return WMMAP_OK;
  start = wmmap_copy_first_change(&of->copy, start, end);
  if (start == end)
    return WMMAP_OK;
  size_t there = 0;
  wmmap_status got = wmman_available(of, &there);
  if (got == WMMAP_OK)
    got = wmmap_copy_write_back(&of->copy, start, wmman_smaller(end, there), true);
  return got == WMMAP_FAULT ? WMMAP_OK : got; /* Pages that the file has lost are lost, as in any mapping. */
}

/* The part of a region that shows a range of its file; false if there is none. */
static bool part_of(const wmman_region *of, uint64_t start, uint64_t end, size_t *from, size_t *to) {
  if (end <= of->offset || start >= of->offset + of->length)
    return false;
  *from = start > of->offset ? (size_t)(start - of->offset) : 0;
  *to = end - of->offset < of->length ? (size_t)(end - of->offset) : of->length;
  return true;
}

wmmap_status wmman_each_part(const wmman_region *of, size_t start, size_t end, wmman_action *action) {
  wmmap_status first = WMMAP_OK;
  while (start < end) {
    if (wmman_is_gone(of, start / PAGE)) {
      start = wmman_smaller(end, (start / PAGE + 1) * PAGE);
      continue;
    }
    size_t stop = start;
    while (stop < end && !wmman_is_gone(of, stop / PAGE))
      stop = wmman_smaller(end, (stop / PAGE + 1) * PAGE);
    const wmmap_status got = action(of, start, stop);
    if (first == WMMAP_OK)
      first = got;
    start = stop;
  }
  return first;
}

int wmman_store_copies(uint64_t file, uint64_t start, uint64_t end) {
  int first = 0;
  for (const wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (wmman_is_copy(of) && of->file == file && part_of(of, start, end, &from, &to)) {
      const int error = wmman_errno(wmman_each_part(of, from, to, wmman_store));
      first = first ? first : error;
    }
  }
  return first;
}

void wmman_load_copies(uint64_t file, uint64_t start, uint64_t end) {
  for (const wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    /* A private mapping that may be written keeps its bytes: POSIX leaves that open. */
    if (wmman_is_copy(of) && of->file == file && (of->shared || !(of->protection & PROT_WRITE)) &&
        part_of(of, start, end, &from, &to))
      wmman_each_part(of, from, to, wmman_load);
  }
}

void wmman_store_all_copies(void) {
  for (const wmman_region *of = wmman_regions; of && wmman_copies > 0; of = of->next)
    if (wmman_is_copy(of))
      wmman_each_part(of, 0, of->length, wmman_store);
}

/* Runs when main() returns or exit() is called, after the program's own handlers: it was registered first. */
__attribute__((destructor)) static void store_at_exit(void) { wmman_store_all_copies(); }
