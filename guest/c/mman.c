/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * <sys/mman.h> for WASI: spans where the host has them, copies elsewhere. This is the one file to compile; it also
 * brings all functions of wasi_mmap.h. The world is `wasi-mmap:mmap/guest-spans`, or `wasi-mmap:mmap/guest` with
 * -DWASI_MMAN_NO_SPANS, for hosts that do not know the interface of spans.
 */
#include "sys/mman.h"

#include "wasi_mmap.c"

#include "src/copy.c"
#include "src/mman_files.c"
#include "src/mman_pages.c"
#include "src/mman_regions.c"

static int fail(int error) {
  errno = error;
  return -1;
}

static void release(wmman_region *of) {
#ifndef WASI_MMAN_NO_SPANS
  wmmap_detach(&of->span); /* First: then the memory is the program's again. */
#endif
  if (wmman_is_copy(of))
    wmman_copies -= 1;
  wmmap_close(&of->copy.mapping);
  if (of->start)
    wmman_give_pages(of->start, of->length);
  free(of->copy.baseline);
  free(of->gone);
  free(of);
}

/* Puts the file's pages under the region; WMMAP_UNSUPPORTED where the host cannot. */
static wmmap_status attach(wmman_region *of, wmmap_mapping mapping) {
#ifdef WASI_MMAN_NO_SPANS
  (void)of;
  (void)mapping;
  return WMMAP_UNSUPPORTED;
#else
  const uint32_t unit = wmmap_granularity();
  if (unit == 0 || unit > PAGE)
    return WMMAP_UNSUPPORTED;
  return wmmap_attach(mapping, 0, of->start, of->length, &of->span);
#endif
}

/* Maps the file for the region. Windows has no mmap of POSIX: there the file has to cover each page, the last in part.
 */
static wmmap_status map(const wmman_region *of, wmmap_file file, wmmap_mapping *mapping) {
  const bool writable = (of->protection & PROT_WRITE) != 0;
  wmmap_status got =
      wmmap_map_posix(file, of->length, of->shared ? WMMAP_SHARED : WMMAP_PRIVATE,
                      writable ? WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE : WMMAP_PROTECT_READ, of->offset, mapping);
  if (got != WMMAP_UNSUPPORTED)
    return got;
  const wmmap_access access = !writable ? WMMAP_READ : of->shared ? WMMAP_WRITE : WMMAP_COPY;
  got = wmmap_map(file, of->length, access, of->offset, mapping);
  if (got != WMMAP_PAST_END)
    return got;
  got = wmmap_map(file, 0, access, of->offset, mapping);
  if (got == WMMAP_PAST_END || got == WMMAP_EMPTY_FILE)
    return WMMAP_UNSUPPORTED;
  if (got == WMMAP_OK && wmmap_length(*mapping) <= of->length - PAGE) {
    wmmap_close(mapping);
    return WMMAP_UNSUPPORTED;
  }
  return got;
}

/* Fills the region with pages of the file, or with a copy of them. */
static wmmap_status fill(wmman_region *of, int32_t descriptor) {
  const bool writable = (of->protection & PROT_WRITE) != 0;
  wmmap_mapping mapping = {0};
  wmmap_status got = map(of, (wmmap_file){descriptor}, &mapping);
  if (got != WMMAP_OK)
    return got;
  got = attach(of, mapping);
  if (got != WMMAP_UNSUPPORTED) {
    wmmap_close(&mapping); /* The span does not need it. */
    return got;
  }
  of->copy.mapping = mapping;
  wmman_copies += 1;
  /* What the program stored into other copies of the file must be in the file before it is read. */
  wmman_store_copies(of->file, of->offset, of->offset + of->length);
  if (of->shared && writable) {
    of->copy.baseline = malloc(of->length);
    if (!of->copy.baseline)
      return WMMAP_NO_MEMORY;
  }
  return wmman_load(of, 0, of->length);
}

