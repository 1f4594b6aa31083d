/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Pages for mappings. They come from the engine and are never given back to it: a C library's allocator may round so
 * large a request up to the next power of two, or overflow near 4 GiB. Allocators accept memory that grows without
 * them.
 */
#ifndef WASI_MMAN_PAGES_H
#define WASI_MMAN_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A page of WebAssembly; sysconf(_SC_PAGESIZE) says the same. */
#define PAGE ((size_t)65536)

/* Takes `length` bytes, a multiple of PAGE. `fresh` tells whether they are zero. NULL without memory. */
unsigned char *wmman_take_pages(size_t length, bool *fresh);
/* Keeps pages for the next wmman_take_pages(). */
void wmman_give_pages(unsigned char *start, size_t length);

#endif
