/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * Memory-mapped files for C programs in WebAssembly components: the interfaces `wasi-mmap:mmap/mapping` and `span` of
 * wit/mmap.wit, which is the specification of every operation below.
 *
 * Compile wasi_mmap.c with the program, and give the tool that makes the component the world `wasi-mmap:mmap/guest` or
 * `guest-spans` of wit/.
 *
 * Rules for every function:
 * - The functions are positional, like pread() and pwrite(): a mapping has no cursor.
 * - Sizes and offsets are bytes. A range `offset`, `length` lies inside a mapping when `offset <= size` and
 *   `length <= size - offset`.
 * - A function that can fail returns a wmmap_status, and leaves its results untouched unless that is WMMAP_OK. After an
 *   error other than WMMAP_FAULT, WMMAP_IO and WMMAP_NO_SPACE it has changed nothing.
 * - A mapping, span or file that is not open traps, except where a function accepts it.
 * - Handles belong to the component. Threads that share them must take turns.
 */
#ifndef WASI_MMAP_H
#define WASI_MMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The use of a mapping, and the effect of a change: the `access` of the contract. */
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
  WMMAP_ACCESS_DENIED,    /**< the descriptor lacks rights that the access needs, or the system refuses them */
  WMMAP_BAD_DESCRIPTOR,   /**< the descriptor is not open */
  WMMAP_EMPTY_FILE,       /**< the file is empty, and `length` is 0 */
  WMMAP_PAST_END,         /**< the range lies past the end of the file */
  WMMAP_INVALID_ARGUMENT, /**< an argument has no meaning here */
  WMMAP_READ_ONLY,        /**< the mapping may not be changed */
  WMMAP_OUT_OF_RANGE,     /**< the range does not lie inside the mapping */
  WMMAP_NOT_RESIZABLE,    /**< the mapping has another access than WMMAP_WRITE */
  WMMAP_BUSY,             /**< the file or mapping is in use */
  WMMAP_FAULT,            /**< a page cannot be reached: the file was truncated, or its storage failed */
  WMMAP_NO_MEMORY,        /**< no memory, address space or handles are left */
  WMMAP_NO_SPACE,         /**< no space is left on the device, or the file may not be that large */
  WMMAP_UNSUPPORTED,      /**< this system, host or kind of file cannot do it */
  WMMAP_IO,               /**< the device or file system failed */
  WMMAP_CANNOT_OPEN       /**< not of the contract: the path could not be opened; errno says why */
} wmmap_status;

/** The position of what was not found. */
#define WMMAP_NOT_FOUND UINT64_MAX

/** A mapping: the handle of the contract's resource. One that is all zero is not open. */
typedef struct wmmap_mapping {
  int32_t handle;
} wmmap_mapping;

/** An open file: the handle of a `wasi:filesystem` descriptor. One that is all zero stands for no file. */
typedef struct wmmap_file {
  int32_t handle;
} wmmap_file;

/** The rights with which a file is opened: a set of bits. */
typedef enum wmmap_rights { WMMAP_CAN_READ = 1, WMMAP_CAN_WRITE = 2 } wmmap_rights;

/**
 * Maps a file by its path. The file is opened with no more rights than the access needs, and closed before the function
 * returns.
 * @param path the file, below a directory that the host has granted; NULL maps zero-filled memory
 * @param length bytes to map, 0 to the end of the file; not 0 without a file
 * @param offset where in the file to begin: any byte from 0 to its size
 * @param result receives the mapping; release it with wmmap_close()
 *
 * Errors: WMMAP_CANNOT_OPEN, then those of wmmap_map().
 */
wmmap_status wmmap_open(const char *path, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result);

