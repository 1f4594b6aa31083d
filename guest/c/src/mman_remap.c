/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* mremap(). */
#include "../sys/mman.h"
#include "mman_make.h"
#include "mman_range.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* The region at `address` and those after it, as far as they go on showing the same file; the last of them. */
static const wmman_region *last_of_run(const wmman_region *first, size_t end) {
  const wmman_region *last = first;
  while (wmman_end(last) < end) {
    const wmman_region *next = wmman_region_at(wmman_end(last));
    if (!next || next->protection != first->protection || next->backing->file != first->backing->file ||
        next->backing->shared != first->backing->shared)
      return NULL;
    if (next->backing->file && next->backing->offset + next->from != last->backing->offset + last->to)
      return NULL;
    last = next;
  }
  return last;
}

static wmman_request request_of(const wmman_region *region, size_t skip, size_t length) {
  const wmman_backing *of = region->backing;
  return (wmman_request){.length = length,
                         .protection = region->protection,
                         .shared = of->shared,
                         .file_writable = of->file_writable,
                         .file = of->file,
                         .offset = of->file ? of->offset + region->from + skip : 0};
}

/* Maps what follows in the pages from `start` on; false if others lie there. */
static bool extend(const wmman_request *request, size_t start, int *error) {
  const size_t end = start + request->length;
  size_t used = 0;
  unsigned char *pages = (unsigned char *)start; /* NOLINT(performance-no-int-to-ptr) */
  if (end < start || wmman_spare_pages(start, end) < request->length / WASM_PAGE ||
      !wmman_take_pages_at(pages, request->length, &used))
    return false;
  *error = wmman_make(request, pages, used);
  return true;
}

/* Copies what a private mapping has, and its file has not. Nothing past the end of the file is touched. */
static void copy_private(const wmman_backing *of, const wmman_request *request, unsigned char *to,
                         const unsigned char *from, size_t length) {
  if (request->file) {
    bool regular = false;
    uint64_t size = 0;
    if (request->shared || !of->written ||
        !wmmap_file_regular_size((wmmap_file){request->file->descriptor}, &regular, &size))
      return;
    const uint64_t there = size > request->offset ? size - request->offset : 0;
    length = there < length ? (size_t)there : length;
  }
  for (size_t at = 0; at < length; at += WASM_PAGE) {
    const size_t size = wmman_smaller(WASM_PAGE, length - at);
    if (memcmp(to + at, from + at, size) != 0)
      memcpy(to + at, from + at, size);
  }
}

static bool overlap(size_t a, size_t a_length, size_t b, size_t b_length) {
  return a < b + b_length && b < a + a_length;
}

/* Rounds up to whole pages; 0 if that passes the end of memory. */
static size_t pages_up(size_t size) {
  return size > SIZE_MAX - (WASM_PAGE - 1) ? 0 : (size + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE;
}

static int check(size_t start, size_t old_size, size_t new_size, int flags, size_t target) {
  const int known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  if ((flags & ~known) != 0 || ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
      ((flags & MREMAP_DONTUNMAP) && old_size != new_size) || start % WASM_PAGE != 0 || new_size == 0)
    return EINVAL;
  if ((flags & MREMAP_FIXED) &&
      (target % WASM_PAGE != 0 || new_size > SIZE_MAX - target || overlap(start, old_size, target, new_size)))
    return EINVAL;
  return 0;
}

/* Makes the mapping anew in other pages, and ends the old one. */
static int move(const wmman_region *region, size_t old_size, const wmman_request *request, int flags, size_t target,
                unsigned char **result) {
  const size_t start = wmman_start(region);
  const bool again = old_size == 0; /* A second map of a shared one. */
  size_t used = 0;
  int error = 0;
  if (flags & MREMAP_FIXED) {
    *result = (unsigned char *)target; /* NOLINT(performance-no-int-to-ptr) */
    error = wmman_clear(target, request->length, &used);
  } else {
    *result = wmman_take_pages(request->length, &used);
    error = *result ? 0 : ENOMEM;
  }
  if (error == 0)
    error = wmman_make(request, *result, used);
  if (error != 0 || again)
    return error;
  unsigned char *old = (unsigned char *)start; /* NOLINT(performance-no-int-to-ptr) */
  copy_private(region->backing, request, *result, old, wmman_smaller(old_size, request->length));
  if (flags & MREMAP_DONTUNMAP)
    memset(old, 0, old_size);
  else if ((error = wmman_unmap(start, start + old_size)) != 0)
    wmman_unmap((size_t)*result, (size_t)*result + request->length);
  return error;
}

static int remap(size_t start, size_t old_size, size_t new_size, int flags, size_t target, unsigned char **result) {
  int error = check(start, old_size, new_size, flags, target);
  if (error != 0)
    return error;
  const bool again = old_size == 0;
  const size_t end = start + old_size;
  const wmman_region *region = wmman_region_at(start);
  if (!region || end < start || !last_of_run(region, end))
    return EFAULT;
  if (again && (!region->backing->shared || !region->backing->file || !(flags & MREMAP_MAYMOVE)))
    return EINVAL;
  if ((flags & MREMAP_DONTUNMAP) && (region->backing->file || region->backing->shared))
    return EINVAL;
  if (!wmman_split(start) || !wmman_split(end))
    return ENOMEM;
  region = wmman_region_at(start);
  *result = region->backing->start + region->from;
  const wmman_request request = request_of(region, 0, new_size);
  if (request.file && new_size > (uint64_t)INT64_MAX - request.offset)
    return EINVAL;
  if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !again) {
    if (new_size <= old_size)
      return new_size < old_size ? wmman_unmap(start + new_size, end) : 0;
    const wmman_request more = request_of(region, old_size, new_size - old_size);
    if (extend(&more, end, &error))
      return error;
    if (!(flags & MREMAP_MAYMOVE))
      return ENOMEM;
  }
  if (request.file)
    request.file->uses += 1; /* What lies at the target may be its last map. */
  error = move(region, old_size, &request, flags, target, result);
  wmman_drop_file(request.file);
  return error;
}

void *mremap(void *address, size_t old_size, size_t new_size, int flags, ...) {
  size_t target = 0;
  if (flags & MREMAP_FIXED) {
    va_list rest;
    va_start(rest, flags);
    target = (size_t)va_arg(rest, void *);
    va_end(rest);
  }
  const size_t old_pages = pages_up(old_size);
  const size_t new_pages = pages_up(new_size);
  unsigned char *result = NULL;
  int error = (old_size > 0 && old_pages == 0) || (new_size > 0 && new_pages == 0) ? EINVAL : 0;
  if (error == 0)
    error = remap((size_t)address, old_pages, new_pages, flags, target, &result);
  if (error == 0)
    return result;
  errno = error;
  return MAP_FAILED;
}