/* Checks an open file in the order of Linux, and finds its descriptor. */
static int check_file(int fd, int protection, bool shared, int32_t *descriptor, wmman_region *of) {
  __wasi_fdstat_t stat;
  const int32_t error = adapter_fdstat_get(fd, &stat);
  if (error != 0)
    return error;
  const bool regular = stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE;
  of->file_writable = regular && (stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE) != 0;
  if (shared && (protection & PROT_WRITE) && !of->file_writable)
    return EACCES;
  if (regular && !(stat.fs_rights_base & __WASI_RIGHTS_FD_READ))
    return EACCES;
  if (!regular)
    return ENODEV;
  *descriptor = wmman_descriptor_of(fd, &of->file);
  return *descriptor == 0 ? errno : 0;
}

static int check_flags(int flags) {
  enum { CANNOT = MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN | MAP_HUGETLB | MAP_SYNC };
  const int type = flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
    return EINVAL;
  return (flags & CANNOT) != 0 ? ENOTSUP : 0;
}

static int check_open(int fd) {
  __wasi_fdstat_t stat;
  return adapter_fdstat_get(fd, &stat);
}

static int make(wmman_region *of, size_t length, int protection, int flags, int fd, off_t offset) {
  int32_t descriptor = 0;
  int error = 0;
  of->anonymous = (flags & MAP_ANONYMOUS) != 0;
  of->shared = (flags & MAP_TYPE) != MAP_PRIVATE;
  of->protection = protection & (PROT_READ | PROT_WRITE);
  if (offset % (off_t)PAGE != 0)
    return EINVAL;
  if (!of->anonymous && (error = check_open(fd)) != 0)
    return error;
  if (length == 0)
    return EINVAL;
  if (length > SIZE_MAX - (PAGE - 1))
    return ENOMEM;
  of->length = (length + PAGE - 1) / PAGE * PAGE;
  of->left = of->length / PAGE;
  if (offset < 0 || (uint64_t)of->length > (uint64_t)INT64_MAX - (uint64_t)offset)
    return EOVERFLOW;
  of->offset = (uint64_t)offset;
  if ((error = check_flags(flags)) != 0)
    return error;
  if (!of->anonymous && (error = check_file(fd, protection, of->shared, &descriptor, of)) != 0)
    return error;
  if (protection & PROT_EXEC)
    return ENOTSUP;
  bool fresh = false;
  of->start = wmman_take_pages(of->length, &fresh);
  if (!of->start)
    return ENOMEM;
  of->copy.bytes = of->start;
  if (!of->anonymous)
    return wmman_errno(fill(of, descriptor));
  if (!fresh)
    memset(of->start, 0, of->length);
  return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  (void)address; /* A hint. */
  wmman_region *of = calloc(1, sizeof *of);
  const int error = of ? make(of, length, protection, flags, fd, offset) : ENOMEM;
  if (error == 0) {
    of->next = wmman_regions;
    wmman_regions = of;
    return of->start;
  }
  if (of)
    release(of);
  errno = error;
  return MAP_FAILED;
}

/* Ranges of addresses */

/* Rounds a range up to whole pages; false if it does not begin at a page or passes the end of memory. */
static bool range(const void *address, size_t length, size_t *start, size_t *end) {
  *start = (size_t)address;
  if (length > SIZE_MAX - (PAGE - 1) || *start % PAGE != 0)
    return false;
  length = (length + PAGE - 1) / PAGE * PAGE;
  *end = *start + length;
  return *end >= *start;
}

/* Whether every page of a range is mapped. */
static bool all_mapped(size_t start, size_t end) {
  size_t pages = 0;
  for (const wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (wmman_overlap(of, start, end, &from, &to))
      for (; from < to; from += PAGE)
        pages += !wmman_is_gone(of, from / PAGE);
  }
  return pages == (end - start) / PAGE;
}

static bool remember_gone(wmman_region *of) {
  if (!of->gone)
    of->gone = calloc(of->length / PAGE, 1);
  return of->gone != NULL;
}

int munmap(void *address, size_t length) {
  size_t start = 0;
  size_t end = 0;
  if (length == 0 || !range(address, length, &start, &end))
    return fail(EINVAL);
  for (wmman_region **link = &wmman_regions; *link;) {
    wmman_region *of = *link;
    size_t from = 0;
    size_t to = 0;
    if (wmman_overlap(of, start, end, &from, &to)) {
      const bool whole = to - from == of->length;
      if (!whole && !remember_gone(of))
        return fail(ENOMEM);
      /* Like the system's, munmap() reports no error for what cannot be written. */
      if (wmman_is_copy(of))
        wmman_each_part(of, from, to, wmman_store);
      for (size_t page = from / PAGE; page < to / PAGE && !whole; page += 1) {
        of->left -= !of->gone[page];
        of->gone[page] = 1;
      }
      if (whole || of->left == 0) {
        *link = of->next;
        release(of);
        continue;
      }
    }
    link = &of->next;
  }
  return 0;
}