/**
 * Maps an open file. The mapping does not need the file afterwards. WMMAP_READ and WMMAP_COPY need the right to read,
 * WMMAP_WRITE the rights to read and write.
 * @param file the file; one that is all zero maps zero-filled memory
 * @param length bytes to map, 0 to the end of the file; not 0 without a file
 * @param offset where in the file to begin: any byte from 0 to its size
 * @param result receives the mapping; release it with wmmap_close()
 *
 * Errors, in the order in which they are looked for: WMMAP_INVALID_ARGUMENT (no file and `length` 0),
 * WMMAP_BAD_DESCRIPTOR, WMMAP_UNSUPPORTED (not a regular file), WMMAP_ACCESS_DENIED, WMMAP_EMPTY_FILE (`length` 0),
 * WMMAP_PAST_END, then the system's: WMMAP_NO_MEMORY, WMMAP_ACCESS_DENIED, WMMAP_BUSY, WMMAP_IO.
 */
wmmap_status wmmap_map(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result);

/**
 * Maps an open file in the terms of POSIX: the `mmap-posix` of the contract. A length past the end of the file is
 * allowed; touching a page that is not there yet is WMMAP_FAULT. A shared, writable mapping needs the rights to read
 * and write, any other the right to read.
 * @param protection bits of wmmap_protection
 *
 * Errors: those of wmmap_map(), without WMMAP_PAST_END unless `length` is 0; WMMAP_INVALID_ARGUMENT (offset and length
 * together pass 2^63-1); WMMAP_UNSUPPORTED (hosts on Windows; WMMAP_PROTECT_EXECUTE on some hosts, and always together
 * with WMMAP_PROTECT_WRITE).
 */
wmmap_status wmmap_map_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                             uint64_t offset, wmmap_mapping *result);

/**
 * Unmaps, without a flush, and makes `*mapping` all zero. Does nothing if it is not open. What was written to a
 * WMMAP_WRITE mapping is in the file already.
 */
void wmmap_close(wmmap_mapping *mapping);

/** The size of the mapping in bytes, as asked for or last resized. */
uint64_t wmmap_length(wmmap_mapping mapping);

/** The access of the mapping; for one of wmmap_map_posix() the access with the same effect. */
wmmap_access wmmap_get_access(wmmap_mapping mapping);

/**
 * The size of the file in bytes now, which may be more or less than what is mapped. Without a file it is the size of
 * the mapping.
 *
 * Errors: WMMAP_IO.
 */
wmmap_status wmmap_file_size(wmmap_mapping mapping, uint64_t *size);

/**
 * Copies exactly `length` bytes out of the mapping, 16 MiB in each call of the host.
 * @param target room for `length` bytes; the host writes there directly, so there is one copy. After WMMAP_FAULT some
 *   of them may have been written
 *
 * Errors: WMMAP_OUT_OF_RANGE, WMMAP_ACCESS_DENIED (made by wmmap_map_posix() without any right), WMMAP_FAULT,
 * WMMAP_NO_MEMORY (more than memory has addresses).
 */
wmmap_status wmmap_read(wmmap_mapping mapping, uint64_t offset, uint64_t length, void *target);

/**
 * Copies `length` bytes into the mapping, 16 MiB in each call of the host: all of them, or none if the range is
 * refused. After WMMAP_FAULT, WMMAP_NO_MEMORY and WMMAP_NO_SPACE some may have been written.
 *
 * Errors: WMMAP_READ_ONLY, WMMAP_OUT_OF_RANGE, WMMAP_FAULT, WMMAP_NO_MEMORY (private pages), WMMAP_NO_SPACE (only
 * through the polyfill, which writes to the file at once).
 */
wmmap_status wmmap_write(wmmap_mapping mapping, uint64_t offset, size_t length, const void *source);

/**
 * Copies `length` bytes inside the mapping, from the offset `source` to the offset `destination`, like memmove(): the
 * ranges may overlap.
 *
 * Errors: WMMAP_READ_ONLY, WMMAP_OUT_OF_RANGE (either range), WMMAP_FAULT, WMMAP_NO_MEMORY (private pages).
 */
wmmap_status wmmap_move(wmmap_mapping mapping, uint64_t destination, uint64_t source, uint64_t length);

