/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* How a map comes and goes. Functions that return an int raise and return -1 on failure. */
#ifndef WASI_MMAP_OPEN_H
#define WASI_MMAP_OPEN_H

#include "map.h"
/* The numbers of Linux. What a component cannot feel, such as MAP_NORESERVE, is accepted and does nothing. */
#include "sys/mman.h"

/* Checks that not both an access and flags or prot were given, and settles each from the other. */
int parse_access(int *access, int *flags, int *prot);

/*
 * Maps a file, or memory if its handle is 0 or flags has MAP_ANONYMOUS, after the checks of CPython in their order.
 * `length` 0 becomes the number of bytes to the end of the file.
 */
int map_file(wmmap_file file, Py_ssize_t *length, int flags, int prot, int64_t offset, wmmap_mapping *mapping);

/* Does nothing if the map is closed already. */
void close_map(Mmap *self);

#endif