static wmmap_status flush(const wmman_region *of, size_t start, size_t end) {
  if (of->span.handle == 0) {
    size_t there = 0;
    const wmmap_status got = wmman_available(of, &there);
    end = wmman_smaller(end, there); /* Past the end of the file there is nothing to flush. */
    return got != WMMAP_OK || start >= end ? got : wmmap_flush(of->copy.mapping, start, end - start);
  }
#ifdef WASI_MMAN_NO_SPANS
  return WMMAP_OK;
#else
  const wmmap_status got = wmmap_span_flush(of->span, start, end - start);
  /* Untouched pages past the end of the file have lost nothing. */
  return got == WMMAP_FAULT && !wmmap_span_faulted(of->span) ? WMMAP_OK : got;
#endif
}

int msync(void *address, size_t length, int flags) {
  size_t start = 0;
  size_t end = 0;
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC) ||
      (size_t)address % PAGE != 0)
    return fail(EINVAL);
  if (!range(address, length, &start, &end))
    return fail(ENOMEM);
  int first = all_mapped(start, end) ? 0 : ENOMEM; /* The mapped pages are synchronized all the same, as on Linux. */
  for (const wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (of->anonymous || !wmman_overlap(of, start, end, &from, &to))
      continue;
    wmmap_status got = wmman_is_copy(of) ? wmman_each_part(of, from, to, wmman_store) : WMMAP_OK;
    if (got == WMMAP_OK && (flags & MS_SYNC) && of->shared && (of->protection & PROT_WRITE))
      got = wmman_each_part(of, from, to, flush);
    if (got == WMMAP_OK && (flags & MS_INVALIDATE) && wmman_is_copy(of) && of->shared)
      got = wmman_each_part(of, from, to, wmman_load);
    first = first ? first : wmman_errno(got);
  }
  return first ? fail(first) : 0;
}

int mprotect(void *address, size_t length, int protection) {
  size_t start = 0;
  size_t end = 0;
  if ((protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0 || (size_t)address % PAGE != 0)
    return fail(EINVAL);
  if (!range(address, length, &start, &end) || !all_mapped(start, end))
    return fail(ENOMEM);
  for (wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (!wmman_overlap(of, start, end, &from, &to) || protection == of->protection)
      continue;
    if (!of->anonymous && of->shared && (protection & PROT_WRITE) && !of->file_writable)
      return fail(EACCES);
    if (!of->anonymous || protection != (PROT_READ | PROT_WRITE))
      return fail(ENOTSUP); /* Nothing can enforce less access, and no mapping gains any. */
  }
  return 0;
}

/* posix_madvise(); with `discard` madvise(), for which MADV_DONTNEED zeroes anonymous memory. */
static int advise(void *address, size_t length, int advice, bool discard) {
  size_t start = 0;
  size_t end = 0;
  if (advice < MADV_NORMAL || advice > MADV_DONTNEED || !range(address, length, &start, &end))
    return EINVAL;
  int first = all_mapped(start, end) ? 0 : ENOMEM;
  for (const wmman_region *of = wmman_regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (!wmman_overlap(of, start, end, &from, &to))
      continue;
    if (of->anonymous && discard && advice == MADV_DONTNEED) {
      for (; from < to; from += PAGE)
        if (!wmman_is_gone(of, from / PAGE))
          memset(of->start + from, 0, PAGE);
    }
#ifndef WASI_MMAN_NO_SPANS
    if (of->span.handle != 0) {
      const int error = wmman_errno(wmmap_span_advise(of->span, from, to - from, (wmmap_advice)advice));
      first = first ? first : error;
    }
#endif
  }
  return first;
}

int madvise(void *address, size_t length, int advice) {
  const int error = advise(address, length, advice, true);
  return error ? fail(error) : 0;
}

int posix_madvise(void *address, size_t length, int advice) { return advise(address, length, advice, false); }
