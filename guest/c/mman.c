/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * <sys/mman.h> for WASI: spans where the host has them, copies elsewhere. This is the one file to compile; it also
 * brings all functions of wasi_mmap.h. The world is `wasi-mmap:mmap/guest-spans`, or `wasi-mmap:mmap/guest` with
 * -DWASI_MMAN_NO_SPANS, for hosts that do not know the interface of spans.
 */
#include "sys/mman.h"

#define WMMAP_OWN_EXIT
#include "wasi_mmap.c"

#include "src/copy.c"
#include "src/mman_advice.c"
#include "src/mman_files.c"
#include "src/mman_linux.c"
#include "src/mman_make.c"
#include "src/mman_pages.c"
#include "src/mman_range.c"
#include "src/mman_regions.c"
#include "src/mman_remap.c"
#include "src/mman_spans.c"

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  wmman_request request;
  unsigned char *start = NULL;
  size_t used = 0;
  int error = wmman_check(address, length, protection, flags, fd, offset, &request);
  if (error == 0 && (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0) {
    const size_t first = (size_t)address;
    start = address;
    if ((flags & MAP_FIXED_NOREPLACE) && wmman_spare_pages(first, first + request.length) < request.length / WASM_PAGE)
      error = EEXIST;
    else
      error = wmman_clear(first, request.length, &used);
  } else if (error == 0) {
    start = wmman_take_pages(request.length, &used); /* The address is a hint. */
    error = start ? 0 : ENOMEM;
  }
  if (error == 0)
    error = wmman_make(&request, start, used);
  if (error == 0)
    return start;
  errno = error;
  return MAP_FAILED;
}

int munmap(void *address, size_t length) {
  size_t start = 0;
  size_t end = 0;
  if (length == 0 || !wmman_range(address, length, &start, &end))
    return wmman_fail(EINVAL);
  return wmman_fail(wmman_unmap(start, end));
}

static wmmap_status flush(const wmman_region *region, size_t start, size_t end) {
  const wmman_backing *of = region->backing;
  if (wmman_is_copy(of)) {
    size_t there = 0;
    const wmmap_status got = wmman_available(of, &there);
    end = wmman_smaller(end, there); /* Past the end of the file there is nothing to flush. */
    return got != WMMAP_OK || start >= end ? got : wmmap_flush(of->copy.mapping, start, end - start);
  }
  wmmap_status first = WMMAP_OK;
  for (const wmman_span *span = of->spans; span; span = span->next) {
    wmmap_status got = wmman_flush_span(span, start, end);
    /* Untouched pages past the end of the file have lost nothing. */
    got = got == WMMAP_FAULT && wmman_is_whole(span) ? WMMAP_OK : got;
    first = first == WMMAP_OK ? got : first;
  }
  return first;
}

/* Flushes pages that mprotect() has taken the right to write from. */
static wmmap_status flush_written(const wmman_region *region, size_t start, size_t end) {
  wmmap_mapping mapping = {0};
  uint64_t size = 0;
  const uint64_t first = region->backing->offset + start;
  wmmap_status got = wmman_map_file(region->backing, start, end, true, &mapping);
  if (got == WMMAP_OK)
    got = wmmap_file_size(mapping, &size);
  if (got == WMMAP_OK && size > first)
    got = wmmap_flush(mapping, 0, size - first < end - start ? size - first : end - start);
  wmmap_close(&mapping);
  return got;
}

static wmmap_status synchronize(const wmman_region *region, size_t start, size_t end, int flags) {
  const wmman_backing *of = region->backing;
  wmmap_status got = wmman_is_copy(of) ? wmman_store(region, start, end) : WMMAP_OK;
  if (got == WMMAP_OK && (flags & MS_SYNC) && of->shared && of->written)
    got = (region->protection & PROT_WRITE) || wmman_is_copy(of) ? flush(region, start, end)
                                                                 : flush_written(region, start, end);
  if (got == WMMAP_OK && (flags & MS_INVALIDATE) && wmman_is_copy(of) && of->shared)
    got = wmman_load(region, start, end);
  return got;
}

int msync(void *address, size_t length, int flags) {
  size_t start = 0;
  size_t end = 0;
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC) ||
      (size_t)address % WASM_PAGE != 0)
    return wmman_fail(EINVAL);
  if (!wmman_range(address, length, &start, &end))
    return wmman_fail(ENOMEM);
  /* The mapped pages are synchronized all the same, as on Linux. */
  int first = wmman_is_mapped(start, end) ? 0 : ENOMEM;
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    if (!region->backing->file || !wmman_overlap(region, start, end, &from, &to))
      continue;
    const int error = wmman_errno(synchronize(region, from, to, flags));
    first = first ? first : error;
  }
  return wmman_fail(first);
}

/* Gives a shared copy what stores need: a mapping that may be written, and the bytes to compare with. */
static wmmap_status make_storable(wmman_backing *of) {
  if (of->copy.baseline)
    return WMMAP_OK;
  wmmap_mapping mapping = {0};
  size_t used = 0;
  unsigned char *baseline = wmman_take_pages(of->length, &used);
  const wmmap_status got = baseline ? wmman_map_file(of, 0, of->length, true, &mapping) : WMMAP_NO_MEMORY;
  if (got != WMMAP_OK) {
    if (baseline)
      wmman_give_pages(baseline, of->length, true);
    return got;
  }
  wmmap_close(&of->copy.mapping);
  of->copy.mapping = mapping;
  of->copy.baseline = baseline;
  return WMMAP_OK;
}

/* A store into a shared mapping reaches the file only while the region may be written. */
static wmmap_status protect(wmman_region *region, int protection) {
  wmman_backing *of = region->backing;
  const bool was_writable = (region->protection & PROT_WRITE) != 0;
  const bool writable = (protection & PROT_WRITE) != 0;
  wmmap_status got = WMMAP_OK;
  if (of->file && of->shared && was_writable != writable) {
    if (!wmman_is_copy(of))
      got = wmman_reattach(of, region->from, region->to, writable);
    else if (was_writable)
      got = wmman_store(region, region->from, region->to);
    else if ((got = make_storable(of)) == WMMAP_OK)
      got = wmman_load(region, region->from, region->to); /* Stores so far were not for the file. */
  }
  if (got == WMMAP_OK) {
    region->protection = protection;
    of->written |= writable;
  }
  return got;
}

int mprotect(void *address, size_t length, int protection) {
  size_t start = 0;
  size_t end = 0;
  if ((protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0 || (size_t)address % WASM_PAGE != 0)
    return wmman_fail(EINVAL);
  if (!wmman_range(address, length, &start, &end) || wmman_spare_pages(start, end) > 0)
    return wmman_fail(ENOMEM);
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    const wmman_backing *of = region->backing;
    if (wmman_end(region) > start && wmman_start(region) < end && of->file && of->shared && (protection & PROT_WRITE) &&
        !of->file_writable)
      return wmman_fail(EACCES);
  }
  if ((protection & PROT_EXEC) && start < end)
    return wmman_fail(ENOTSUP);
  if (!wmman_split(start) || !wmman_split(end))
    return wmman_fail(ENOMEM);
  for (wmman_region *region = wmman_regions; region; region = region->next) {
    if (wmman_start(region) < start || wmman_end(region) > end)
      continue;
    const int error = wmman_errno(protect(region, protection));
    if (error != 0)
      return wmman_fail(error);
  }
  return 0;
}
