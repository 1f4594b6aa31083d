/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_pages.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct free_pages {
  struct free_pages *next;
  unsigned char *start;
  size_t length;
  bool used;
} free_pages;

static free_pages *spare; /* in the order of addresses; no two are adjacent */

static size_t memory_end(void) { return __builtin_wasm_memory_size(0) * WASM_PAGE; }

static unsigned char *address_of(size_t address) {
  return (unsigned char *)address; /* NOLINT(performance-no-int-to-ptr) */
}

/* Lets memory grow by `length` bytes, and returns where they begin; NULL if it cannot. */
static unsigned char *grow(size_t length) {
  const size_t count = length / WASM_PAGE;
  if (__builtin_wasm_memory_size(0) + count >= (size_t)1 << 16)
    return NULL; /* The last page of 4 GiB stays unused, so that the end of a region is an address. */
  const size_t first = __builtin_wasm_memory_grow(0, count);
  return first == SIZE_MAX ? NULL : address_of(first * WASM_PAGE);
}

/*
 * Lets the C library's allocator have memory before a large mapping takes some. What the allocator takes later lies
 * behind the mapping, whose pages then do not grow: the sum of all sizes that a growing file had would be memory.
 *
 * The blocks are what fits into a page. zig's malloc (std/heap/BrkAllocator.zig) has lists of free blocks by powers of
 * two, and never splits one: only free pages serve all small allocations. In wasi-libc's dlmalloc one large block would
 * do, too.
 */
static void feed_allocator(size_t length) {
  enum { BLOCK = 48 << 10, SMALL = 1 << 20, MOST = 256 };
  size_t count = length < SMALL ? 0 : 16 + length / (4 << 20);
  count = count < MOST ? count : MOST;
  void **blocks = NULL;
  for (size_t i = 0; i < count; i += 1) {
    void **block = malloc(BLOCK);
    if (!block)
      break;
    *block = blocks;
    blocks = block;
  }
  while (blocks) {
    void **next = *blocks;
    free(blocks);
    blocks = next;
  }
}

/* Takes the first bytes of spare pages. */
static unsigned char *take_first(free_pages **link, size_t length, size_t *used) {
  free_pages *from = *link;
  unsigned char *start = from->start;
  *used = from->used ? length : 0;
  from->start += length;
  from->length -= length;
  if (from->length == 0) {
    *link = from->next;
    free(from);
  }
  return start;
}

unsigned char *wmman_take_pages(size_t length, size_t *used) {
  free_pages **best = NULL;
  free_pages **last = NULL;
  for (free_pages **link = &spare; *link; link = &(*link)->next) {
    last = link;
    if ((*link)->length >= length && (!best || (*link)->length < (*best)->length))
      best = link;
  }
  if (best)
    return take_first(best, length, used);
  if (last && (size_t)(*last)->start + (*last)->length == memory_end()) {
    const size_t there = (*last)->length;
    return grow(length - there) ? take_first(last, there, used) : NULL;
  }
  *used = 0;
  feed_allocator(length);
  return grow(length);
}

bool wmman_take_pages_at(unsigned char *start, size_t length, size_t *used) {
  free_pages *rest = malloc(sizeof *rest); /* First: the allocator may let memory grow. */
  if (!rest)
    return false;
  const size_t end = (size_t)start + length;
  if (end > memory_end()) {
    const size_t more = end - memory_end();
    unsigned char *fresh = grow(more);
    if (fresh)
      wmman_give_pages(fresh, more, false);
  }
  for (free_pages **link = &spare; *link; link = &(*link)->next) {
    free_pages *pages = *link;
    const size_t pages_end = (size_t)pages->start + pages->length;
    if (pages->start > start || pages_end < end)
      continue;
    *used = pages->used ? length : 0;
    *rest = (free_pages){.next = pages->next, .start = start + length, .length = pages_end - end, .used = pages->used};
    pages->length = (size_t)(start - pages->start);
    if (rest->length > 0)
      pages->next = rest;
    else
      free(rest);
    if (pages->length == 0) {
      *link = pages->next;
      free(pages);
    }
    return true;
  }
  free(rest);
  return false;
}

void wmman_give_pages(unsigned char *start, size_t length, bool used) {
  free_pages **link = &spare;
  free_pages *before = NULL;
  while (*link && (*link)->start < start) {
    before = *link;
    link = &before->next;
  }
  free_pages *after = *link;
  if (before && before->start + before->length == start) {
    before->length += length;
    before->used |= used;
  } else {
    free_pages *pages = malloc(sizeof *pages);
    if (!pages)
      return; /* The pages are lost. Memory is rarely so short that this fails. */
    *pages = (free_pages){.next = after, .start = start, .length = length, .used = used};
    *link = pages;
    before = pages;
  }
  if (after && before->start + before->length == after->start) {
    before->length += after->length;
    before->used |= after->used;
    before->next = after->next;
    free(after);
  }
}

size_t wmman_spare_pages(size_t start, size_t end) {
  const size_t top = memory_end();
  size_t bytes = end > top ? end - (start > top ? start : top) : 0;
  for (const free_pages *pages = spare; pages; pages = pages->next) {
    const size_t from = (size_t)pages->start > start ? (size_t)pages->start : start;
    const size_t pages_end = (size_t)pages->start + pages->length;
    const size_t to = pages_end < end ? pages_end : end;
    bytes += from < to ? to - from : 0;
  }
  return bytes / WASM_PAGE;
}
