/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* How a map comes and goes. Functions that return an int raise and return -1 on failure. */
#ifndef WASI_MMAP_OPEN_H
#define WASI_MMAP_OPEN_H

#include "map.h"

/* The numbers of Linux. What a component cannot feel, such as MAP_NORESERVE, is accepted and does nothing. */
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
  MAP_SHARED = 1,
  MAP_PRIVATE = 2,
  MAP_ANONYMOUS = 0x20,
  MAP_32BIT = 0x40,
  MAP_DENYWRITE = 0x800,
  MAP_EXECUTABLE = 0x1000,
  MAP_NORESERVE = 0x4000,
  MAP_POPULATE = 0x8000,
  MAP_STACK = 0x20000
};
enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };
enum {
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MADV_DONTNEED,
  MADV_FREE = 8,
  MADV_REMOVE,
  MADV_DONTFORK,
  MADV_DOFORK,
  MADV_MERGEABLE,
  MADV_UNMERGEABLE,
  MADV_HUGEPAGE,
  MADV_NOHUGEPAGE,
  MADV_DONTDUMP,
  MADV_DODUMP,
  MADV_HWPOISON = 100
};

/* Checks that not both an access and flags or prot were given, and settles each from the other. */
int parse_access(int *access, int *flags, int *prot);

/*
 * Maps a file, or memory if its handle is 0 or flags has MAP_ANONYMOUS, after the checks of CPython in their order.
 * `length` 0 becomes the number of bytes to the end of the file.
 */
int map_file(wmmap_file file, Py_ssize_t *length, int flags, int prot, int64_t offset, wmmap_mapping *mapping);

/* Does nothing if the map is closed already. */
void close_map(Mmap *self);

#endif
