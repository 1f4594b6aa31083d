/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* New regions: for mmap(), and for mremap() where a region grows or moves. */
#ifndef WASI_MMAN_MAKE_H
#define WASI_MMAN_MAKE_H

#include "mman_regions.h"

/* What is to be mapped. */
typedef struct {
  size_t length; /* whole pages */
  int protection;
  int flags;
  bool shared;
  bool file_writable;
  wmman_file *file; /* NULL for anonymous memory */
  uint64_t offset;
} wmman_request;

/* These return an errno, or 0. */

/* Checks the arguments of mmap() in the order of Linux. */
int wmman_check(void *address, size_t length, int protection, int flags, int fd, off_t offset, wmman_request *request);

/* Makes a region of pages that were taken, of which the first `used` bytes may not be zero; else makes them spare. */
int wmman_make(const wmman_request *request, unsigned char *start, size_t used);

/* Unmaps a range of whole pages. */
int wmman_unmap(size_t start, size_t end);

/* Takes the pages of a range, and unmaps what lies there. ENOMEM if the C library has some of them. */
int wmman_clear(size_t start, size_t length, size_t *used);

#endif