/**
 * Finds the first place where the needle lies wholly inside `start..end`. `end` is cut to the size of the mapping; an
 * empty needle is found at `start`, unless that lies past the cut `end`. Takes linear time.
 * @param needle_length in bytes. Past 16 MiB, where hosts limit lists, the program searches too: it allocates four
 * times the length, and copies the range from the first place where the needle can be
 * @param position receives the offset of the match in the mapping, or WMMAP_NOT_FOUND
 *
 * Errors: WMMAP_ACCESS_DENIED (as wmmap_read()), WMMAP_FAULT (the search reached a lost page before it could answer),
 * WMMAP_NO_MEMORY (for a needle of more than 16 MiB).
 */
wmmap_status wmmap_find(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                        uint64_t *position);

/** As wmmap_find(), for the last place. An empty needle is found at the cut `end`. */
wmmap_status wmmap_rfind(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                         uint64_t *position);

/**
 * Returns when the changed bytes of the range have been handed to the storage device. The host widens the range to
 * whole pages. With `length` 0, and on a mapping that is not WMMAP_WRITE, only the range is checked.
 *
 * Errors: WMMAP_OUT_OF_RANGE, WMMAP_FAULT, WMMAP_NO_SPACE, WMMAP_IO.
 */
wmmap_status wmmap_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length);

/**
 * Begins to store the changed bytes of the range on the storage device, and does not wait: a later wmmap_flush() waits
 * less. Ranges and errors as for wmmap_flush().
 */
wmmap_status wmmap_start_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length);

/**
 * Sets the size of the mapping and of the file, which then ends where the mapping does. New bytes are zero. After an
 * error the mapping has its old size.
 * @param length the new size, at least 1
 *
 * Errors: WMMAP_NOT_RESIZABLE, WMMAP_INVALID_ARGUMENT (0, or past the largest offset of a file), WMMAP_NO_SPACE,
 * WMMAP_NO_MEMORY, WMMAP_BUSY (hosts on Windows: mapped elsewhere), WMMAP_IO.
 */
wmmap_status wmmap_resize(wmmap_mapping mapping, uint64_t length);

/**
 * Says how a range will be used. A range that reaches past the end is cut to it.
 * @param offset any offset below the size of the mapping
 *
 * Errors: WMMAP_OUT_OF_RANGE (the offset is not inside the mapping), WMMAP_NO_MEMORY, WMMAP_IO.
 */
wmmap_status wmmap_advise(wmmap_mapping mapping, uint64_t offset, uint64_t length, wmmap_advice advice);

/**
 * Returns when the bytes of the range are in memory, so that accesses that follow soon need not wait for the storage
 * device.
 *
 * Errors: WMMAP_ACCESS_DENIED (as wmmap_read()), WMMAP_OUT_OF_RANGE, WMMAP_FAULT, WMMAP_NO_MEMORY, WMMAP_IO.
 */
wmmap_status wmmap_populate(wmmap_mapping mapping, uint64_t offset, uint64_t length);

/**
 * How many bytes of the range are in memory now. A system that keeps the answer secret says that all are.
 * @param bytes receives the number; untouched after an error
 *
 * Errors: WMMAP_ACCESS_DENIED (as wmmap_read()), WMMAP_OUT_OF_RANGE, WMMAP_FAULT, WMMAP_NO_MEMORY, WMMAP_UNSUPPORTED
 * (hosts on Windows, and the polyfill).
 */
wmmap_status wmmap_resident(wmmap_mapping mapping, uint64_t offset, uint64_t length, uint64_t *bytes);

/**
 * Loads the whole mapping, and keeps it in memory until wmmap_munlock(), wmmap_resize() or wmmap_close(). The host may
 * charge its bytes to the memory that guests may take. A second call does nothing.
 *
 * Errors: WMMAP_ACCESS_DENIED (as wmmap_read(); or the host may lock nothing), WMMAP_FAULT, WMMAP_NO_MEMORY (more than
 * the host allows), WMMAP_UNSUPPORTED (the polyfill).
 */
wmmap_status wmmap_mlock(wmmap_mapping mapping);

/** Ends wmmap_mlock(). Errors: WMMAP_UNSUPPORTED (the polyfill), WMMAP_IO. */
wmmap_status wmmap_munlock(wmmap_mapping mapping);

