/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The regions of memory that mmap() made. Where the host has no spans, a region of a file is a copy: here copies are
 * brought up to date with their file, and their file with them.
 */
#ifndef WASI_MMAN_REGIONS_H
#define WASI_MMAN_REGIONS_H

#include "copy.h"
#include "mman_pages.h"

typedef struct wmman_region {
  struct wmman_region *next;
  unsigned char *start;
  size_t length; /* whole pages */
  int protection;
  bool anonymous;
  bool shared;
  bool file_writable;
  uint64_t file;       /* its identity */
  uint64_t offset;     /* in the file */
  wmmap_span span;     /* the pages are the file's … */
  wmmap_copy copy;     /* … or a copy of them, with a baseline if it is shared and writable */
  unsigned char *gone; /* a byte for each page, 1 if it was unmapped; NULL while none was */
  size_t left;         /* pages that are not unmapped */
} wmman_region;

/* Of the regions in use; the newest is the first. */
extern wmman_region *wmman_regions;
/* How many of them are copies. */
extern size_t wmman_copies;

static inline size_t wmman_smaller(size_t a, size_t b) { return a < b ? a : b; }

/* The errno of a status. */
int wmman_errno(wmmap_status status);

bool wmman_is_copy(const wmman_region *of);
bool wmman_is_gone(const wmman_region *of, size_t page);

/* The part of a range of addresses that lies in the region; false if there is none. */
bool wmman_overlap(const wmman_region *of, size_t start, size_t end, size_t *from, size_t *to);

/* Does something with a range of a region. */
typedef wmmap_status wmman_action(const wmman_region *of, size_t start, size_t end);

/* Does it for each run of pages of the range that are still mapped. Returns the first error, after all of them. */
wmmap_status wmman_each_part(const wmman_region *of, size_t start, size_t end, wmman_action *action);

/* Of a copy: how many of its bytes the file has now. */
wmmap_status wmman_available(const wmman_region *of, size_t *length);
/* Of a copy: reads what the file holds; zeros past its end. */
wmman_action wmman_load;
/* Of a copy: writes to the file what the program changed, but nothing past its end. */
wmman_action wmman_store;

/* Loads and stores the copies of a range of a file. wmman_store_copies() returns an errno or 0. */
int wmman_store_copies(uint64_t file, uint64_t start, uint64_t end);
void wmman_load_copies(uint64_t file, uint64_t start, uint64_t end);
void wmman_store_all_copies(void);

#endif
