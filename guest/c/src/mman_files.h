/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The files of the C library as descriptors of `wasi:filesystem`, which the contract maps. */
#ifndef WASI_MMAN_FILES_H
#define WASI_MMAN_FILES_H

#include "abi.h"

#include <stdbool.h>
#include <wasi/api.h>

#define ADAPTER(name) IMPORT("wasi_snapshot_preview1", name)

ADAPTER("fd_fdstat_get") int32_t adapter_fdstat_get(int32_t fd, __wasi_fdstat_t *stat);

/* An open file, with a descriptor of its own. File numbers and mappings use it. */
typedef struct wmman_file {
  int32_t descriptor;
  size_t uses;
  bool granted;     /* of the preopens: the descriptor is not to be dropped */
  bool nonblocking; /* opened with O_NONBLOCK, which does nothing for a file on disk */
  bool has_id;
  uint64_t id; /* the file's identity, its st_ino */
} wmman_file;

/*
 * The file behind a number, with its identity. NULL with errno ENODEV (not a file that can be mapped) or ESTALE
 * (another process replaced the file while open() opened it).
 */
wmman_file *wmman_file_of(int32_t fd);

/* Ends a use of a file; NULL is none. */
void wmman_drop_file(wmman_file *file);

#endif
