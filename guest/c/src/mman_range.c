/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_range.h"

#include <errno.h>

int wmman_fail(int error) {
  if (error == 0)
    return 0;
  errno = error;
  return -1;
}

bool wmman_range(const void *address, size_t length, size_t *start, size_t *end) {
  *start = (size_t)address;
  if (length > SIZE_MAX - (WASM_PAGE - 1) || *start % WASM_PAGE != 0)
    return false;
  length = (length + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE;
  *end = *start + length;
  return *end >= *start;
}

bool wmman_is_mapped(size_t start, size_t end) { return wmman_mapped_pages(start, end) == (end - start) / WASM_PAGE; }
