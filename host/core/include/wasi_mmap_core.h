/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * The native core of wasi-mmap: one C ABI that every host adapter stands on.
 *
 * It implements the contract of wit/mmap.wit, which is the specification of every operation below; this header adds
 * only what a native caller must know beyond it.
 *
 * Threads: calls on one mapping must not overlap each other. Different mappings may be used from any threads at once.
 * Bytes reached through a region's address may be read and written at any time while the region is held.
 *
 * Faults: opening a mapping of a file installs a process-wide handler for what a lost page raises (the signal SIGBUS on
 * Linux, the exception EXCEPTION_IN_PAGE_ERROR on Windows; never removed, so the code must not be unloaded). Addresses
 * that are not ours go on to the handlers of others, those that were there before and those that came later: see
 * wmcore_install_fault_handler().
 */
#ifndef WASI_MMAP_CORE_H
#define WASI_MMAP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file of the operating system: a file descriptor (Linux) or a HANDLE (Windows). */
typedef intptr_t wmcore_file;

/** Stands for no file: zero-filled memory. */
#define WMCORE_NO_FILE ((wmcore_file)(-1))

/** The `access` of the contract. */
typedef enum wmcore_access { WMCORE_READ, WMCORE_WRITE, WMCORE_COPY } wmcore_access;

/** The `advice` of the contract. */
typedef enum wmcore_advice {
  WMCORE_NORMAL,
  WMCORE_RANDOM,
  WMCORE_SEQUENTIAL,
  WMCORE_WILL_NEED,
  WMCORE_DONT_NEED
} wmcore_advice;

/** The `sharing` of the contract. */
typedef enum wmcore_sharing { WMCORE_SHARED, WMCORE_PRIVATE } wmcore_sharing;

/** The `protection` of the contract: a set of bits, in the contract's order. */
typedef enum wmcore_protection {
  WMCORE_PROTECT_READ = 1,
  WMCORE_PROTECT_WRITE = 2,
  WMCORE_PROTECT_EXECUTE = 4
} wmcore_protection;

/** The `error-code` of the contract, in its order, behind success. */
typedef enum wmcore_status {
  WMCORE_OK,
  WMCORE_ACCESS_DENIED,
  WMCORE_BAD_DESCRIPTOR,
  WMCORE_EMPTY_FILE,
  WMCORE_PAST_END,
  WMCORE_INVALID_ARGUMENT,
  WMCORE_READ_ONLY,
  WMCORE_OUT_OF_RANGE,
  WMCORE_NOT_RESIZABLE,
  WMCORE_BUSY,
  WMCORE_FAULT,
  WMCORE_NO_MEMORY,
  WMCORE_NO_SPACE,
  WMCORE_UNSUPPORTED,
  WMCORE_IO
} wmcore_status;

/** Where nothing was found. */
#define WMCORE_NOT_FOUND UINT64_MAX

/** A mapping: the resource of the contract. */
typedef struct wmcore_mapping wmcore_mapping;

/** Mapped pages that stay mapped while anyone holds them. */
typedef struct wmcore_region wmcore_region;

/**
 * Maps a file, which is duplicated: the caller's own may be closed at once.
 * @param result receives the mapping; untouched on failure. Release it with wmcore_close().
 */
wmcore_status wmcore_open(wmcore_file file, uint64_t length, wmcore_access access, uint64_t offset,
                          wmcore_mapping **result);

/**
 * Maps zero-filled memory that processes share by a name: Win32's, the `tagname` of Python's mmap. The first one makes
 * it, and it goes with the last one's mapping. It cannot be resized; WMCORE_UNSUPPORTED on other systems.
 * Errors: WMCORE_INVALID_ARGUMENT (length 0, a name that cannot be), WMCORE_PAST_END (what is there is smaller),
 * WMCORE_BUSY (the name is that of something else), WMCORE_ACCESS_DENIED, WMCORE_NO_MEMORY.
 * @param name UTF-8. Win32 gives the prefixes "Local\" and "Global\" a meaning.
 */
wmcore_status wmcore_open_named(const char *name, uint64_t length, wmcore_access access, wmcore_mapping **result);

/** The `mmap-posix` of the contract. @param protection bits of wmcore_protection. */
wmcore_status wmcore_open_posix(wmcore_file file, uint64_t length, wmcore_sharing sharing, uint32_t protection,
                                uint64_t offset, wmcore_mapping **result);

