/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * The C interface of the native core, which every host adapter calls.
 *
 * The core implements the contract, wit/mmap.wit, which specifies each operation below and its errors. This header adds
 * only what a native caller must know beyond it.
 *
 * Threads: calls on one mapping must not overlap, except for those of threads that have stepped aside: see
 * wmcore_step_aside(). Different mappings may be used from any threads at the same time.
 * The bytes of a region may be read and written at any time while the region is held.
 *
 * Faults: mapping a file installs a process-wide handler for the fault of a lost page (the signal SIGBUS on Linux, the
 * exception EXCEPTION_IN_PAGE_ERROR on Windows). It is never removed, so the code must not be unloaded. Faults at other
 * addresses go to the handlers of other parts of the program: see wmcore_install_fault_handler().
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

/** The `error-code` of the contract, in its order, after success. */
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

/**
 * The caller's rights to a file: those of a guest's descriptor, which may be fewer than those that the system's file
 * was opened with.
 */
typedef enum wmcore_rights {
  WMCORE_RIGHT_READ = 1,
  WMCORE_RIGHT_WRITE = 2,
  WMCORE_ALL_RIGHTS = WMCORE_RIGHT_READ | WMCORE_RIGHT_WRITE
} wmcore_rights;

/** The position of a search without a match. */
#define WMCORE_NOT_FOUND UINT64_MAX

/** A mapping: the resource of the contract. */
typedef struct wmcore_mapping wmcore_mapping;

/** Pages that stay mapped until their last holder releases them. */
typedef struct wmcore_region wmcore_region;

/**
 * Maps a file, which is duplicated: the caller's own may be closed at once. The kind of the file is checked before its
 * rights, and its rights before its size.
 * @param rights bits of wmcore_rights; of no use without a file.
 * @param result receives the mapping; untouched on failure. Release it with wmcore_close().
 */
wmcore_status wmcore_open(wmcore_file file, uint32_t rights, uint64_t length, wmcore_access access, uint64_t offset,
                          wmcore_mapping **result);

/**
 * Maps zero-filled memory that processes share by a name: Win32's, the `tagname` of Python's mmap. The first caller
 * creates it, and it lives as long as its last mapping. It cannot be resized.
 * Errors: WMCORE_INVALID_ARGUMENT (length 0, invalid name), WMCORE_PAST_END (the existing memory is smaller),
 * WMCORE_BUSY (the name belongs to another kind of object), WMCORE_ACCESS_DENIED, WMCORE_NO_MEMORY, WMCORE_UNSUPPORTED
 * (not Windows).
 * @param name UTF-8. Win32 gives the prefixes "Local\" and "Global\" a meaning.
 */
wmcore_status wmcore_open_named(const char *name, uint64_t length, wmcore_access access, wmcore_mapping **result);

/** The `mmap-posix` of the contract. @param protection bits of wmcore_protection. */
wmcore_status wmcore_open_posix(wmcore_file file, uint32_t rights, uint64_t length, wmcore_sharing sharing,
                                uint32_t protection, uint64_t offset, wmcore_mapping **result);

/**
 * Makes the core's fault handler the first one again if another part of the program has replaced it (Linux), and chains
 * to that one. Every open does so too. At most two system calls.
 */
wmcore_status wmcore_install_fault_handler(void);

/** The memory of the host that the mappings of some guests may take. May be used from any thread. */
typedef struct wmcore_budget wmcore_budget;

/** Creates a budget of `bytes`; NULL if there is no memory. Release it with wmcore_budget_release(); mappings hold it
 * too. */
wmcore_budget *wmcore_budget_create(uint64_t bytes);
void wmcore_budget_release(wmcore_budget *budget);
/** The bytes of a budget that mappings take now. */
uint64_t wmcore_budget_used(const wmcore_budget *budget);
/** The most bytes that mappings took from a budget at one time. */
uint64_t wmcore_budget_peak(const wmcore_budget *budget);

/**
 * Charges a mapping that was just opened, and its later operations, to a budget:
 * - its page tables, a 512th of its length;
 * - memory without a file: its length;
 * - private pages of a file: the whole pages that wmcore_write() and wmcore_move() touch, each time, but at most the
 * length. Errors: WMCORE_NO_MEMORY (the budget has too few bytes: close the mapping), WMCORE_INVALID_ARGUMENT (it is
 * charged already). Later operations that would exceed the budget return WMCORE_NO_MEMORY and change nothing.
 */
wmcore_status wmcore_charge(wmcore_mapping *mapping, wmcore_budget *budget);

