/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Pages for mappings. They come from the engine and are never given back to it: a C library's allocator may round so
 * large a request up to the next power of two, or overflow near 4 GiB. Allocators accept memory that grows without
 * them. Pages that no mapping uses are spare: the next mappings take them, and those at memory's end grow.
 */
#ifndef WASI_MMAN_PAGES_H
#define WASI_MMAN_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A page of WebAssembly; sysconf(_SC_PAGESIZE) says the same. */
#define WASM_PAGE ((size_t)65536)

/* Takes `length` bytes, a multiple of WASM_PAGE. The bytes after the first `used` are zero. NULL without memory. */
unsigned char *wmman_take_pages(size_t length, size_t *used);
/* Takes these pages: false if one is not spare, or if memory cannot grow so far. */
bool wmman_take_pages_at(unsigned char *start, size_t length, size_t *used);
/* Makes pages spare. Those that nobody has used are zero. */
void wmman_give_pages(unsigned char *start, size_t length, bool used);
/* How many pages of a range of addresses are spare, or lie past memory's end. */
size_t wmman_spare_pages(size_t start, size_t end);

#endif
