/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The search for bytes in a map. */
#ifndef WASI_MMAP_FIND_H
#define WASI_MMAP_FIND_H

#include "map.h"

/* The first or last match of `needle` in `start..end`, -1 if there is none, -2 after an error, which is raised. */
Py_ssize_t map_find(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end, bool backward);

#endif
