/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * <sys/mman.h> for C programs in WebAssembly components, in place of the C library's, which only says that WASI has no
 * mmap. Put the folder above on the include path, and compile mman.c with the program.
 *
 * The functions are those of POSIX.1-2024, with the errors of Linux. Sizes and offsets are bytes. These are the
 * differences in WebAssembly:
 *
 * - A page has sysconf(_SC_PAGESIZE) bytes, 65536. Offsets are multiples of it.
 * - On a host with spans, a mapped file *is* the memory. Elsewhere mmap() copies. What the program changed in a shared
 *   mapping goes to the file at msync(), munmap(), fsync(), exit() and before the program reads that file: only changed
 *   bytes, and never past the end of the file. (A block of 4 KiB with more than four changed runs is read, and written
 *   with the changes in it.) What the program writes to the file with write() and its like is seen in the mapping at
 *   once; what others write, or the program through another mapping, is seen after msync(…, MS_INVALIDATE). A trap or
 *   abort() loses what did not go to the file yet. A shared writable copy takes its size twice.
 * - Nothing protects memory from the program: PROT_NONE and PROT_READ are promises of the program. A store into a
 *   mapping without PROT_WRITE never reaches the file. Code cannot be mapped: PROT_EXEC is ENOTSUP.
 * - The host chooses addresses: MAP_FIXED is ENOTSUP, and hints are ignored.
 * - Pages that were unmapped are reused when the last page of their mmap() is unmapped.
 */
#ifndef WASI_MMAP_SYS_MMAN_H
#define WASI_MMAP_SYS_MMAN_H

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE 0x0f
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_ANON MAP_ANONYMOUS
#define MAP_FILE 0
#define MAP_GROWSDOWN 0x0100
#define MAP_DENYWRITE 0x0800
#define MAP_LOCKED 0x2000
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE 0x8000
#define MAP_NONBLOCK 0x10000
#define MAP_STACK 0x20000
#define MAP_HUGETLB 0x40000
#define MAP_SYNC 0x80000
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_FAILED ((void *)-1)

#define MS_ASYNC 1
#define MS_INVALIDATE 2
#define MS_SYNC 4

#define POSIX_MADV_NORMAL 0
#define POSIX_MADV_RANDOM 1
#define POSIX_MADV_SEQUENTIAL 2
#define POSIX_MADV_WILLNEED 3
#define POSIX_MADV_DONTNEED 4

#define MADV_NORMAL 0
#define MADV_RANDOM 1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED 3
#define MADV_DONTNEED 4

/* Some C libraries define these names over read() and write(): a program gets the functions that it includes. */
#define WASI_MMAN_NAME(name) __asm__(name)

/**
 * Maps `length` bytes of a file from `offset` on, or zero-filled memory with MAP_ANONYMOUS. A length past the end of
 * the file is allowed. Returns MAP_FAILED on failure.
 * @param length at least 1; rounded up to whole pages
 * @param offset a multiple of the page size
 *
 * Errors: EINVAL (length 0, an offset inside a page, neither shared nor private), EBADF, EACCES (the descriptor is not
 * open for this protection), ENODEV (not a regular file), EOVERFLOW (past the largest offset), ENOMEM, ENOTSUP
 * (PROT_EXEC, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_HUGETLB, MAP_SYNC), ESTALE (another process replaced
 * the file while open() opened it), EAGAIN, EIO.
 */
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    WASI_MMAN_NAME("wasi_mman_mmap");

/** Unmaps the pages of a range, which may hold several mappings or none. Errors: EINVAL, ENOMEM. */
int munmap(void *address, size_t length) WASI_MMAN_NAME("wasi_mman_munmap");

/**
 * Brings changes to the file, and with MS_SYNC to the storage device; with MS_INVALIDATE a copy then sees what others
 * wrote. Errors: EINVAL, ENOMEM (not mapped), ENOSPC, EIO.
 */
int msync(void *address, size_t length, int flags) WASI_MMAN_NAME("wasi_mman_msync");

/**
 * Succeeds for the access that the mapping was made with, and for reading and writing anonymous memory. Errors: EINVAL,
 * ENOMEM (not mapped), EACCES (PROT_WRITE on a file that was not opened for it), ENOTSUP (all else).
 */
int mprotect(void *address, size_t length, int protection) WASI_MMAN_NAME("wasi_mman_mprotect");

/**
 * Takes the five advices of POSIX. MADV_DONTNEED zeroes anonymous memory, as on Linux; a mapping of a file keeps its
 * changes. Errors: EINVAL, ENOMEM (not mapped), EIO.
 */
int madvise(void *address, size_t length, int advice) WASI_MMAN_NAME("wasi_mman_madvise");

/** As madvise(), but it returns the error number, and POSIX_MADV_DONTNEED changes nothing. */
int posix_madvise(void *address, size_t length, int advice) WASI_MMAN_NAME("wasi_mman_posix_madvise");

#undef WASI_MMAN_NAME

#ifdef __cplusplus
}
#endif
#endif
