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
 * wmmap_guard().
 */
#ifndef WASI_MMAP_H
#define WASI_MMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file of the operating system: a file descriptor (Linux) or a HANDLE (Windows). */
typedef intptr_t wmmap_file;

/** Stands for no file: zero-filled memory. */
#define WMMAP_NO_FILE ((wmmap_file)(-1))

/** The `access` of the contract. */
typedef enum wmmap_access { WMMAP_READ, WMMAP_WRITE, WMMAP_COPY } wmmap_access;

/** The `advice` of the contract. */
typedef enum wmmap_advice {
  WMMAP_NORMAL,
  WMMAP_RANDOM,
  WMMAP_SEQUENTIAL,
  WMMAP_WILL_NEED,
  WMMAP_DONT_NEED
} wmmap_advice;

/** The `sharing` of the contract. */
typedef enum wmmap_sharing { WMMAP_SHARED, WMMAP_PRIVATE } wmmap_sharing;

/** The `protection` of the contract: a set of bits, in the contract's order. */
typedef enum wmmap_protection {
  WMMAP_PROTECT_READ = 1,
  WMMAP_PROTECT_WRITE = 2,
  WMMAP_PROTECT_EXECUTE = 4
} wmmap_protection;

/** The `error-code` of the contract, in its order, behind success. */
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
  WMMAP_IO
} wmmap_status;

/** Where nothing was found. */
#define WMMAP_NOT_FOUND UINT64_MAX

/** A mapping: the resource of the contract. */
typedef struct wmmap_mapping wmmap_mapping;

/** Mapped pages that stay mapped while anyone holds them. */
typedef struct wmmap_region wmmap_region;

/**
 * Maps a file, which is duplicated: the caller's own may be closed at once.
 * @param result receives the mapping; untouched on failure. Release it with wmmap_close().
 */
wmmap_status wmmap_open(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping **result);

/**
 * Maps zero-filled memory that processes share by a name: Win32's, the `tagname` of Python's mmap. The first one makes
 * it, and it goes with the last one's mapping. It cannot be resized; WMMAP_UNSUPPORTED on other systems.
 * Errors: WMMAP_INVALID_ARGUMENT (length 0, a name that cannot be), WMMAP_PAST_END (what is there is smaller),
 * WMMAP_BUSY (the name is that of something else), WMMAP_ACCESS_DENIED, WMMAP_NO_MEMORY.
 * @param name UTF-8. Win32 gives the prefixes "Local\" and "Global\" a meaning.
 */
wmmap_status wmmap_open_named(const char *name, uint64_t length, wmmap_access access, wmmap_mapping **result);

/** The `mmap-posix` of the contract. @param protection bits of wmmap_protection. */
wmmap_status wmmap_open_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                              uint64_t offset, wmmap_mapping **result);

/**
 * Puts our handler of faults first again where another part of the program has installed one in its place (Linux), and
 * keeps that one behind it. Every open does so too. Two system calls at most.
 */
wmmap_status wmmap_guard(void);

/** How much memory of the host the mappings of some guests may take. From any thread. */
typedef struct wmmap_budget wmmap_budget;

/** Makes a budget of `bytes`, or NULL without memory. Release with wmmap_budget_release(); mappings keep it. */
wmmap_budget *wmmap_budget_create(uint64_t bytes);
void wmmap_budget_release(wmmap_budget *budget);

/**
 * Charges a mapping that was just opened, and all that it does from now on, to a budget:
 * - its page tables, a 512th of its length;
 * - memory without a file: its length;
 * - private pages of a file: what wmmap_write() and wmmap_move() store, in whole pages, each time, but at most the
 * length. Errors: WMMAP_NO_MEMORY (more than is left: close the mapping), WMMAP_INVALID_ARGUMENT (it is charged
 * already). Operations that would take more than is left are WMMAP_NO_MEMORY and change nothing.
 */
