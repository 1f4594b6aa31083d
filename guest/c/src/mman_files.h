/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The files of the C library as descriptors of `wasi:filesystem`, which the contract maps. */
#ifndef WASI_MMAN_FILES_H
#define WASI_MMAN_FILES_H

#include "abi.h"

#include <wasi/api.h>

#define ADAPTER(name) IMPORT("wasi_snapshot_preview1", name)

ADAPTER("fd_fdstat_get") int32_t adapter_fdstat_get(int32_t fd, __wasi_fdstat_t *stat);

/*
 * The descriptor behind the number of an open file, and the file's identity. 0 with errno ENODEV (not a file that can
 * be mapped) or ESTALE (another process replaced the file while open() opened it). The caller must not drop it.
 */
int32_t wmman_descriptor_of(int32_t fd, uint64_t *id);

#endif