/**
 * Closes the mapping. Its pages are unmapped at once unless a region is held; a region needs no descriptor. NULL is
 * allowed.
 */
void wmcore_close(wmcore_mapping *mapping);

uint64_t wmcore_length(const wmcore_mapping *mapping);
wmcore_access wmcore_get_access(const wmcore_mapping *mapping);
wmcore_status wmcore_file_size(const wmcore_mapping *mapping, uint64_t *size);

/** Checks the arguments of wmcore_read(), for a caller that allocates the target afterwards. Touches no page. */
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
 * wmcore_find() and wmcore_rfind() in steps, between which a host can stop. A step inspects 64 MiB, or four times the
 * needle if that is more, and skips the holes of a sparse file. It moves `*start` (wmcore_rfind_step(): `*end`) to the
 * start of the next step. @param done receives true after the last step: `position` holds the result.
 */
wmcore_status wmcore_find_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t *start,
                               uint64_t end, uint64_t *position, bool *done);
wmcore_status wmcore_rfind_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                                uint64_t *end, uint64_t *position, bool *done);
/** wmcore_move() in steps of 16 MiB: updates the arguments to the rest, until `*length` is 0. */
wmcore_status wmcore_move_step(wmcore_mapping *mapping, uint64_t *destination, uint64_t *source, uint64_t *length);
wmcore_status wmcore_flush(wmcore_mapping *mapping, uint64_t offset, uint64_t length);
wmcore_status wmcore_start_flush(wmcore_mapping *mapping, uint64_t offset, uint64_t length);
/** Held regions keep their pages. On Windows a held region makes shrinking WMCORE_BUSY. The address of the mapping may
 * change, also on failure. */
wmcore_status wmcore_resize(wmcore_mapping *mapping, uint64_t length);
/** WMCORE_NORMAL, WMCORE_RANDOM and WMCORE_SEQUENTIAL apply to the whole mapping. */
wmcore_status wmcore_advise(wmcore_mapping *mapping, uint64_t offset, uint64_t length, wmcore_advice advice);
wmcore_status wmcore_populate(wmcore_mapping *mapping, uint64_t offset, uint64_t length);
/** wmcore_populate() in steps of 16 MiB: updates the arguments to the rest, until `*length` is 0. */
wmcore_status wmcore_populate_step(wmcore_mapping *mapping, uint64_t *offset, uint64_t *length);
/** @param bytes receives the bytes of the range that are in memory. */
wmcore_status wmcore_resident(wmcore_mapping *mapping, uint64_t offset, uint64_t length, uint64_t *bytes);
/** wmcore_resident() in steps of 16 MiB: adds to `*bytes`, and updates the range to the rest, until `*length` is 0. */
wmcore_status wmcore_resident_step(wmcore_mapping *mapping, uint64_t *offset, uint64_t *length, uint64_t *bytes);
/** Charges all bytes of the mapping to its budget while they are locked. */
wmcore_status wmcore_mlock(wmcore_mapping *mapping);
wmcore_status wmcore_munlock(wmcore_mapping *mapping);

/**
 * Lets the calls of this thread overlap those of another one on the same mapping, or ends that. Only these calls may
 * overlap, and neither wmcore_resize() nor wmcore_close(): wmcore_read(), the searches, wmcore_file_size(),
 * wmcore_flush(), wmcore_start_flush(), wmcore_populate(), wmcore_resident(), and their steps. They report lost pages
 * that the file covers again as lost: only the other thread brings them back.
 */
void wmcore_step_aside(bool aside);

/** The size of a page, and the granularity of the addresses of mappings, in bytes: powers of two. */
uint64_t wmcore_page_size(void);
uint64_t wmcore_granularity(void);

/**
 * Checks a range for lost pages, after code outside of the core has touched the bytes of a region.
 * Errors: WMCORE_FAULT (a page of the range is lost), WMCORE_OUT_OF_RANGE (the range is not inside the mapping).
 * @param clean receives whether no page of the whole mapping is lost; may be NULL.
 */
wmcore_status wmcore_check(wmcore_mapping *mapping, uint64_t offset, uint64_t length, bool *clean);

/**
 * A counter of the faults on lost pages in this process. While it does not change, no byte that was read from a region
 * came from a page that was lost since. Valid for the life of the process; read only.
 */
const uint32_t *wmcore_fault_count(void);

/**
 * Holds the pages of the mapping, for an adapter that touches them itself and respects the mapping's access.
 * Release with wmcore_region_release().
 */
wmcore_region *wmcore_region_hold(wmcore_mapping *mapping);

