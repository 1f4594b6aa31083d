/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * <sys/mman.h> for WASI: spans where the host has them, copies elsewhere. This is the one file to compile; it brings
 * what wasi_mmap.h declares with it. The world is `wasi-mmap:mmap/guest-spans`, or `wasi-mmap:mmap/guest` with
 * -DWASI_MMAN_NO_SPANS, for hosts that do not know the interface.
 */
#include "sys/mman.h"
#include "wasi_mmap.c"

#include "mman_files.c"

/* A page of WebAssembly, and what sysconf(_SC_PAGESIZE) says. */
#define PAGE ((size_t)65536)

/* What one mmap() made. */
typedef struct region {
  struct region *next;
  unsigned char *start;
  size_t length; /* whole pages */
  int protection;
  bool anonymous;
  bool shared;
  bool file_writable;
  uint64_t file;
  uint64_t offset;         /* in the file */
  wmmap_span span;         /* the pages are the file's … */
  wmmap_mapping mapping;   /* … or a copy of them */
  unsigned char *baseline; /* what the file held, as far as we know: of a shared copy that may be written */
  unsigned char *gone;     /* a byte for each page, 1 if it was unmapped; NULL: none was */
  size_t left;             /* pages */
} region;

static region *regions;
static size_t copies;

static bool have_copies(void) { return copies > 0; }

static bool is_copy(const region *of) { return of->mapping.handle != 0; }

