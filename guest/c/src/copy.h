/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A copy of a mapping's bytes in the program's memory, for hosts without spans: finds what the program changed in it
 * and writes that, and nothing else, back to the mapping.
 */
#ifndef WASI_MMAP_COPY_H
#define WASI_MMAP_COPY_H

#include "../wasi_mmap.h"

/* `bytes` and `baseline` begin where the mapping does. */
typedef struct wmmap_copy {
  wmmap_mapping mapping;
  unsigned char *bytes;
  unsigned char *baseline; /* The bytes of the mapping at its last read or write; NULL in a read-only copy. */
} wmmap_copy;

/* The first changed byte in `start..end`; `end` if there is none. The copy has a baseline. */
size_t wmmap_copy_first_change(const wmmap_copy *copy, size_t start, size_t end);

/*
 * Writes the changed bytes of `start..end` to the mapping, in runs, and no others: somebody else may have written
 * those. With `merge`, a block of 4096 bytes with more than four runs takes two calls instead: it is read, and written
 * with the changes in it. A write of somebody else to that block between the two calls is then lost.
 *
 * Goes on past a lost page and then returns WMMAP_FAULT; what could not be written remains changed. Returns any other
 * error of wmmap_write() and wmmap_read() at once.
 */
wmmap_status wmmap_copy_write_back(const wmmap_copy *copy, size_t start, size_t end, bool merge);

#endif