/**
 * Holds pages for code that does not know the access of the mapping: all of them can be read and written. These are the
 * pages of the mapping itself if its access allows stores, otherwise private copies of them: a store reaches neither
 * the file nor the mapping.
 */
wmcore_status wmcore_region_lend(wmcore_mapping *mapping, wmcore_region **result);

/** The address of the mapping's first byte. It does not change while the region is held. */
uint8_t *wmcore_region_bytes(const wmcore_region *region);
/** The size of the mapping in bytes when the region was made. */
uint64_t wmcore_region_length(const wmcore_region *region);
/** May be called from any thread. */
void wmcore_region_release(wmcore_region *region);

/**
 * A span of the contract: pages of a file in place of memory of the caller.
 *
 * Only the caller knows the memory. It must be private to the process, readable and writable, not used by other threads
 * during a call, and never move. It must outlive the span, or the caller must call wmcore_span_abandon() first.
 */
typedef struct wmcore_span wmcore_span;

/** The granularity of the contract in bytes, or 0 if the system cannot replace existing memory by pages of a file. */
uint32_t wmcore_span_granularity(void);

/**
 * Checks the arguments of wmcore_span_attach(). Only the address of `region` is used: that in the guest's memory, which
 * must be a multiple of the granularity of the contract.
 */
wmcore_status wmcore_may_attach(const wmcore_mapping *mapping, uint64_t offset, const void *region, uint64_t length);
/**
 * Replaces the memory at `region` by pages of the mapping's file, with the access of the mapping. The mapping may be
 * closed afterwards.
 * @param offset in the mapping. @param region at a multiple of the allocation granularity of the system, which is all
 * that engines align memory to. @param result receives the span; untouched on failure. Release with
 * wmcore_span_detach().
 */
wmcore_status wmcore_span_attach(wmcore_mapping *mapping, uint64_t offset, void *region, uint64_t length,
                                 wmcore_span **result);
/** Calls on one span must not overlap each other. */
wmcore_status wmcore_span_flush(wmcore_span *span, uint64_t offset, uint64_t length);
wmcore_status wmcore_span_advise(wmcore_span *span, uint64_t offset, uint64_t length, wmcore_advice advice);
bool wmcore_span_faulted(wmcore_span *span);
/** Tells the span that its memory is about to be freed: it touches no address any more. Detach it afterwards. */
void wmcore_span_abandon(wmcore_span *span);
/**
 * Ends the span. Its region becomes zero-filled memory unless it was abandoned. NULL is allowed. Returns false if the
 * system refused: then the pages stay, and so does the handling of their faults, until wmcore_forget_addresses().
 */
bool wmcore_span_detach(wmcore_span *span);

/**
 * Reserves addresses for the memory of a guest in which spans can be attached, for hosts that allocate that memory
 * themselves. The address is a multiple of the granularity; `size` is a multiple of the system's page size. No address
 * may be used before wmcore_memory_commit(). NULL if there is no such range of addresses.
 */
void *wmcore_memory_reserve(uint64_t size);
/** Makes `length` bytes from `start` zero-filled memory. Returns false if there is not enough memory. */
bool wmcore_memory_commit(void *start, uint64_t length);
/** Frees all addresses. Spans in them must be abandoned before. */
void wmcore_memory_release(void *memory, uint64_t size);

/**
 * For hosts in which an engine allocates the memory of guests by itself: children of fork() inherit that memory, so
 * they inherit the memory in place of ended spans too. Otherwise the system would never join it with its neighbours.
 * Affects the whole process, for good.
 */
void wmcore_let_children_inherit_guests(void);
/** Tells that the guest of these addresses has ended, with spans there that wmcore_span_detach() could not end. */
void wmcore_forget_addresses(void *start, uint64_t length);

/** Returns the system's error number (errno, GetLastError) of the last failure on this thread, or 0, and resets it. For
 * messages. */
int wmcore_system_error(void);

/** The name of a status in the contract, such as "past-end"; "ok" for WMCORE_OK. Never NULL. */
const char *wmcore_status_name(wmcore_status status);

/**
 * Finds a needle in memory, at memory speed and in linear time: wmcore_find() and wmcore_rfind() use it.
 * @return the first (last) match, or NULL. An empty needle matches at the start (end).
 */
const uint8_t *wmcore_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);
const uint8_t *wmcore_search_reverse(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length);

/** The number of spans of this process that ended with lost pages of which no call had told the guest. */
size_t wmcore_unnoticed_faults(void);

/** The number of regions in this process, for tests that look for leaks. */
size_t wmcore_live_regions(void);

#ifdef __cplusplus
}
#endif
#endif
