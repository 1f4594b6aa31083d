/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Of open files, more than wasi_mmap.h tells: for the other libraries that stand on this one. */
#ifndef WASI_MMAP_FILES_H
#define WASI_MMAP_FILES_H

#include "../wasi_mmap.h"
#include "abi.h"

/* The directories that the host has granted, in its order. The list is fetched once and kept, like the C library's. */
const preopen_list *wmmap_preopens(void);

/* Opens a path below a directory. Returns 0, or the errno that it comes to. */
int wmmap_file_open_at(int32_t directory, int32_t path_flags, const char *path, size_t length, uint32_t rights,
                       int32_t *descriptor);

/* Each returns false if the descriptor is not open or the host cannot tell. */

/* The rights that the descriptor carries: bits of wmmap_rights. */
bool wmmap_file_rights(wmmap_file file, uint32_t *rights);
/* Whether it is a regular file, and its size in bytes. */
bool wmmap_file_regular_size(wmmap_file file, bool *is_regular, uint64_t *size);
/* What tells the file from all others: the `st_ino` of C libraries. */
bool wmmap_file_identity(wmmap_file file, uint64_t *identity);

#endif
