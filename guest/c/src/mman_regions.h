/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The regions of memory that mmap() made. The pages of one call are a backing: a file, and its pages in spans or a copy
 * of them, or memory without a file. A region is a run of these pages with one protection. munmap() and mprotect()
 * split regions, and the last one that goes takes its backing along.
 *
 * Where the host has no spans, copies are brought up to date with their file here, and their file with them.
 */
#ifndef WASI_MMAN_REGIONS_H
#define WASI_MMAN_REGIONS_H

#include "copy.h"
#include "mman_files.h"
#include "mman_pages.h"

/* Pages of a backing that the host has attached. */
typedef struct wmman_span {
  struct wmman_span *next;
  size_t from, to; /* bytes from the start of the backing */
  bool writable;   /* made for PROT_WRITE */
  wmmap_span span;
} wmman_span;

typedef struct wmman_backing {
  size_t regions; /* how many there are */
  unsigned char *start;
  size_t length; /* whole pages */
  bool shared;
  bool file_writable;
  bool written;      /* a region of it could be stored into at any time */
  wmman_file *file;  /* NULL for anonymous memory */
  uint64_t offset;   /* in the file */
  wmman_span *spans; /* the pages are the file's … */
  wmmap_copy copy;   /* … or a copy of them, with a baseline if it is shared and was writable */
} wmman_backing;

typedef struct wmman_region {
  struct wmman_region *next;
  wmman_backing *backing;
  size_t from, to; /* bytes from the start of the backing, whole pages */
  int protection;
} wmman_region;

/* Of the regions in use; the newest is the first. */
extern wmman_region *wmman_regions;
/* How many backings are copies. */
extern size_t wmman_copies;

static inline size_t wmman_smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t wmman_larger(size_t a, size_t b) { return a > b ? a : b; }

/* The errno of a status. */
int wmman_errno(wmmap_status status);

bool wmman_is_copy(const wmman_backing *of);
size_t wmman_start(const wmman_region *region);
size_t wmman_end(const wmman_region *region);

/* The part of a range of addresses that lies in the region, as offsets in its backing; false if there is none. */
bool wmman_overlap(const wmman_region *region, size_t start, size_t end, size_t *from, size_t *to);
/* How many pages of a range of addresses are mapped. */
size_t wmman_mapped_pages(size_t start, size_t end);
/* The region that holds an address; NULL if there is none. */
wmman_region *wmman_region_at(size_t address);

/* Makes the address a border of regions, if it lies in one. False without memory. */
bool wmman_split(size_t address);
/* Unmaps the regions of a range, at the borders of which no region continues. */
wmmap_status wmman_remove(size_t start, size_t end);
/* Ends a backing that no region has. */
void wmman_end_backing(wmman_backing *of);

/* Does something with a range of a region, whose start and end are offsets in its backing. */
typedef wmmap_status wmman_action(const wmman_region *region, size_t start, size_t end);

/* Of a copy: how many bytes of its backing the file has now. */
wmmap_status wmman_available(const wmman_backing *of, size_t *length);
/* Of a copy: reads what the file holds; zeros past its end. */
wmman_action wmman_load;
/* Of a copy: writes to the file what the program changed, but nothing past its end. */
wmman_action wmman_store;

/* Loads and stores the copies of a range of a file. wmman_store_copies() returns an errno or 0. */
int wmman_store_copies(uint64_t file, uint64_t start, uint64_t end);
void wmman_load_copies(uint64_t file, uint64_t start, uint64_t end);
void wmman_store_all_copies(void);

#endif
