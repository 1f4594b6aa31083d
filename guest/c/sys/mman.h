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
 * - Nothing protects memory from the program: PROT_NONE and PROT_READ are promises of the program, in mmap() and in
 *   mprotect(). What a promise is good for holds: a store into a mapping without PROT_WRITE never reaches the file.
 * Code cannot be mapped: PROT_EXEC is ENOTSUP.
 * - MAP_FIXED takes pages that mmap() made or may take. Where the C library's memory lies it is ENOMEM. Hints are
 *   ignored.
 * - Memory never becomes smaller: unmapped pages are for the mappings to come.
 *
 * All names of <sys/mman.h> on Linux are here. Functions that WebAssembly has no means for fail with an error that
 * Linux has, too.
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
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWSUP 0x02000000

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_DROPPABLE 0x08
#define MAP_TYPE 0x0f
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_ANON MAP_ANONYMOUS
#define MAP_32BIT 0x40
#define MAP_FILE 0
#define MAP_GROWSDOWN 0x0100
#define MAP_DENYWRITE 0x0800
#define MAP_EXECUTABLE 0x1000
#define MAP_LOCKED 0x2000
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE 0x8000
#define MAP_NONBLOCK 0x10000
#define MAP_STACK 0x20000
#define MAP_HUGETLB 0x40000
#define MAP_SYNC 0x80000
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_UNINITIALIZED 0x4000000
#define MAP_FAILED ((void *)-1)

#define MAP_HUGE_SHIFT 26
#define MAP_HUGE_MASK 0x3f
#define MAP_HUGE_16KB (14 << MAP_HUGE_SHIFT)
#define MAP_HUGE_64KB (16 << MAP_HUGE_SHIFT)
#define MAP_HUGE_512KB (19 << MAP_HUGE_SHIFT)
#define MAP_HUGE_1MB (20 << MAP_HUGE_SHIFT)
#define MAP_HUGE_2MB (21 << MAP_HUGE_SHIFT)
#define MAP_HUGE_8MB (23 << MAP_HUGE_SHIFT)
#define MAP_HUGE_16MB (24 << MAP_HUGE_SHIFT)
#define MAP_HUGE_32MB (25 << MAP_HUGE_SHIFT)
#define MAP_HUGE_256MB (28 << MAP_HUGE_SHIFT)
#define MAP_HUGE_512MB (29 << MAP_HUGE_SHIFT)
#define MAP_HUGE_1GB (30 << MAP_HUGE_SHIFT)
#define MAP_HUGE_2GB (31 << MAP_HUGE_SHIFT)
#define MAP_HUGE_16GB (34U << MAP_HUGE_SHIFT)

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
#define MREMAP_DONTUNMAP 4

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
#define MADV_FREE 8
#define MADV_REMOVE 9
#define MADV_DONTFORK 10
#define MADV_DOFORK 11
#define MADV_MERGEABLE 12
#define MADV_UNMERGEABLE 13
#define MADV_HUGEPAGE 14
#define MADV_NOHUGEPAGE 15
#define MADV_DONTDUMP 16
#define MADV_DODUMP 17
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#define MADV_DONTNEED_LOCKED 24
#define MADV_COLLAPSE 25
#define MADV_HWPOISON 100
#define MADV_SOFT_OFFLINE 101
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103

#define MCL_CURRENT 1
#define MCL_FUTURE 2
#define MCL_ONFAULT 4
#define MLOCK_ONFAULT 1U

#define MFD_CLOEXEC 1U
#define MFD_ALLOW_SEALING 2U
#define MFD_HUGETLB 4U
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#define MFD_HUGE_SHIFT MAP_HUGE_SHIFT
#define MFD_HUGE_MASK MAP_HUGE_MASK

#define PKEY_UNRESTRICTED 0
#define PKEY_DISABLE_ACCESS 1
#define PKEY_DISABLE_WRITE 2

/* A file offset has 64 bits. */
#define mmap64 mmap

/* Some C libraries define these names over read() and write(): a program gets the functions that it includes. */
#define WASI_MMAN_NAME(name) __asm__(name)

/**
 * Maps `length` bytes of a file from `offset` on, or zero-filled memory with MAP_ANONYMOUS. A length past the end of
 * the file is allowed. Returns MAP_FAILED on failure.
 * @param address with MAP_FIXED and MAP_FIXED_NOREPLACE where the pages are to be, a multiple of the page size
 * @param length at least 1; rounded up to whole pages
 * @param flags MAP_POPULATE and MAP_LOCKED load the file, as far as it goes. MAP_32BIT, MAP_DENYWRITE, MAP_EXECUTABLE,
 *   MAP_NORESERVE, MAP_STACK and MAP_UNINITIALIZED change nothing
 * @param offset a multiple of the page size
 *
 * Errors: EINVAL (length 0, an offset or a fixed address inside a page, neither shared nor private), EBADF, EACCES (the
 * descriptor is not open for this protection), ENODEV (not a regular file), EOVERFLOW (past the largest offset), EEXIST
 * (MAP_FIXED_NOREPLACE), ENOMEM (also: MAP_FIXED over memory of the C library), ENOTSUP (PROT_EXEC, MAP_GROWSDOWN,
 * MAP_HUGETLB, MAP_SYNC; with MAP_SHARED_VALIDATE any other flag), ESTALE (another process replaced the file while
 * open() opened it), EAGAIN, EIO.
 */
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    WASI_MMAN_NAME("wasi_mman_mmap");

/**
 * Unmaps the pages of a range, which may hold several mappings or none. Errors: EINVAL, ENOMEM (nothing is left to keep
 * the rest of a mapping apart).
 */
