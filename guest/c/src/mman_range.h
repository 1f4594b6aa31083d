/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What all functions of <sys/mman.h> do with their arguments and results. */
#ifndef WASI_MMAN_RANGE_H
#define WASI_MMAN_RANGE_H

#include "mman_regions.h"

/* Returns 0, or -1 with errno. */
int wmman_fail(int error);

/* Rounds a range up to whole pages; false if it does not begin at a page or passes the end of memory. */
bool wmman_range(const void *address, size_t length, size_t *start, size_t *end);

/* Whether mmap() made every page of a range. */
bool wmman_is_mapped(size_t start, size_t end);

#endif
