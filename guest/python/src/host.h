/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The bytes of a map at the host. Ranges lie inside the map. Functions that return an int raise and return -1 on
 * failure. */
#ifndef WASI_MMAP_HOST_H
#define WASI_MMAP_HOST_H

#include "map.h"

/* Small reads of all maps. */
extern uint64_t accesses;

/* The time in nanoseconds that passed outside of the host's answers. */
int64_t own_time(void);

int host_read(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target);
int host_write(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length);
/* The first or last match of `needle` in `start..end`, -1 if there is none, -2 after an error. */
Py_ssize_t host_find(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end,
                     bool backward);

#endif