/*
 * Spans: the interface `wasi-mmap:mmap/span`, and the world `wasi-mmap:mmap/guest-spans`. A program that calls none of
 * these functions does not import it.
 */

/**
 * A region of the program's memory that shows pages of a file. One that is all zero is not attached. A region of more
 * than 16 MiB consists of several spans of the contract, because hosts limit the lists that a call passes.
 */
typedef struct wmmap_span {
  int32_t handle;  /**< of the first 16 MiB */
  size_t length;   /**< of the region, in bytes */
  int32_t *others; /**< the handles of the following 16 MiB each; NULL if there are none */
} wmmap_span;

/**
 * The unit of a region's address, of its length and of its place in the file: a power of two, in bytes. 0 if the host
 * has no spans.
 */
uint32_t wmmap_granularity(void);

/**
 * Puts pages of the mapping's file under a region. A load past the end of the file then finds zeros, and a store there
 * is lost; see wmmap_span_faulted(). The span does not need the mapping afterwards.
 * @param offset where in the mapping the region begins; with the mapping's own offset a multiple of the granularity
 * @param region memory that was allocated for nothing else; its bytes are lost, and it must not be freed before
 *   wmmap_detach()
 * @param length the size of the region, a multiple of the granularity
 * @param result receives the span; release it with wmmap_detach()
 *
 * Errors, in the order in which they are looked for: WMMAP_UNSUPPORTED (no spans, no file, or memory that could move or
 * that threads share), WMMAP_ACCESS_DENIED (the mapping may not be read), WMMAP_INVALID_ARGUMENT (an empty region, or
 * not a multiple of the granularity), WMMAP_OUT_OF_RANGE (the region reaches past the mapping's end, rounded up to the
 * granularity), WMMAP_BUSY (the region overlaps a span), then the system's: WMMAP_NO_MEMORY, WMMAP_ACCESS_DENIED,
 * WMMAP_IO. After an error, a region of more than 16 MiB may have lost bytes.
 */
wmmap_status wmmap_attach(wmmap_mapping mapping, uint64_t offset, void *region, size_t length, wmmap_span *result);

/**
 * Takes the pages away and makes `*span` all zero: the region reads as zeros, and is the program's again. Does nothing
 * if the span is not attached.
 */
void wmmap_detach(wmmap_span *span);

/**
 * As wmmap_flush(); `offset` counts from the start of the region.
 *
 * Errors: WMMAP_OUT_OF_RANGE, WMMAP_FAULT (pages of the range are not there, or were lost), WMMAP_NO_SPACE, WMMAP_IO.
 */
wmmap_status wmmap_span_flush(wmmap_span span, uint64_t offset, uint64_t length);

/**
 * As wmmap_advise(); `offset` counts from the start of the region, and is below its size.
 *
 * Errors: WMMAP_OUT_OF_RANGE, WMMAP_NO_MEMORY, WMMAP_IO.
 */
wmmap_status wmmap_span_advise(wmmap_span span, uint64_t offset, uint64_t length, wmmap_advice advice);

/** Whether any access ever touched a page of the region that was not there. It stays true until wmmap_detach(). */
bool wmmap_span_faulted(wmmap_span span);

/**
 * Opens a file below a directory that the host has granted. Relative paths begin at the working directory; symbolic
 * links are followed.
 * @param rights bits of wmmap_rights, which the descriptor will carry
 * @param result receives the file; release it with wmmap_file_close()
 *
 * Errors: WMMAP_CANNOT_OPEN, with errno (such as ENOENT, also where no granted directory holds the path).
 */
wmmap_status wmmap_file_open(const char *path, uint32_t rights, wmmap_file *result);

/** Closes the file and makes `*file` all zero. Does nothing if it is not open. Mappings of it remain. */
void wmmap_file_close(wmmap_file *file);

/** The name of a status in the contract, such as "past-end"; "ok", "cannot-open" or "unknown" otherwise. Never NULL. */
const char *wmmap_status_name(wmmap_status status);

#ifdef __cplusplus
}
#endif
#endif