/* The errno of a status. */
static int error_of(wmmap_status value) {
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

static int fail(int error) {
  errno = error;
  return -1;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static bool is_gone(const region *of, size_t page) { return of->gone && of->gone[page]; }

/*
 * Memory. Pages come from the engine and stay with us: allocators of C libraries may round so large a request up to the
 * next power of two, or take a length near 4 GiB for a small one. None of them minds memory that grows without it.
 */

typedef struct free_pages {
  struct free_pages *next;
  unsigned char *start;
  size_t length;
} free_pages;

static free_pages *spare; /* in the order of addresses, and no two adjacent */

/* `fresh` tells whether the pages are zero. NULL without memory. */
static unsigned char *take_pages(size_t length, bool *fresh) {
  free_pages **best = NULL;
  for (free_pages **link = &spare; *link; link = &(*link)->next)
    if ((*link)->length >= length && (!best || (*link)->length < (*best)->length))
      best = link;
  *fresh = best == NULL;
  if (best) {
    free_pages *from = *best;
    unsigned char *start = from->start;
    from->start += length;
    from->length -= length;
    if (from->length == 0) {
      *best = from->next;
      free(from);
    }
    return start;
  }
  const size_t count = length / PAGE;
  if (__builtin_wasm_memory_size(0) + count >= (size_t)1 << 16)
    return NULL; /* The last page of 4 GiB is left out, so that the end of a region is an address. */
  const size_t first = __builtin_wasm_memory_grow(0, count);
  return first == SIZE_MAX ? NULL : (unsigned char *)(first * PAGE); /* NOLINT(performance-no-int-to-ptr) */
}

static void give_pages(unsigned char *start, size_t length) {
  free_pages **link = &spare;
  free_pages *before = NULL;
  while (*link && (*link)->start < start) {
    before = *link;
    link = &before->next;
  }
  free_pages *behind = *link;
  if (before && before->start + before->length == start) {
    before->length += length;
  } else {
    free_pages *pages = malloc(sizeof *pages);
    if (!pages)
      return; /* They are lost; so small a piece of memory is rarely what is missing. */
    *pages = (free_pages){.next = behind, .start = start, .length = length};
    *link = pages;
    before = pages;
  }
  if (behind && before->start + before->length == behind->start) {
    before->length += behind->length;
    before->next = behind->next;
    free(behind);
  }
}

/* Copies. Ranges are of the region, and end at its end. */

/* How much of the region the file has now. */
static wmmap_status available(const region *of, size_t *length) {
  uint64_t size = 0;
  const wmmap_status got = wmmap_file_size(of->mapping, &size);
  const uint64_t there = size > of->offset ? size - of->offset : 0;
  *length = there < of->length ? (size_t)there : of->length;
  return got;
}

/* Reads what the file holds; behind its end there are zeros. */
static wmmap_status load(const region *of, size_t start, size_t end) {
  size_t there = 0;
  wmmap_status got = available(of, &there);
  if (got != WMMAP_OK)
    return got;
  size_t stop = smaller(end, there);
  while (start < stop) {
    got = wmmap_read(of->mapping, start, stop - start, of->start + start);
    if (got == WMMAP_OK)
      break;
    const size_t was = there;
    if (got != WMMAP_FAULT || available(of, &there) != WMMAP_OK || there >= was)
      return got;
    stop = smaller(end, there); /* It was cut meanwhile. */
  }
  if (stop < start)
    stop = start;
  memset(of->start + stop, 0, end - stop);
  if (of->baseline)
    memcpy(of->baseline + start, of->start + start, end - start);
  return WMMAP_OK;
}

/* The end of the run of bytes from `at` on that are equal, or are not. */
static size_t run(const region *of, size_t at, size_t end, bool equal) {
  const unsigned char *mine = of->start;
  const unsigned char *base = of->baseline;
  enum { STEP = 256 };
  while (equal && at < end && end - at >= STEP && memcmp(mine + at, base + at, STEP) == 0)
    at += STEP;
  while (at < end && (mine[at] == base[at]) == equal)
    at += 1;
  return at;
}

/* Writes bytes of the region; what the file has lost meanwhile is lost, as in any mapping. */
static wmmap_status write_back(const region *of, size_t start, size_t end, const unsigned char *bytes) {
  const wmmap_status got = wmmap_write(of->mapping, start, end - start, bytes);
  if (got != WMMAP_OK)
    return got == WMMAP_FAULT ? WMMAP_OK : got;
  memcpy(of->baseline + start, of->start + start, end - start);
  return WMMAP_OK;
}

enum { BLOCK = 4096, RUNS = 4 };

/*
 * Writes what the program changed in a block, and no other byte: others may have written those. Many short runs would
 * be many calls: then the block is read, and written with the changes in it. Where what was read was not changed by us,
 * it is the file's own; only what others write between those two calls is lost.
 */
static wmmap_status store_block(const region *of, size_t start, size_t end) {
  size_t runs[2 * RUNS];
  size_t count = 0;
  size_t at = start;
  while (at < end && count < RUNS) {
    runs[2 * count] = at;
    runs[2 * count + 1] = run(of, at, end, false);
    at = run(of, runs[2 * count + 1], end, true);
    count += 1;
  }
  if (at == end) {
    wmmap_status got = WMMAP_OK;
    for (size_t i = 0; i < count && got == WMMAP_OK; i += 1)
      got = write_back(of, runs[2 * i], runs[2 * i + 1], of->start + runs[2 * i]);
    return got;
  }
  unsigned char merged[BLOCK];
  const wmmap_status got = wmmap_read(of->mapping, start, end - start, merged);
  if (got != WMMAP_OK)
    return got == WMMAP_FAULT ? WMMAP_OK : got;
  for (size_t i = 0; i < end - start; i += 1)
    if (of->start[start + i] != of->baseline[start + i])
      merged[i] = of->start[start + i];
  return write_back(of, start, end, merged);
}

/* Writes what the program changed. What lies behind the end of the file is not written. */
static wmmap_status store(const region *of, size_t start, size_t end) {
  if (!of->baseline)
    return WMMAP_OK;
  start = run(of, start, end, true);
  if (start == end)
    return WMMAP_OK;
  size_t there = 0;
  wmmap_status got = available(of, &there);
  for (end = smaller(end, there); got == WMMAP_OK && start < end; start = run(of, start, end, true)) {
    const size_t stop = smaller(end, (start / BLOCK + 1) * BLOCK);
    got = store_block(of, start, stop);
    start = stop;
  }
  return got;
}

/* The part of a region that shows a range of the file; false if there is none. */
static bool part_of(const region *of, uint64_t start, uint64_t end, size_t *from, size_t *to) {
  if (end <= of->offset || start >= of->offset + of->length)
    return false;
  *from = start > of->offset ? (size_t)(start - of->offset) : 0;
  *to = end - of->offset < of->length ? (size_t)(end - of->offset) : of->length;
  return true;
}

/* Calls for each run of pages of the range that are mapped still. */
static wmmap_status each_part(const region *of, size_t start, size_t end,
                              wmmap_status (*call)(const region *of, size_t start, size_t end)) {
  wmmap_status first = WMMAP_OK;
  while (start < end) {
    if (is_gone(of, start / PAGE)) {
      start = smaller(end, (start / PAGE + 1) * PAGE);
      continue;
    }
    size_t stop = start;
    while (stop < end && !is_gone(of, stop / PAGE))
      stop = smaller(end, (stop / PAGE + 1) * PAGE);
    const wmmap_status got = call(of, start, stop);
    if (first == WMMAP_OK)
      first = got;
    start = stop;
  }
  return first;
}

static int store_copies(uint64_t file, uint64_t start, uint64_t end) {
  int first = 0;
  for (const region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (is_copy(of) && of->file == file && part_of(of, start, end, &from, &to)) {
      const int error = error_of(each_part(of, from, to, store));
      first = first ? first : error;
    }
  }
  return first;
}

static void load_copies(uint64_t file, uint64_t start, uint64_t end) {
  for (const region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    /* A private mapping that may be written keeps what it has: POSIX leaves that open. */
    if (is_copy(of) && of->file == file && (of->shared || !(of->protection & PROT_WRITE)) &&
        part_of(of, start, end, &from, &to))
      each_part(of, from, to, load);
  }
}

static void store_all_copies(void) {
  for (const region *of = regions; of && copies > 0; of = of->next)
    if (is_copy(of))
      each_part(of, 0, of->length, store);
}

/* When main() returns, or exit() is called: after what the program itself does then, for it was registered first. */
__attribute__((destructor)) static void store_at_exit(void) { store_all_copies(); }

/* mmap() */

static void release(region *of) {
#ifndef WASI_MMAN_NO_SPANS
  wmmap_detach(&of->span); /* First: afterwards the memory is that of the program again. */
#endif
  if (is_copy(of))
    copies -= 1;
  wmmap_close(&of->mapping);
  if (of->start)
    give_pages(of->start, of->length);
  free(of->baseline);
  free(of->gone);
  free(of);
}

/* Puts the file's pages under the region; WMMAP_UNSUPPORTED where that cannot be. */
static wmmap_status attach(region *of, wmmap_mapping mapping) {
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

/* Fills the region with pages of the file, or with a copy of them. */
static wmmap_status fill(region *of, int32_t descriptor) {
  const bool writable = (of->protection & PROT_WRITE) != 0;
  wmmap_mapping mapping = {0};
  wmmap_status got =
      wmmap_map_posix((wmmap_file){descriptor}, of->length, of->shared ? WMMAP_SHARED : WMMAP_PRIVATE,
                      writable ? WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE : WMMAP_PROTECT_READ, of->offset, &mapping);
  if (got != WMMAP_OK)
    return got;
  got = attach(of, mapping);
  if (got != WMMAP_UNSUPPORTED) {
    wmmap_close(&mapping); /* The span does not need it. */
    return got;
  }
  of->mapping = mapping;
  copies += 1;
  /* What the program stored into other copies of the file is in the file before it is read. */
  store_copies(of->file, of->offset, of->offset + of->length);
  if (of->shared && writable) {
    of->baseline = malloc(of->length);
    if (!of->baseline)
      return WMMAP_NO_MEMORY;
  }
  return load(of, 0, of->length);
}

/* Whether an open file may be mapped so, as Linux decides it; and its descriptor. */
static int check_file(int fd, int protection, bool shared, int32_t *descriptor, region *of) {
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
  *descriptor = descriptor_of(fd, &of->file);
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

static int make(region *of, size_t length, int protection, int flags, int fd, off_t offset) {
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
  of->start = take_pages(of->length, &fresh);
  if (!of->start)
    return ENOMEM;
  if (!of->anonymous)
    return error_of(fill(of, descriptor));
  if (!fresh)
    memset(of->start, 0, of->length);
  return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  (void)address; /* A hint. */
  region *of = calloc(1, sizeof *of);
  const int error = of ? make(of, length, protection, flags, fd, offset) : ENOMEM;
  if (error == 0) {
    of->next = regions;
    regions = of;
    return of->start;
  }
  if (of)
    release(of);
  errno = error;
  return MAP_FAILED;
}

/* Ranges of addresses */

/* The end of a range in whole pages; false if it is none. */
static bool range(const void *address, size_t length, size_t *start, size_t *end) {
  *start = (size_t)address;
  if (length > SIZE_MAX - (PAGE - 1) || *start % PAGE != 0)
    return false;
  length = (length + PAGE - 1) / PAGE * PAGE;
  *end = *start + length;
  return *end >= *start;
}

/* The part of a region that lies in a range of addresses; false if there is none. */
static bool overlap(const region *of, size_t start, size_t end, size_t *from, size_t *to) {
  const size_t first = (size_t)of->start;
  if (end <= first || start >= first + of->length)
    return false;
  *from = start > first ? start - first : 0;
  *to = smaller(end - first, of->length);
  return true;
}

/* Whether each page of a range is mapped. */
static bool all_mapped(size_t start, size_t end) {
  size_t pages = 0;
  for (const region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (overlap(of, start, end, &from, &to))
      for (; from < to; from += PAGE)
        pages += !is_gone(of, from / PAGE);
  }
  return pages == (end - start) / PAGE;
}

static bool remember_gone(region *of) {
  if (!of->gone)
    of->gone = calloc(of->length / PAGE, 1);
  return of->gone != NULL;
}

int munmap(void *address, size_t length) {
  size_t start = 0;
  size_t end = 0;
  if (length == 0 || !range(address, length, &start, &end))
    return fail(EINVAL);
  for (region **link = &regions; *link;) {
    region *of = *link;
    size_t from = 0;
    size_t to = 0;
    if (overlap(of, start, end, &from, &to)) {
      const bool whole = to - from == of->length;
      if (!whole && !remember_gone(of))
        return fail(ENOMEM);
      if (is_copy(of))
        each_part(of, from, to, store); /* Like the system, munmap() has no error for what cannot be written. */
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

/* For each_part(). */
static wmmap_status flush(const region *of, size_t start, size_t end) {
  if (of->span.handle == 0) {
    size_t there = 0;
    const wmmap_status got = available(of, &there);
    end = smaller(end, there); /* Behind the end of the file there is nothing to flush. */
    return got != WMMAP_OK || start >= end ? got : wmmap_flush(of->mapping, start, end - start);
  }
#ifdef WASI_MMAN_NO_SPANS
  return WMMAP_OK;
#else
  const wmmap_status got = wmmap_span_flush(of->span, start, end - start);
  /* Pages behind the end of the file that nobody touched have nothing to lose. */
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
  int first = all_mapped(start, end) ? 0 : ENOMEM; /* The rest is done all the same, as on Linux. */
  for (const region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (of->anonymous || !overlap(of, start, end, &from, &to))
      continue;
    wmmap_status got = is_copy(of) ? each_part(of, from, to, store) : WMMAP_OK;
    if (got == WMMAP_OK && (flags & MS_SYNC) && of->shared && (of->protection & PROT_WRITE))
      got = each_part(of, from, to, flush);
    if (got == WMMAP_OK && (flags & MS_INVALIDATE) && is_copy(of) && of->shared)
      got = each_part(of, from, to, load);
    first = first ? first : error_of(got);
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
  for (region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (!overlap(of, start, end, &from, &to) || protection == of->protection)
      continue;
    if (!of->anonymous && of->shared && (protection & PROT_WRITE) && !of->file_writable)
      return fail(EACCES);
    if (!of->anonymous || protection != (PROT_READ | PROT_WRITE))
      return fail(ENOTSUP); /* Nothing could enforce less, and a mapping has the access that it was made with. */
  }
  return 0;
}

/* posix_madvise(), and madvise() where anonymous memory loses what it held. */
static int advise(void *address, size_t length, int advice, bool discard) {
  size_t start = 0;
  size_t end = 0;
  if (advice < MADV_NORMAL || advice > MADV_DONTNEED || !range(address, length, &start, &end))
    return EINVAL;
  int first = all_mapped(start, end) ? 0 : ENOMEM;
  for (const region *of = regions; of; of = of->next) {
    size_t from = 0;
    size_t to = 0;
    if (!overlap(of, start, end, &from, &to))
      continue;
    if (of->anonymous && discard && advice == MADV_DONTNEED) {
      for (; from < to; from += PAGE)
        if (!is_gone(of, from / PAGE))
          memset(of->start + from, 0, PAGE);
    }
#ifndef WASI_MMAN_NO_SPANS
    if (of->span.handle != 0) {
      const int error = error_of(wmmap_span_advise(of->span, from, to - from, (wmmap_advice)advice));
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