wmmap_status wmmap_charge(wmmap_mapping *mapping, wmmap_budget *budget);

/**
 * Drops the mapping. Its pages go at once unless a region is held, which from then on needs no descriptor. NULL is
 * allowed.
 */
void wmmap_close(wmmap_mapping *mapping);

uint64_t wmmap_length(const wmmap_mapping *mapping);
wmmap_access wmmap_get_access(const wmmap_mapping *mapping);
wmmap_status wmmap_file_size(const wmmap_mapping *mapping, uint64_t *size);

/** Tells whether wmmap_read() may be called for the range, for a caller that makes room only then. Touches no page. */
wmmap_status wmmap_may_read(const wmmap_mapping *mapping, uint64_t offset, uint64_t length);
/** Copies into `target`, which has room for `length` bytes and must not overlap the mapping. */
wmmap_status wmmap_read(wmmap_mapping *mapping, uint64_t offset, uint64_t length, void *target);
/** Copies from `source`, which may lie in any mapping. */
wmmap_status wmmap_write(wmmap_mapping *mapping, uint64_t offset, uint64_t length, const void *source);
wmmap_status wmmap_move(wmmap_mapping *mapping, uint64_t destination, uint64_t source, uint64_t length);
/** @param position receives the offset of the match, or WMMAP_NOT_FOUND. */
wmmap_status wmmap_find(wmmap_mapping *mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                        uint64_t *position);
wmmap_status wmmap_rfind(wmmap_mapping *mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                         uint64_t *position);
/**
 * wmmap_find() and wmmap_rfind() step by step, for a host that wants to stop between: a step looks at 64 MiB, or four
 * times the needle; holes of a sparse file cost next to nothing. It moves `*start` (of wmmap_rfind_step() `*end`) to
 * where the next one begins. @param done receives whether there is none: `position` is the answer.
 */
wmmap_status wmmap_find_step(wmmap_mapping *mapping, const void *needle, size_t needle_length, uint64_t *start,
                             uint64_t end, uint64_t *position, bool *done);
wmmap_status wmmap_rfind_step(wmmap_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                              uint64_t *end, uint64_t *position, bool *done);
/** wmmap_move() step by step, 16 MiB each: sets the arguments to what is left to do, until `*length` is 0. */
wmmap_status wmmap_move_step(wmmap_mapping *mapping, uint64_t *destination, uint64_t *source, uint64_t *length);
wmmap_status wmmap_flush(wmmap_mapping *mapping, uint64_t offset, uint64_t length);
/** Regions that are held keep the pages they had. On Windows they make a file that gets shorter WMMAP_BUSY. On failure
 * the mapping may have moved. */
wmmap_status wmmap_resize(wmmap_mapping *mapping, uint64_t length);
/** WMMAP_NORMAL, WMMAP_RANDOM and WMMAP_SEQUENTIAL count for the whole mapping. */
wmmap_status wmmap_advise(wmmap_mapping *mapping, uint64_t offset, uint64_t length, wmmap_advice advice);

/**
 * Tells whether pages of the range are lost (WMMAP_FAULT) or whether the mapping has no such range
 * (WMMAP_OUT_OF_RANGE). An adapter that lets others touch a region's bytes asks afterwards.
 * @param clean receives whether the mapping has no lost page at all; may be NULL.
 */
wmmap_status wmmap_check(wmmap_mapping *mapping, uint64_t offset, uint64_t length, bool *clean);

/**
 * Counts the lost pages that anything in the process has run into: while it stands still, nothing that was read from
 * any region came from a lost page that had not been counted before. Valid for the life of the process; read only.
 */
const uint32_t *wmmap_fault_count(void);

/**
 * Holds the pages of the mapping, for an adapter that touches them itself within the mapping's access.
 * Release with wmmap_region_release().
 */
wmmap_region *wmmap_region_hold(wmmap_mapping *mapping);

