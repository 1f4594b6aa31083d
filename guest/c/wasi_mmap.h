/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * Memory-mapped files for C programs in WebAssembly components: the interface `wasi-mmap:mmap/mapping` of wit/mmap.wit,
 * which is the specification of every operation below.
 *
 * Compile wasi_mmap.c with the program, and tell the tool that makes the component about the world
 * `wasi-mmap:mmap/guest` of wit/. Sizes and offsets are bytes. Every function that can fail returns a wmmap_status.
 *
 * The functions are positional, like pread() and pwrite(): a mapping has no cursor.
 */
#ifndef WASI_MMAP_H
#define WASI_MMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What may be done with a mapping, and what becomes of a change: the `access` of the contract. */
typedef enum wmmap_access {
  WMMAP_READ,  /**< may be read only */
  WMMAP_WRITE, /**< changes reach the file */
  WMMAP_COPY   /**< changes are private to the mapping */
} wmmap_access;

/** How a range will be used: the `advice` of the contract. It changes speed, never what is read or stored. */
typedef enum wmmap_advice {
  WMMAP_NORMAL,
  WMMAP_RANDOM,
  WMMAP_SEQUENTIAL,
  WMMAP_WILL_NEED,
  WMMAP_DONT_NEED
} wmmap_advice;

/** MAP_SHARED or MAP_PRIVATE of POSIX: the `sharing` of the contract. */
typedef enum wmmap_sharing { WMMAP_SHARED, WMMAP_PRIVATE } wmmap_sharing;

/** PROT_READ, PROT_WRITE and PROT_EXEC of POSIX: the `protection` of the contract, a set of bits. */
typedef enum wmmap_protection {
  WMMAP_PROTECT_READ = 1,
  WMMAP_PROTECT_WRITE = 2,
  WMMAP_PROTECT_EXECUTE = 4
} wmmap_protection;

/** Success, then the `error-code` of the contract in its order. */
typedef enum wmmap_status {
  WMMAP_OK,
  WMMAP_ACCESS_DENIED,
  WMMAP_BAD_DESCRIPTOR,
  WMMAP_EMPTY_FILE,
  WMMAP_PAST_END,
  WMMAP_INVALID_ARGUMENT,
  WMMAP_READ_ONLY,
  WMMAP_OUT_OF_RANGE,
  WMMAP_NOT_RESIZABLE,
  WMMAP_BUSY,
  WMMAP_FAULT,
  WMMAP_NO_MEMORY,
  WMMAP_NO_SPACE,
  WMMAP_UNSUPPORTED,
  WMMAP_IO,
  /** Not of the contract: the path could not be opened, and errno says why. */
  WMMAP_CANNOT_OPEN
} wmmap_status;

/** Where nothing was found. */
#define WMMAP_NOT_FOUND UINT64_MAX

/** A mapping: the handle of the contract's resource. One that is all zero is not open. */
typedef struct wmmap_mapping {
  int32_t handle;
} wmmap_mapping;

/** An open file: the handle of a `wasi:filesystem` descriptor. One that is all zero stands for no file. */
typedef struct wmmap_file {
  int32_t handle;
} wmmap_file;

/** What a file is opened for: a set of bits. */
typedef enum wmmap_rights { WMMAP_CAN_READ = 1, WMMAP_CAN_WRITE = 2 } wmmap_rights;

/**
 * Maps a file.
 * @param path the file, below a directory that the host has granted; opened for no more than the access needs, and only
 *   for as long as the call takes. NULL maps zero-filled memory.
 * @param length how many bytes; 0 means to the end of the file
 * @param offset where in the file to begin: any byte
 * @param result receives the mapping; untouched on failure. Release it with wmmap_close().
 */
wmmap_status wmmap_open(const char *path, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result);

/** Maps a file that is open. The mapping does not need it afterwards. */
wmmap_status wmmap_map(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result);

/** The `mmap-posix` of the contract. @param protection bits of wmmap_protection */
wmmap_status wmmap_map_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                             uint64_t offset, wmmap_mapping *result);

/** Unmaps. Does nothing if the mapping is not open; afterwards it is not. */
void wmmap_close(wmmap_mapping *mapping);

uint64_t wmmap_length(wmmap_mapping mapping);
wmmap_access wmmap_get_access(wmmap_mapping mapping);
wmmap_status wmmap_file_size(wmmap_mapping mapping, uint64_t *size);

/** Copies into `target`, which has room for `length` bytes. The host writes there directly: there is one copy. */
wmmap_status wmmap_read(wmmap_mapping mapping, uint64_t offset, uint64_t length, void *target);
wmmap_status wmmap_write(wmmap_mapping mapping, uint64_t offset, size_t length, const void *source);
wmmap_status wmmap_move(wmmap_mapping mapping, uint64_t destination, uint64_t source, uint64_t length);
/** @param position receives the offset of the match, or WMMAP_NOT_FOUND */
wmmap_status wmmap_find(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                        uint64_t *position);
wmmap_status wmmap_rfind(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                         uint64_t *position);
wmmap_status wmmap_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length);
wmmap_status wmmap_resize(wmmap_mapping mapping, uint64_t length);
wmmap_status wmmap_advise(wmmap_mapping mapping, uint64_t offset, uint64_t length, wmmap_advice advice);

/** A region of the program's memory that shows pages of a file. One that is all zero is not attached. */
typedef struct wmmap_span {
  int32_t handle;
} wmmap_span;

/*
 * Spans: the interface `wasi-mmap:mmap/span`, and the world `wasi-mmap:mmap/guest-spans`. A program that calls none of
 * these functions does not import it.
 */

/** What a region's address and length and its place in the file have to be multiples of; 0 where there are no spans. */
uint32_t wmmap_granularity(void);
/** Puts pages of the mapping's file under `region`, which the caller has allocated for nothing else. */
wmmap_status wmmap_attach(wmmap_mapping mapping, uint64_t offset, void *region, size_t length, wmmap_span *result);
/** Takes them away again: the region reads as zeros. Does nothing if the span is not attached; afterwards it is not. */
void wmmap_detach(wmmap_span *span);
wmmap_status wmmap_span_flush(wmmap_span span, uint64_t offset, uint64_t length);
wmmap_status wmmap_span_advise(wmmap_span span, uint64_t offset, uint64_t length, wmmap_advice advice);
bool wmmap_span_faulted(wmmap_span span);

/**
 * Opens a file below a directory that the host has granted. Relative paths begin at the working directory.
 * @param rights bits of wmmap_rights: what the descriptor will carry
 */
wmmap_status wmmap_file_open(const char *path, uint32_t rights, wmmap_file *result);
/** Does nothing if the file is not open; afterwards it is not. */
void wmmap_file_close(wmmap_file *file);

/** The name of a status in the contract, such as "past-end". Never NULL. */
const char *wmmap_status_name(wmmap_status status);

#ifdef __cplusplus
}
#endif
#endif
