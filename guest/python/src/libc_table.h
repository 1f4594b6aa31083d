/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The table of open files of wasi-libc for WASI 0.2 (libc-bottom-half/headers/private/wasi/descriptor_table.h), as
 * componentize-py 0.25 has it (wasi-sdk-33). It is no public interface: newer ones hide it, and then the symbol is
 * NULL.
 */
#ifndef WASI_MMAP_LIBC_TABLE_H
#define WASI_MMAP_LIBC_TABLE_H

#include <stdint.h>

/* What the C library calls for a number. A pointer that the kind of file does not need is NULL. */
typedef struct {
  void (*free)(void *data);
  int (*get_read_stream)(void *data, void *result);
  int (*get_write_stream)(void *data, void *result);
  void *set_blocking, *fstat;
  int (*get_file)(void *data, int32_t *handle);
  int64_t (*seek)(void *data, int64_t distance, int whence);
  void (*close_streams)(void *data);
  void *get_flags;
  int (*set_flags)(void *data, int flags);
  void *isatty, *sockets[11];
  int (*poll_register)(void *data, void *state, short events);
  void *poll_finish;
} libc_operations;

typedef struct {
  void *data;
  libc_operations *operations;
} libc_entry;

/* Returns NULL and sets errno if the number is not open. */
extern libc_entry *descriptor_table_get_ref(int fd) __attribute__((weak));

#endif
