/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The bytes of a map, wherever they are. Ranges lie inside the map. Functions that return an int raise and return -1.
 */
#ifndef WASI_MMAP_BYTES_H
#define WASI_MMAP_BYTES_H

#include "map.h"

/* The bytes from `at` on that are in memory without a span: `count` of them and at least `length`; or NULL. */
const char *bytes_in_memory(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count);

int map_read(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target);
int map_write(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length);
/* Writes to the mapping what was changed through exported buffers, and no other byte. What is private stays here. */
int map_write_back(Mmap *self);

/* Memory for copies, which is not zero; NULL without memory. */
unsigned char *take_memory(size_t size);
void give_memory(unsigned char *memory, size_t size);
/* Forgets the copy that buffers were exported from. */
void drop_copy(Mmap *self);

#endif
