/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_pages.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct free_pages {
  struct free_pages *next;
  unsigned char *start;
  size_t length;
} free_pages;

static free_pages *spare; /* in the order of addresses; no two are adjacent */

unsigned char *wmman_take_pages(size_t length, bool *fresh) {
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
    return NULL; /* The last page of 4 GiB stays unused, so that the end of a region is an address. */
  const size_t first = __builtin_wasm_memory_grow(0, count);
  return first == SIZE_MAX ? NULL : (unsigned char *)(first * PAGE); /* NOLINT(performance-no-int-to-ptr) */
}

void wmman_give_pages(unsigned char *start, size_t length) {
  free_pages **link = &spare;
  free_pages *before = NULL;
  while (*link && (*link)->start < start) {
    before = *link;
    link = &before->next;
  }
  free_pages *after = *link;
  if (before && before->start + before->length == start) {
    before->length += length;
  } else {
    free_pages *pages = malloc(sizeof *pages);
    if (!pages)
      return; /* The pages are lost. Memory is rarely so short that this fails. */
    *pages = (free_pages){.next = after, .start = start, .length = length};
    *link = pages;
    before = pages;
  }
  if (after && before->start + before->length == after->start) {
    before->length += after->length;
    before->next = after->next;
    free(after);
  }
}