int munmap(void *address, size_t length) WASI_MMAN_NAME("wasi_mman_munmap");

/**
 * Makes a mapping longer or shorter: in its place if the pages behind it can be had, else elsewhere with
 * MREMAP_MAYMOVE. MREMAP_FIXED takes a fifth argument, the new address. An `old_size` of 0 maps a shared file a second
 * time. MREMAP_DONTUNMAP leaves zeros; it is for private anonymous memory. Returns MAP_FAILED on failure. Errors:
 * EINVAL, EFAULT (the range is not of one mapping), ENOMEM, and those of mmap() for the file.
 */
void *mremap(void *address, size_t old_size, size_t new_size, int flags, ...) WASI_MMAN_NAME("wasi_mman_mremap");

/**
 * Brings changes to the file, and with MS_SYNC to the storage device; with MS_INVALIDATE a copy then sees what others
 * wrote. Errors: EINVAL, ENOMEM (not mapped), ENOSPC, EIO.
 */
int msync(void *address, size_t length, int flags) WASI_MMAN_NAME("wasi_mman_msync");

/**
 * Changes the promise of which accesses there will be, also for memory of the C library. Nothing stops an access that
 * breaks it, but what is stored into a shared mapping while it has no PROT_WRITE does not reach the file; it is lost
 * when the mapping becomes writable again. Errors: EINVAL, ENOMEM (not mapped), EACCES (PROT_WRITE on a file that was
 * not opened for it), ENOTSUP (PROT_EXEC), ENOSPC and EIO (what a copy has to store).
 */
int mprotect(void *address, size_t length, int protection) WASI_MMAN_NAME("wasi_mman_mprotect");

/**
 * Takes the advices of Linux. MADV_DONTNEED zeroes anonymous memory, and a private mapping shows its file again; a
 * shared one keeps its changes. MADV_POPULATE_READ and _WRITE load the file. What is about forks, huge pages and dumps
 * does nothing. Errors: EINVAL (also: advices of Linux for memory of another kind, MADV_COLLAPSE, MADV_GUARD_…), ENOMEM
 * (not mapped), EFAULT (MADV_POPULATE_… past the end of the file), ENOTSUP (MADV_REMOVE of a file), EPERM
 * (MADV_HWPOISON, MADV_SOFT_OFFLINE), EIO.
 */
int madvise(void *address, size_t length, int advice) WASI_MMAN_NAME("wasi_mman_madvise");

/** Takes the five advices of POSIX, which change nothing but speed. Returns the error number: EINVAL, ENOMEM, EIO. */
int posix_madvise(void *address, size_t length, int advice) WASI_MMAN_NAME("wasi_mman_posix_madvise");

/**
 * Stores a 1 for each page of the range that is in memory, else a 0. All are where a host keeps the answer to itself,
 * or where the memory is the program's own. Errors: EINVAL, ENOMEM (not mapped).
 */
int mincore(void *address, size_t length, unsigned char *pages) WASI_MMAN_NAME("wasi_mman_mincore");

/**
 * EPERM, after the checks of Linux: nothing locks the memory of a component. wmmap_mlock() locks a file's pages.
 * Errors: EINVAL, ENOMEM (not mapped), EPERM.
 */
int mlock(const void *address, size_t length) WASI_MMAN_NAME("wasi_mman_mlock");
int mlock2(const void *address, size_t length, unsigned flags) WASI_MMAN_NAME("wasi_mman_mlock2");
int mlockall(int flags) WASI_MMAN_NAME("wasi_mman_mlockall");

/** Succeeds, because nothing is locked. Errors: EINVAL, ENOMEM (not mapped). */
int munlock(const void *address, size_t length) WASI_MMAN_NAME("wasi_mman_munlock");
int munlockall(void) WASI_MMAN_NAME("wasi_mman_munlockall");

/**
 * Opens and removes files in /dev/shm, as on Linux, if the host grants such a directory. Errors: EINVAL, ENAMETOOLONG,
 * those of open() and unlink().
 */
int shm_open(const char *name, int flags, mode_t mode) WASI_MMAN_NAME("wasi_mman_shm_open");
int shm_unlink(const char *name) WASI_MMAN_NAME("wasi_mman_shm_unlink");

/** ENOSYS: WASI makes no file without a name. */
int memfd_create(const char *name, unsigned flags) WASI_MMAN_NAME("wasi_mman_memfd_create");

/** There are no keys: ENOSPC, then EINVAL, as on a processor without them. The key -1 is mprotect(). */
int pkey_alloc(unsigned flags, unsigned rights) WASI_MMAN_NAME("wasi_mman_pkey_alloc");
int pkey_free(int key) WASI_MMAN_NAME("wasi_mman_pkey_free");
int pkey_get(int key) WASI_MMAN_NAME("wasi_mman_pkey_get");
int pkey_set(int key, unsigned rights) WASI_MMAN_NAME("wasi_mman_pkey_set");
int pkey_mprotect(void *address, size_t length, int protection, int key) WASI_MMAN_NAME("wasi_mman_pkey_mprotect");

struct iovec;

/** ENOSYS: there are no other processes, and pages are not rearranged. */
int remap_file_pages(void *address, size_t length, int protection, size_t page, int flags)
    WASI_MMAN_NAME("wasi_mman_remap_file_pages");
ssize_t process_madvise(int process, const struct iovec *list, size_t count, int advice, unsigned flags)
    WASI_MMAN_NAME("wasi_mman_process_madvise");
int process_mrelease(int process, unsigned flags) WASI_MMAN_NAME("wasi_mman_process_mrelease");

#undef WASI_MMAN_NAME

#ifdef __cplusplus
}
#endif
#endif
