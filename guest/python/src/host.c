/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The mapping of the contract: bytes out of it, and into it. */
#include "contract.h"
#include "errors.h"
#include "map.h"

#include <stdlib.h>
#include <string.h>

uint64_t changes = 1;

/* A call of the host moves at most so much: one list may neither exceed what a host allows nor be copied in a huge
 * piece. */
enum { PIECE = 16 << 20 };

/* Where the next list of the host shall be, so that it need not be copied once more. */
static char *landing;
static size_t landing_size;

__attribute__((visibility("default"))) void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
  (void)alignment; /* malloc's is enough for every type there is. */
  if (!old && landing && size > 0 && size <= landing_size) {
    void *result = landing;
    landing = NULL;
    return result;
  }
  if (size == 0)
    return (void *)alignment;
  void *result = realloc(old, size);
  if (!result)
    __builtin_trap();
  (void)old_size;
  return result;
}

/* Copies bytes out of the mapping. */
int fetch(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target) {
  while (length > 0) {
    const Py_ssize_t piece = length < PIECE ? length : PIECE;
    contract_result result;
    landing = target;
    landing_size = (size_t)piece;
    const int64_t begin = ask_begins(self);
    contract_read(self->mapping, (uint64_t)at, (uint64_t)piece, &result);
    ask_ends(self, begin);
    landing = NULL;
    if (result.small.failed)
      return raise_code(result.small.code), -1;
    if ((char *)result.small.list.data != target) {
      memcpy(target, result.small.list.data, (size_t)piece);
      free(result.small.list.data);
    }
    at += piece;
    target += piece;
    length -= piece;
  }
  return 0;
}

/* Stores bytes in the mapping. */
int store(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length) {
  changes += 1;
  while (length > 0) {
    const uint32_t piece = length < PIECE ? (uint32_t)length : PIECE;
    PLAIN(contract_write(self->mapping, (uint64_t)at, bytes, piece, &result));
    at += (Py_ssize_t)piece;
    bytes += piece;
    length -= (Py_ssize_t)piece;
  }
  return 0;
}
