/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_make.h"

#include "../sys/mman.h"
#include "mman_spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Checks an open file in the order of Linux. */
static int check_file(int fd, wmman_request *request) {
  __wasi_fdstat_t stat;
  const int32_t error = adapter_fdstat_get(fd, &stat);
  if (error != 0)
    return error;
  const bool regular = stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE;
  request->file_writable = regular && (stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE) != 0;
  if (request->shared && (request->protection & PROT_WRITE) && !request->file_writable)
    return EACCES;
  if (regular && !(stat.fs_rights_base & __WASI_RIGHTS_FD_READ))
    return EACCES;
  if (!regular)
    return ENODEV;
  request->file = wmman_file_of(fd);
  return request->file ? 0 : errno;
}

static int check_flags(int flags, bool anonymous) {
  enum {
    CANNOT = MAP_GROWSDOWN | MAP_HUGETLB | MAP_SYNC,
    KNOWN = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |
        MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_SYNC |
        MAP_FIXED_NOREPLACE | MAP_UNINITIALIZED
  };
  const int type = flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE && !(type == MAP_DROPPABLE && anonymous))
    return EINVAL;
  return (flags & CANNOT) != 0 || (type == MAP_SHARED_VALIDATE && (flags & ~KNOWN) != 0) ? ENOTSUP : 0;
}

static int check_open(int fd) {
  __wasi_fdstat_t stat;
  return adapter_fdstat_get(fd, &stat);
}

int wmman_check(void *address, size_t length, int protection, int flags, int fd, off_t offset, wmman_request *request) {
  const bool anonymous = (flags & MAP_ANONYMOUS) != 0;
  const bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  const int type = flags & MAP_TYPE;
  int error = 0;
  if (offset % (off_t)WASM_PAGE != 0)
    return EINVAL;
  if (!anonymous && (error = check_open(fd)) != 0)
    return error;
  if (length == 0)
    return EINVAL;
  if (length > SIZE_MAX - (WASM_PAGE - 1))
    return ENOMEM;
  *request = (wmman_request){.length = (length + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE,
                             .protection = protection & (PROT_READ | PROT_WRITE),
                             .flags = flags,
                             .shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE,
                             .offset = anonymous ? 0 : (uint64_t)offset};
  if (offset < 0 || (uint64_t)request->length > (uint64_t)INT64_MAX - (uint64_t)offset)
    return EOVERFLOW;
  if (fixed && (size_t)address % WASM_PAGE != 0)
    return EINVAL;
  if (fixed && request->length > SIZE_MAX - (size_t)address)
    return ENOMEM;
  if ((error = check_flags(flags, anonymous)) != 0)
    return error;
  if (!anonymous && (error = check_file(fd, request)) != 0)
    return error;
  return (protection & PROT_EXEC) ? ENOTSUP : 0;
}

/* Fills the backing with pages of the file, or with a copy of them. */
static wmmap_status fill(wmman_backing *of, const wmman_region *region, int flags) {
  const bool writable = (region->protection & PROT_WRITE) != 0;
  wmmap_mapping mapping = {0};
  wmmap_status got = wmman_map_file(of, 0, of->length, writable, &mapping);
  if (got != WMMAP_OK)
    return got;
  got = wmman_attach(of, mapping, writable);
  if (got != WMMAP_UNSUPPORTED) {
    /* What cannot be loaded now is met by the access. A map may reach past the end of the file. */
    if (got == WMMAP_OK && (flags & (MAP_POPULATE | MAP_LOCKED)) && !(flags & MAP_NONBLOCK))
      wmmap_populate(mapping, 0, of->length);
    wmmap_close(&mapping); /* The span does not need it. */
    return got;
  }
  of->copy = (wmmap_copy){.mapping = mapping, .bytes = of->start};
  wmman_copies += 1;
  /* What the program stored into other copies of the file must be in the file before it is read. */
  wmman_store_copies(of->file->id, of->offset, of->offset + of->length);
  if (of->shared && writable) {
    size_t used = 0;
    of->copy.baseline = wmman_take_pages(of->length, &used);
    if (!of->copy.baseline)
      return WMMAP_NO_MEMORY;
  }
  return wmman_load(region, 0, of->length);
}

int wmman_make(const wmman_request *request, unsigned char *start, size_t used) {
  wmman_region *region = malloc(sizeof *region);
  wmman_backing *of = malloc(sizeof *of);
  if (!region || !of) {
    free(region);
    free(of);
    wmman_give_pages(start, request->length, used > 0);
    return ENOMEM;
  }
  *of = (wmman_backing){.regions = 1,
                        .start = start,
                        .length = request->length,
                        .shared = request->shared,
                        .file_writable = request->file_writable,
                        .written = (request->protection & PROT_WRITE) != 0,
                        .file = request->file,
                        .offset = request->offset};
  *region = (wmman_region){.backing = of, .to = of->length, .protection = request->protection};
  if (!of->file) {
    memset(start, 0, used);
  } else {
    of->file->uses += 1;
    const wmmap_status got = fill(of, region, request->flags);
    if (got != WMMAP_OK) {
      wmman_give_pages(start, of->length, true);
      free(region);
      wmman_end_backing(of);
      return wmman_errno(got);
    }
  }
  region->next = wmman_regions;
  wmman_regions = region;
  return 0;
}

int wmman_unmap(size_t start, size_t end) {
  if (!wmman_split(start) || !wmman_split(end))
    return ENOMEM;
  return wmman_errno(wmman_remove(start, end));
}

int wmman_clear(size_t start, size_t length, size_t *used) {
  const size_t end = start + length;
  if (wmman_mapped_pages(start, end) + wmman_spare_pages(start, end) < length / WASM_PAGE)
    return ENOMEM;
  const int error = wmman_unmap(start, end);
  if (error != 0)
    return error;
  return wmman_take_pages_at((unsigned char *)start, length, used) /* NOLINT(performance-no-int-to-ptr) */
             ? 0
             : ENOMEM;
}
