/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What else <sys/mman.h> has: residency, locks, shared memory objects, protection keys. */
#include "../sys/mman.h"
#include "mman_range.h"
#include "mman_spans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Residency */

/* Whether the host has the bytes of a page in memory. One that keeps the answer to itself says yes, as Linux does. */
static bool is_resident(wmmap_mapping mapping, size_t at, uint64_t there) {
  const uint64_t length = there < at ? 0 : there - at < WASM_PAGE ? there - at : WASM_PAGE;
  uint64_t bytes = 0;
  return length > 0 && (wmmap_resident(mapping, at, length, &bytes) != WMMAP_OK || bytes == length);
}

int mincore(void *address, size_t length, unsigned char *pages) {
  size_t start = 0;
  size_t end = 0;
  if ((size_t)address % WASM_PAGE != 0)
    return wmman_fail(EINVAL);
  if (!wmman_range(address, length, &start, &end) || wmman_spare_pages(start, end) > 0)
    return wmman_fail(ENOMEM);
  memset(pages, 1, (end - start) / WASM_PAGE); /* Memory of the program's own is there, and so is a copy. */
  for (const wmman_region *region = wmman_regions; region; region = region->next) {
    size_t from = 0;
    size_t to = 0;
    if (!region->backing->spans || !wmman_overlap(region, start, end, &from, &to))
      continue;
    wmmap_mapping mapping = {0};
    uint64_t size = 0;
    wmmap_status got = wmman_map_file(region->backing, from, to, false, &mapping);
    if (got == WMMAP_OK)
      got = wmmap_file_size(mapping, &size);
    const uint64_t first = region->backing->offset + from;
    unsigned char *its = pages + ((size_t)region->backing->start + from - start) / WASM_PAGE;
    for (size_t at = 0; got == WMMAP_OK && at < to - from; at += WASM_PAGE)
      its[at / WASM_PAGE] = is_resident(mapping, at, size > first ? size - first : 0);
    wmmap_close(&mapping);
    if (got != WMMAP_OK)
      return wmman_fail(wmman_errno(got));
  }
  return 0;
}

/* Locks: no call locks the memory of a component, and nothing is ever locked. */

static int check_lock(const void *address, size_t length, int error) {
  const size_t skip = (size_t)address % WASM_PAGE; /* Linux rounds the address down. */
  size_t start = 0;
  size_t end = 0;
  if (length > SIZE_MAX - skip)
    return wmman_fail(EINVAL);
  if (!wmman_range((const char *)address - skip, length + skip, &start, &end) || wmman_spare_pages(start, end) > 0)
    return wmman_fail(ENOMEM);
  return wmman_fail(error);
}

int mlock(const void *address, size_t length) { return check_lock(address, length, EPERM); }

int mlock2(const void *address, size_t length, unsigned flags) {
  return (flags & ~(unsigned)MLOCK_ONFAULT) != 0 ? wmman_fail(EINVAL) : mlock(address, length);
}

int munlock(const void *address, size_t length) { return check_lock(address, length, 0); }

int mlockall(int flags) {
  const int all = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  return wmman_fail((flags & ~all) != 0 || (flags & (MCL_CURRENT | MCL_FUTURE)) == 0 ? EINVAL : EPERM);
}

int munlockall(void) { return 0; }

/* Shared memory objects are files in /dev/shm, as on Linux, if the host grants it. */

enum { LONGEST_NAME = 255, SHM_PATH = sizeof "/dev/shm/" + LONGEST_NAME };

static int shm_path(const char *name, char *path, size_t size) {
  while (*name == '/')
    name += 1;
  const size_t length = strlen(name);
  if (length == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return EINVAL;
  if (length > LONGEST_NAME)
    return ENAMETOOLONG;
  snprintf(path, size, "/dev/shm/%s", name);
  return 0;
}

int shm_open(const char *name, int flags, mode_t mode) {
  char path[SHM_PATH];
  const int error = shm_path(name, path, sizeof path);
  return error != 0 ? wmman_fail(error) : open(path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

int shm_unlink(const char *name) {
  char path[SHM_PATH];
  const int error = shm_path(name, path, sizeof path);
  return error != 0 ? wmman_fail(error) : unlink(path);
}

/* WASI makes no file without a name. */
int memfd_create(const char *name, unsigned flags) {
  (void)name;
  (void)flags;
  return wmman_fail(ENOSYS);
}

/* WebAssembly protects no page, by a key or otherwise. */

int pkey_alloc(unsigned flags, unsigned rights) {
  return wmman_fail(flags != 0 || (rights & ~(unsigned)(PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE)) != 0 ? EINVAL
                                                                                                        : ENOSPC);
}

int pkey_free(int key) {
  (void)key;
  return wmman_fail(EINVAL);
}

int pkey_get(int key) {
  (void)key;
  return wmman_fail(EINVAL);
}

int pkey_set(int key, unsigned rights) {
  (void)rights;
  return pkey_free(key);
}

int pkey_mprotect(void *address, size_t length, int protection, int key) {
  return key == -1 ? mprotect(address, length, protection) : wmman_fail(EINVAL);
}

/* What acts on other processes, or was replaced. */

int remap_file_pages(void *address, size_t length, int protection, size_t page, int flags) {
  (void)address;
  (void)length;
  (void)protection;
  (void)page;
  (void)flags;
  return wmman_fail(ENOSYS);
}

ssize_t process_madvise(int process, const struct iovec *list, size_t count, int advice, unsigned flags) {
  (void)process;
  (void)list;
  (void)count;
  (void)advice;
  (void)flags;
  return wmman_fail(ENOSYS);
}

int process_mrelease(int process, unsigned flags) {
  (void)process;
  (void)flags;
  return wmman_fail(ENOSYS);
}