/**
 * Puts our handler of faults first again where another part of the program has installed one in its place (Linux), and
 * keeps that one behind it. Every open does so too. Two system calls at most.
 */
wmcore_status wmcore_install_fault_handler(void);

/** How much memory of the host the mappings of some guests may take. From any thread. */
typedef struct wmcore_budget wmcore_budget;

/** Makes a budget of `bytes`, or NULL without memory. Release with wmcore_budget_release(); mappings keep it. */
wmcore_budget *wmcore_budget_create(uint64_t bytes);
void wmcore_budget_release(wmcore_budget *budget);

/**
 * Charges a mapping that was just opened, and all that it does from now on, to a budget:
 * - its page tables, a 512th of its length;
 * - memory without a file: its length;
 * - private pages of a file: what wmcore_write() and wmcore_move() store, in whole pages, each time, but at most the
 * length. Errors: WMCORE_NO_MEMORY (more than is left: close the mapping), WMCORE_INVALID_ARGUMENT (it is charged
 * already). Operations that would take more than is left are WMCORE_NO_MEMORY and change nothing.
 */
wmcore_status wmcore_charge(wmcore_mapping *mapping, wmcore_budget *budget);

/**
 * Drops the mapping. Its pages go at once unless a region is held, which from then on needs no descriptor. NULL is
 * allowed.
 */
void wmcore_close(wmcore_mapping *mapping);

uint64_t wmcore_length(const wmcore_mapping *mapping);
wmcore_access wmcore_get_access(const wmcore_mapping *mapping);
wmcore_status wmcore_file_size(const wmcore_mapping *mapping, uint64_t *size);

/** Tells whether wmcore_read() may be called for the range, for a caller that makes room only then. Touches no page. */
wmcore_status wmcore_may_read(const wmcore_mapping *mapping, uint64_t offset, uint64_t length);
/** Copies into `target`, which has room for `length` bytes and must not overlap the mapping. */
wmcore_status wmcore_read(wmcore_mapping *mapping, uint64_t offset, uint64_t length, void *target);
/** Copies from `source`, which may lie in any mapping. */
wmcore_status wmcore_write(wmcore_mapping *mapping, uint64_t offset, uint64_t length, const void *source);
wmcore_status wmcore_move(wmcore_mapping *mapping, uint64_t destination, uint64_t source, uint64_t length);
/** @param position receives the offset of the match, or WMCORE_NOT_FOUND. */
wmcore_status wmcore_find(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                          uint64_t end, uint64_t *position);
wmcore_status wmcore_rfind(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                           uint64_t end, uint64_t *position);
/**
 * wmcore_find() and wmcore_rfind() step by step, for a host that wants to stop between: a step looks at 64 MiB, or four
 * times the needle; holes of a sparse file cost next to nothing. It moves `*start` (of wmcore_rfind_step() `*end`) to
 * where the next one begins. @param done receives whether there is none: `position` is the answer.
 */
wmcore_status wmcore_find_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t *start,
                               uint64_t end, uint64_t *position, bool *done);
wmcore_status wmcore_rfind_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                                uint64_t *end, uint64_t *position, bool *done);
/** wmcore_move() step by step, 16 MiB each: sets the arguments to what is left to do, until `*length` is 0. */
wmcore_status wmcore_move_step(wmcore_mapping *mapping, uint64_t *destination, uint64_t *source, uint64_t *length);
wmcore_status wmcore_flush(wmcore_mapping *mapping, uint64_t offset, uint64_t length);
/** Regions that are held keep the pages they had. On Windows they make a file that gets shorter WMCORE_BUSY. On failure
 * the mapping may have moved. */
wmcore_status wmcore_resize(wmcore_mapping *mapping, uint64_t length);
/** WMCORE_NORMAL, WMCORE_RANDOM and WMCORE_SEQUENTIAL count for the whole mapping. */
wmcore_status wmcore_advise(wmcore_mapping *mapping, uint64_t offset, uint64_t length, wmcore_advice advice);

/**
 * Tells whether pages of the range are lost (WMCORE_FAULT) or whether the mapping has no such range
 * (WMCORE_OUT_OF_RANGE). An adapter that lets others touch a region's bytes asks afterwards.
 * @param clean receives whether the mapping has no lost page at all; may be NULL.
 */
wmcore_status wmcore_check(wmcore_mapping *mapping, uint64_t offset, uint64_t length, bool *clean);

