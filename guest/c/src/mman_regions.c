/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_regions.h"

#include "../sys/mman.h"
#include "mman_spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

wmman_region *wmman_regions;
size_t wmman_copies;

bool wmman_is_copy(const wmman_backing *of) { return of->copy.mapping.handle != 0; }

size_t wmman_start(const wmman_region *region) { return (size_t)region->backing->start + region->from; }

size_t wmman_end(const wmman_region *region) { return (size_t)region->backing->start + region->to; }

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

/* Ranges of addresses */

bool wmman_overlap(const wmman_region *region, size_t start, size_t end, size_t *from, size_t *to) {
  const size_t first = wmman_start(region);
  const size_t last = wmman_end(region);
  if (end <= first || start >= last)
    return false;
  *from = region->from + (start > first ? start - first : 0);
  *to = region->to - (end < last ? last - end : 0);
  return true;
}

size_t wmman_mapped_pages(size_t start, size_t end) {
  size_t bytes = 0;
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    if (wmman_overlap(region, start, end, &from, &to))
      bytes += to - from;
  }
  return bytes / WASM_PAGE;
}

wmman_region *wmman_region_at(size_t address) {
  wmman_region *region = wmman_regions;
  while (region && (address < wmman_start(region) || address >= wmman_end(region)))
    region = region->next;
  return region;
}

bool wmman_split(size_t address) {
  wmman_region *region = wmman_region_at(address);
  if (!region || wmman_start(region) == address)
    return true;
  wmman_region *rest = malloc(sizeof *rest);
  if (!rest)
    return false;
  *rest = *region;
  rest->from = region->to = address - (size_t)region->backing->start;
  region->next = rest;
  region->backing->regions += 1;
  return true;
}

void wmman_end_backing(wmman_backing *of) {
  if (wmman_is_copy(of))
    wmman_copies -= 1;
  wmmap_close(&of->copy.mapping);
  wmman_drop_file(of->file);
  if (of->copy.baseline)
    wmman_give_pages(of->copy.baseline, of->length, true);
  free(of);
}

wmmap_status wmman_remove(size_t start, size_t end) {
  for (wmman_region **link = &wmman_regions; *link;) {
    wmman_region *region = *link;
    wmman_backing *of = region->backing;
    if (wmman_start(region) < start || wmman_end(region) > end) {
      link = &region->next;
      continue;
    }
    /* Like the system's, munmap() reports no error for what cannot be written. */
    if (wmman_is_copy(of))
      wmman_store(region, region->from, region->to);
    const bool was_span = of->spans != NULL;
    const wmmap_status got = wmman_detach(of, region->from, region->to);
    if (got != WMMAP_OK)
      return got;
    wmman_give_pages(of->start + region->from, region->to - region->from, !was_span);
    *link = region->next;
    free(region);
    of->regions -= 1;
    if (of->regions == 0)
      wmman_end_backing(of);
  }
  return WMMAP_OK;
}

/* Copies */

wmmap_status wmman_available(const wmman_backing *of, size_t *length) {
  uint64_t size = 0;
  const wmmap_status got = wmmap_file_size(of->copy.mapping, &size);
  const uint64_t there = size > of->offset ? size - of->offset : 0;
  /* On Windows it is what the file had when it was mapped. */
  const uint64_t mapped = wmmap_length(of->copy.mapping);
  *length = (size_t)(there < mapped ? there : mapped);
  return got;
}

wmmap_status wmman_load(const wmman_region *region, size_t start, size_t end) {
  const wmman_backing *of = region->backing;
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

wmmap_status wmman_store(const wmman_region *region, size_t start, size_t end) {
  const wmman_backing *of = region->backing;
  if (!of->copy.baseline || !(region->protection & PROT_WRITE))
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

/* The part of a copied region that shows a range of the file; false if there is none. */
static bool part_of(const wmman_region *region, uint64_t file, uint64_t start, uint64_t end, size_t *from, size_t *to) {
  const wmman_backing *of = region->backing;
  if (!wmman_is_copy(of) || of->file->id != file)
    return false;
  const uint64_t first = of->offset + region->from;
  const uint64_t last = of->offset + region->to;
  if (end <= first || start >= last)
    return false;
  *from = region->from + (start > first ? (size_t)(start - first) : 0);
  *to = region->to - (end < last ? (size_t)(last - end) : 0);
  return true;
}

int wmman_store_copies(uint64_t file, uint64_t start, uint64_t end) {
  int first = 0;
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    if (part_of(region, file, start, end, &from, &to)) {
      const int error = wmman_errno(wmman_store(region, from, to));
      first = first ? first : error;
    }
  }
  return first;
}

void wmman_load_copies(uint64_t file, uint64_t start, uint64_t end) {
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    /* A private mapping that was ever writable keeps its bytes: POSIX leaves that open. */
    if (part_of(region, file, start, end, &from, &to) && (region->backing->shared || !region->backing->written))
      wmman_load(region, from, to);
  }
}

void wmman_store_all_copies(void) {
  for (const wmman_region *region = wmman_regions; region && wmman_copies > 0; region = region->next)
    if (wmman_is_copy(region->backing))
      wmman_store(region, region->from, region->to);
}

/* Runs when main() returns or exit() is called, after the program's own handlers: it was registered first. */
__attribute__((destructor)) static void store_at_exit(void) { wmman_store_all_copies(); }
