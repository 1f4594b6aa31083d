/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* madvise() and posix_madvise(). */
#include "../sys/mman.h"
#include "mman_effects.h"
#include "mman_range.h"
#include "mman_spans.h"

#include <errno.h>
#include <string.h>

static int advise_region(const wmman_region *region, size_t from, size_t to, int advice) {
  wmmap_status first = WMMAP_OK;
  for (const wmman_span *span = region->backing->spans; span; span = span->next) {
    const wmmap_status got = wmman_advise_span(span, from, to, (wmmap_advice)advice);
    first = first == WMMAP_OK ? got : first;
  }
  return wmman_errno(first);
}

static int discard(const wmman_region *region, size_t from, size_t to) {
  wmman_backing *of = region->backing;
  if (!of->file) {
    memset(of->start + from, 0, to - from);
    return 0;
  }
  if (of->shared) /* Its pages are the file's, or keep what is not stored yet. */
    return advise_region(region, from, to, MADV_DONTNEED);
  return wmman_errno(wmman_is_copy(of) ? wmman_load(region, from, to) : wmman_refresh(of, from, to));
}

static int load(const wmman_region *region, size_t from, size_t to, bool for_writing) {
  if (for_writing && !(region->protection & PROT_WRITE))
    return EINVAL;
  if (!region->backing->spans) { /* The pages of copies and of anonymous memory are there. */
    size_t there = to;
    const wmmap_status found = wmman_is_copy(region->backing) ? wmman_available(region->backing, &there) : WMMAP_OK;
    return found == WMMAP_OK && there <= to - WASM_PAGE ? EFAULT : wmman_errno(found);
  }
  wmmap_mapping mapping = {0};
  wmmap_status got = wmman_map_file(region->backing, from, to, false, &mapping);
  if (got == WMMAP_OK)
    got = wmmap_populate(mapping, 0, to - from);
  wmmap_close(&mapping);
  return got == WMMAP_FAULT ? EFAULT : wmman_errno(got);
}

static int apply(const wmman_region *region, size_t from, size_t to, wmman_effect what, int advice) {
  const wmman_backing *of = region->backing;
  switch (what) {
  case WMMAN_ADVISE:
    return advise_region(region, from, to, advice);
  case WMMAN_DISCARD:
    return discard(region, from, to);
  case WMMAN_FREE:
    return of->file || of->shared ? EINVAL : 0;
  case WMMAN_REMOVE:
    if (!of->shared)
      return EINVAL;
    return of->file ? ENOTSUP : discard(region, from, to);
  case WMMAN_LOAD:
    return load(region, from, to, advice == MADV_POPULATE_WRITE);
  default:
    return 0;
  }
}

/* Memory that mmap() did not make is the C library's: advice leaves it as it is. */
static int advise(void *address, size_t length, wmman_effect what, int advice) {
  size_t start = 0;
  size_t end = 0;
  if (what == WMMAN_UNKNOWN || !wmman_range(address, length, &start, &end))
    return EINVAL;
  if (what == WMMAN_FORBIDDEN)
    return EPERM;
  int first = wmman_spare_pages(start, end) == 0 ? 0 : ENOMEM;
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    if (!wmman_overlap(region, start, end, &from, &to))
      continue;
    const int error = apply(region, from, to, what, advice);
    first = first ? first : error;
  }
  return first;
}

int madvise(void *address, size_t length, int advice) {
  return wmman_fail(advise(address, length, wmman_effect_of(advice), advice));
}

/* No advice of POSIX changes anything. */
int posix_madvise(void *address, size_t length, int advice) {
  return advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_DONTNEED ? EINVAL
                                                                    : advise(address, length, WMMAN_ADVISE, advice);
}