/**
 * Counts the lost pages that anything in the process has run into: while it stands still, nothing that was read from
 * any region came from a lost page that had not been counted before. Valid for the life of the process; read only.
 */
const uint32_t *wmcore_fault_count(void);

/**
 * Holds the pages of the mapping, for an adapter that touches them itself within the mapping's access.
 * Release with wmcore_region_release().
 */
wmcore_region *wmcore_region_hold(wmcore_mapping *mapping);

/**
 * Holds pages that anyone may read *and write* without harm, to be lent to code that knows no access:
 * those of the mapping itself when it may be changed, else a second set in which a store stays private: it reaches
 * neither the file nor the mapping.
 */
wmcore_status wmcore_region_lend(wmcore_mapping *mapping, wmcore_region **result);

/** The address of the mapping's first byte. It does not change while the region is held. */
uint8_t *wmcore_region_bytes(const wmcore_region *region);
/** The size of the mapping in bytes when the region was made. */
uint64_t wmcore_region_length(const wmcore_region *region);
/** May be called from any thread. */
void wmcore_region_release(wmcore_region *region);

/**
 * A span of the contract: pages of a file in place of memory of the caller's.
 *
 * Only the caller knows the memory. It must be private to the process, readable and writable, never shared with other
 * threads in mid-call, stay where it is, and outlive the span or be announced with wmcore_span_abandon().
 */
typedef struct wmcore_span wmcore_span;

/** The granularity of the contract in bytes, or 0 where the system cannot put pages under memory that exists. */
uint32_t wmcore_span_granularity(void);

/** Whether wmcore_span_attach() has nothing against these arguments, of `region` its address alone. */
wmcore_status wmcore_may_attach(const wmcore_mapping *mapping, uint64_t offset, const void *region, uint64_t length);
/**
 * Puts pages of the mapping's file, with its access, in place of the memory at `region`; the order of errors is the
 * contract's. The mapping may be closed afterwards.
 * @param offset in the mapping. @param result receives the span; untouched on failure. Release with
 * wmcore_span_detach().
 */
wmcore_status wmcore_span_attach(wmcore_mapping *mapping, uint64_t offset, void *region, uint64_t length,
                                 wmcore_span **result);
/** Calls on one span must not overlap each other. */
wmcore_status wmcore_span_flush(wmcore_span *span, uint64_t offset, uint64_t length);
wmcore_status wmcore_span_advise(wmcore_span *span, uint64_t offset, uint64_t length, wmcore_advice advice);
bool wmcore_span_faulted(wmcore_span *span);
/** Says that the memory is about to go: the span touches no address any more. It still has to be detached. */
void wmcore_span_abandon(wmcore_span *span);
/** Ends the span. Its region is zero-filled memory again, unless it was abandoned. NULL is allowed. */
void wmcore_span_detach(wmcore_span *span);

/**
 * Memory of a guest that spans can lie in: `size` bytes of addresses from a multiple of the granularity on, none of
 * which can be used before wmcore_memory_commit(). The size is a multiple of the system's pages. For hosts that make
 * the memory of their guests. NULL if there are no such addresses.
 */
void *wmcore_memory_reserve(uint64_t size);
/** Makes `length` more bytes from `start` zero-filled memory. False: there is not enough of it. */
bool wmcore_memory_commit(void *start, uint64_t length);
/** Gives all addresses back; spans in them have been abandoned before. */
void wmcore_memory_release(void *memory, uint64_t size);

/** The number (errno, GetLastError) that the operating system gave for the last failure on this thread, or 0; forgets
 * it. For messages. */
int wmcore_system_error(void);

/** The name of a status in the contract, such as "past-end"; "ok" for WMCORE_OK. Never NULL. */
const char *wmcore_status_name(wmcore_status status);

/**
 * Finds a needle in memory, at memory speed and in linear time: the search behind wmcore_find() and wmcore_rfind().
 * @return the first (last) place, or NULL. An empty needle is found at the start (end).
 */
const uint8_t *wmcore_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);
const uint8_t *wmcore_search_reverse(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);

/** How many spans ended in this process that had lost pages, which read as zeros, without a call that told so. */
size_t wmcore_unnoticed_faults(void);

/** Mappings, regions and spans that exist in the process: what leak tests count. */
size_t wmcore_live_regions(void);

#ifdef __cplusplus
}
#endif
#endif