/**
 * Holds pages that anyone may read *and write* without harm, to be lent to code that knows no access:
 * those of the mapping itself when it may be changed, else a second set in which a store stays private: it reaches
 * neither the file nor the mapping.
 */
wmmap_status wmmap_region_lend(wmmap_mapping *mapping, wmmap_region **result);

/** The address of the mapping's first byte. It does not change while the region is held. */
uint8_t *wmmap_region_bytes(const wmmap_region *region);
/** The size of the mapping in bytes when the region was made. */
uint64_t wmmap_region_length(const wmmap_region *region);
/** May be called from any thread. */
void wmmap_region_release(wmmap_region *region);

/**
 * A span of the contract: pages of a file in place of memory of the caller's.
 *
 * Only the caller knows the memory. It must be private to the process, readable and writable, never shared with other
 * threads in mid-call, stay where it is, and outlive the span or be announced with wmmap_span_abandon().
 */
typedef struct wmmap_span wmmap_span;

/** The granularity of the contract in bytes, or 0 where the system cannot put pages under memory that exists. */
uint32_t wmmap_span_granularity(void);

/** Whether wmmap_span_attach() has nothing against these arguments, of `region` its address alone. */
wmmap_status wmmap_may_attach(const wmmap_mapping *mapping, uint64_t offset, const void *region, uint64_t length);
/**
 * Puts pages of the mapping's file, with its access, in place of the memory at `region`; the order of errors is the
 * contract's. The mapping may be closed afterwards.
 * @param offset in the mapping. @param result receives the span; untouched on failure. Release with
 * wmmap_span_detach().
 */
wmmap_status wmmap_span_attach(wmmap_mapping *mapping, uint64_t offset, void *region, uint64_t length,
                               wmmap_span **result);
/** Calls on one span must not overlap each other. */
wmmap_status wmmap_span_flush(wmmap_span *span, uint64_t offset, uint64_t length);
wmmap_status wmmap_span_advise(wmmap_span *span, uint64_t offset, uint64_t length, wmmap_advice advice);
bool wmmap_span_faulted(wmmap_span *span);
/** Says that the memory is about to go: the span touches no address any more. It still has to be detached. */
void wmmap_span_abandon(wmmap_span *span);
/** Ends the span. Its region is zero-filled memory again, unless it was abandoned. NULL is allowed. */
void wmmap_span_detach(wmmap_span *span);

/**
 * Memory of a guest that spans can lie in: `size` bytes of addresses from a multiple of the granularity on, none of
 * which can be used before wmmap_memory_allow(). The size is a multiple of the system's pages. For hosts that make the
 * memory of their guests. NULL if there are no such addresses.
 */
void *wmmap_memory_reserve(uint64_t size);
/** Makes `length` more bytes from `start` zero-filled memory. False: there is not enough of it. */
bool wmmap_memory_allow(void *start, uint64_t length);
/** Gives all addresses back; spans in them have been abandoned before. */
void wmmap_memory_release(void *memory, uint64_t size);

/** The number (errno, GetLastError) that the operating system gave for the last failure on this thread, or 0; forgets
 * it. For messages. */
int wmmap_system_error(void);

/** The name of a status in the contract, such as "past-end"; "ok" for WMMAP_OK. Never NULL. */
const char *wmmap_status_name(wmmap_status status);

/**
 * Finds a needle in memory, at memory speed and in linear time: the search behind wmmap_find() and wmmap_rfind().
 * @return the first (last) place, or NULL. An empty needle is found at the start (end).
 */
const uint8_t *wmmap_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);
const uint8_t *wmmap_search_reverse(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);

/** How many spans ended in this process that had lost pages, which read as zeros, without a call that told so. */
size_t wmmap_unnoticed_faults(void);

/** Mappings, regions and spans that exist in the process: what leak tests count. */
size_t wmmap_live_regions(void);

#ifdef __cplusplus
}
#endif
#endif
