/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * linux FOLDER: prints the answers of what <sys/mman.h> of Linux has beside POSIX, a line for each question: fixed
 * addresses, protection, mremap(), advice, residency, locks, shared memory, and the numbers of all names. They are the
 * same on Linux and on WASI. linux FOLDER files: opens files until there is an error.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answers.h"

#ifndef __wasi__ /* Newer than some C libraries. */
#define MAP_DROPPABLE 0x08
#define MAP_32BIT 0x40
#define MAP_UNINITIALIZED 0x4000000
#define MADV_COLLAPSE 25
#define MADV_SOFT_OFFLINE 101
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#define MFD_HUGE_SHIFT 26
#define MFD_HUGE_MASK 0x3f
#define PKEY_UNRESTRICTED 0
#endif

static const char path[] = "file";

/* Whether a call returned this address, another one, or an error. */
static void say_at(const char *question, const void *got, const void *expected) {
  const int error = errno;
  printf("%s: %s\n", question, got == MAP_FAILED ? name(error) : got == expected ? "there" : "elsewhere");
}

/* The first bytes of the pages. */
static void show_pages(const char *what, const char *pages, size_t count) {
  printf("%s: ", what);
  for (size_t i = 0; i < count; i += 1)
    putchar(pages[i * page] ? pages[i * page] : '0');
  putchar('\n');
}

static void show_file(const char *what, int fd, size_t pages) {
  printf("%s: ", what);
  for (size_t i = 0; i < pages; i += 1) {
    char first = '?';
    NEED(pread(fd, &first, 1, (off_t)(i * page)));
    putchar(first ? first : '0');
  }
  putchar('\n');
}

/* A file of so many pages, of which each begins with another letter. */
static int fresh(size_t pages, int flags) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  need(fd >= 0, "open");
  NEED(ftruncate(fd, (off_t)(pages * page)));
  for (size_t i = 0; i < pages; i += 1) {
    const char first = (char)('a' + i);
    NEED(pwrite(fd, &first, 1, (off_t)(i * page)));
  }
  if (flags != O_RDWR) {
    close(fd);
    fd = open(path, flags);
    need(fd >= 0, "open again");
  }
  return fd;
}

static char *map(size_t pages, int protection, int flags, int fd) {
  char *mapped = mmap(NULL, pages * page, protection, flags, fd, 0);
  need(mapped != MAP_FAILED, "mmap");
  return mapped;
}

/* Anonymous pages that begin with the letter. */
static char *memory(size_t pages, char letter) {
  char *mapped = map(pages, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  for (size_t i = 0; i < pages; i += 1)
    mapped[i * page] = letter;
  return mapped;
}

static void fixed(void) {
  enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };
  int fd = fresh(8, O_RDWR);
  char *m = memory(8, 'x');
  say_at("fixed, anonymous over anonymous", mmap(m + 2 * page, 2 * page, BOTH, ANONYMOUS | MAP_FIXED, -1, 0),
         m + 2 * page);
  show_pages("fixed, zeros between", m, 8);
  say_at("fixed, a file over anonymous", mmap(m + 4 * page, 2 * page, BOTH, MAP_SHARED | MAP_FIXED, fd, (off_t)page),
         m + 4 * page);
  show_pages("fixed, and its pages", m, 8);
  m[4 * page] = 'F';
  show_file("fixed, stored into it", fd, 3);
  say_at("fixed, anonymous over the file", mmap(m + 5 * page, page, BOTH, ANONYMOUS | MAP_FIXED, -1, 0), m + 5 * page);
  m[4 * page] = 'G';
  m[5 * page] = 'n';
  show_pages("fixed, what lies there then", m, 8);
  show_file("fixed, and in the file", fd, 3);
  say_at("fixed, inside a page", mmap(m + 1, page, BOTH, ANONYMOUS | MAP_FIXED, -1, 0), m + 1);
  say_at("fixed, past the last address",
         mmap((void *)(SIZE_MAX - page + 1), 2 * page, BOTH, ANONYMOUS | MAP_FIXED, -1, 0), NULL);
  say_at("fixed, not to replace", mmap(m, page, BOTH, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), m);
  NEED(munmap(m + page, page));
  say_at("fixed, not to replace what is free", mmap(m + page, page, READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0),
         m + page);
  say_at("fixed, a part of which is not free", mmap(m + page, 2 * page, BOTH, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
         m + page);
  show_pages("fixed, in the end", m, 8);
  NEED(munmap(m, 8 * page));
  close(fd);

  fd = fresh(8, O_RDWR);
  m = map(8, BOTH, MAP_PRIVATE, fd);
  m[page] = m[3 * page] = m[6 * page] = 'P';
  say_at("fixed, over a private map", mmap(m + 3 * page, 2 * page, BOTH, ANONYMOUS | MAP_FIXED, -1, 0), m + 3 * page);
  show_pages("fixed, whose other pages are as before", m, 8);
  NEED(munmap(m, page));
  NEED(munmap(m + 5 * page, page));
  show_pages("fixed, and after munmap() of some", m + page, 4);
  show_pages("fixed, and the last ones", m + 6 * page, 2);
  show_file("fixed, nothing reached the file", fd, 8);
  NEED(munmap(m + page, 7 * page));
  m = map(4, BOTH, MAP_SHARED, fd);
  NEED(munmap(m + page, page));
  say_at("fixed, in the hole of a map", mmap(m + page, page, READ, MAP_SHARED | MAP_FIXED, fd, (off_t)(7 * page)),
         m + page);
  m[0] = '1';
  m[2 * page] = '3';
  show_pages("fixed, around it", m, 4);
  show_file("fixed, in the file", fd, 4);
  NEED(munmap(m, 4 * page));
  close(fd);
}

static void protection(void) {
  int fd = fresh(4, O_RDWR);
  char *m = map(4, BOTH, MAP_SHARED, fd);
  m[0] = 'A';
  say("protect, shared, to read", mprotect(m, page, READ));
  show_file("protect, what was stored is in the file", fd, 4);
  say("protect, msync of it", msync(m, 4 * page, MS_SYNC));
  m[page] = 'B';
  m[3 * page] = 'D';
  show_file("protect, others are stored", fd, 4);
  say("protect, one in the middle, to nothing", mprotect(m + 2 * page, page, PROT_NONE));
  m[3 * page] = 'd';
  m[page] = 'b';
  show_file("protect, around it", fd, 4);
  say("protect, all of it, to read and write", mprotect(m, 4 * page, BOTH));
  m[0] = '0';
  m[2 * page] = '2';
  show_pages("protect, can be stored", m, 4);
  show_file("protect, and is in the file", fd, 4);
  say("protect, to read, and unmapped", mprotect(m, 4 * page, READ));
  NEED(munmap(m, 4 * page));

  m = map(4, READ, MAP_SHARED, fd);
  close(fd);
  say("protect, to write, after close", mprotect(m + page, 2 * page, BOTH));
  m[page] = 'W';
  show_pages("protect, stored", m, 4);
  NEED(munmap(m, 4 * page));
  fd = open(path, O_RDONLY);
  show_file("protect, in the file", fd, 4);
  m = map(2, READ, MAP_SHARED, fd);
  say("protect, to write, of a read-only file", mprotect(m, 2 * page, BOTH));
  say("protect, to write alone", mprotect(m, 2 * page, PROT_WRITE));
  NEED(munmap(m, 2 * page));

  m = map(4, READ, MAP_PRIVATE, fd);
  say("protect, private, to write", mprotect(m, 4 * page, BOTH));
  m[page] = 'P';
  say("protect, private, to read", mprotect(m, 4 * page, READ));
  show_pages("protect, private, stored", m, 4);
  say("protect, private, to nothing", mprotect(m, 4 * page, PROT_NONE));
  say("protect, private, and back", mprotect(m, 4 * page, BOTH));
  show_pages("protect, private, as before", m, 4);
  show_file("protect, private, the file", fd, 4);
  NEED(munmap(m, 4 * page));
  close(fd);

  m = memory(4, 'x');
  say("protect, anonymous, to read", mprotect(m, 2 * page, READ));
  say("protect, anonymous, to nothing", mprotect(m + page, page, PROT_NONE));
  say("protect, anonymous, and back", mprotect(m, 4 * page, BOTH));
  show_pages("protect, anonymous, as before", m, 4);
  NEED(munmap(m + page, page));
  say("protect, over a hole", mprotect(m, 3 * page, READ));
  NEED(munmap(m, 4 * page));
  char *own = aligned_alloc(page, page);
  need(own != NULL, "aligned_alloc");
  say("protect, memory of malloc()", mprotect(own, page, READ) || mprotect(own, page, BOTH));
  free(own);
}

static void remap(void) {
  char *m = memory(2, 'x');
  m = mremap(m, 2 * page, 4 * page, MREMAP_MAYMOVE);
  need(m != MAP_FAILED, "mremap");
  show_pages("remap, anonymous, longer", m, 4);
  m[3 * page] = 'y';
  say_at("remap, the same", mremap(m, 4 * page, 4 * page, 0), m);
  say_at("remap, shorter", mremap(m, 4 * page, page, 0), m);
  show_pages("remap, what is left", m, 1);
  say("remap, and is not mapped", msync(m + page, page, MS_ASYNC));
  NEED(munmap(m, page));

  int fd = fresh(4, O_RDWR);
  m = map(2, BOTH, MAP_SHARED, fd);
  close(fd);
  m[0] = 'A';
  m = mremap(m, 2 * page, 4 * page, MREMAP_MAYMOVE);
  need(m != MAP_FAILED, "mremap of a file");
  show_pages("remap, a file, longer", m, 4);
  m[3 * page] = 'D';
  m = mremap(m, 4 * page, 1000 * page, MREMAP_MAYMOVE);
  need(m != MAP_FAILED, "mremap past the end of a file");
  show_pages("remap, a file, past its end", m, 4);
  fd = open(path, O_RDWR);
  NEED(ftruncate(fd, (off_t)(6 * page)));
  NEED(pwrite(fd, "f", 1, (off_t)(5 * page)));
  show_pages("remap, which then grows", m, 6);
  m[5 * page] = 'F';
  say_at("remap, a file, shorter", mremap(m, 1000 * page, page, MREMAP_MAYMOVE), m);
  NEED(munmap(m, page));
  show_file("remap, in the file", fd, 6);
  close(fd);

  fd = fresh(4, O_RDWR);
  m = map(4, BOTH, MAP_PRIVATE, fd);
  m[page] = 'P';
  char *wall = mmap(m + 3 * page, page, READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  need(wall != MAP_FAILED, "mmap");
  say_at("remap, in its place, where others lie", mremap(m, 3 * page, 4 * page, 0), m);
  say_at("remap, where it may move", mremap(m, 3 * page, 4 * page, MREMAP_MAYMOVE), NULL);
  char *n = map(4, BOTH, MAP_PRIVATE, fd);
  n[page] = 'P';
  n[2 * page] = 'Q';
  char *target = memory(4, 't');
  say_at("remap, to an address", mremap(n, 4 * page, 3 * page, MREMAP_MAYMOVE | MREMAP_FIXED, target), target);
  show_pages("remap, with its changes", target, 4);
  say("remap, the old pages", msync(n, page, MS_ASYNC));
  show_file("remap, private, the file", fd, 4);
  NEED(munmap(target, 4 * page));
  NEED(munmap(wall, page));
  m = map(2, BOTH, MAP_SHARED, fd);
  n = mremap(m, 0, 2 * page, MREMAP_MAYMOVE);
  need(n != MAP_FAILED && n != m, "mremap of size 0");
  m[page] = 'S';
  NEED(msync(m, 2 * page, MS_SYNC));
  NEED(msync(n, 2 * page, MS_SYNC | MS_INVALIDATE));
  show_pages("remap, a second map", n, 2);
  NEED(munmap(m, 2 * page));
  NEED(munmap(n, 2 * page));

  m = memory(4, 'm');
  n = mremap(m, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
  need(n != MAP_FAILED, "mremap that unmaps nothing");
  show_pages("remap, that unmaps nothing", n, 2);
  show_pages("remap, and leaves zeros", m, 4);
  NEED(munmap(n, 2 * page));
  say_at("remap, inside a page", mremap(m + 1, page, page, 0), m);
  say_at("remap, to nothing", mremap(m, page, 0, 0), m);
  say_at("remap, with an unknown flag", mremap(m, page, page, 8), m);
  say_at("remap, fixed that may not move", mremap(m, page, page, MREMAP_FIXED, m + page), m);
  say_at("remap, into itself", mremap(m, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, m + page), m);
  say_at("remap, to the inside of a page", mremap(m, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, m + 2 * page + 1), m);
  say_at("remap, anonymous, size 0", mremap(m, 0, page, MREMAP_MAYMOVE), m);
  NEED(munmap(m + page, page));
  say_at("remap, over a hole", mremap(m, 3 * page, 4 * page, MREMAP_MAYMOVE), m);
  say_at("remap, of what is not mapped", mremap(m + page, page, 2 * page, MREMAP_MAYMOVE), m);
  NEED(munmap(m, 4 * page));
  close(fd);
}

static void advice(void) {
  int fd = fresh(4, O_RDWR);
  char *m = memory(4, 'x');
  char *f = map(4, BOTH, MAP_PRIVATE, fd);
  char *s = map(4, BOTH, MAP_SHARED, fd);
  f[0] = f[page] = 'P';
  s[2 * page] = 'S';
  char *freed = memory(1, 'x'); /* Or zero, at any time. */
  say("advice, free", madvise(freed, page, MADV_FREE));
  NEED(munmap(freed, page));
  say("advice, free a file", madvise(f, page, MADV_FREE));
  say("advice, remove", madvise(m, page, MADV_REMOVE));
  say("advice, do not dump", madvise(m, page, MADV_DONTDUMP) || madvise(m, page, MADV_DODUMP));
  say("advice, do not fork", madvise(f, page, MADV_DONTFORK) || madvise(f, page, MADV_DOFORK));
  say("advice, wipe on fork", madvise(m, page, MADV_WIPEONFORK) || madvise(m, page, MADV_KEEPONFORK));
  say("advice, cold", madvise(m, page, MADV_COLD) || madvise(m, page, MADV_PAGEOUT));
  say("advice, populate", madvise(m, page, MADV_POPULATE_WRITE) || madvise(s, page, MADV_POPULATE_READ));
  char *longer = map(6, READ, MAP_SHARED, fd);
  say("advice, populate past the end", madvise(longer, 6 * page, MADV_POPULATE_READ));
  say("advice, populate for writing", madvise(longer, page, MADV_POPULATE_WRITE));
  NEED(munmap(longer, 6 * page));
  say("advice, that nobody gives", madvise(m, page, 77));
  say("advice, do not need", madvise(m + page, 2 * page, MADV_DONTNEED) || madvise(f + page, 3 * page, MADV_DONTNEED) ||
                                 madvise(s, 4 * page, MADV_DONTNEED));
  show_pages("advice, anonymous", m, 4);
  show_pages("advice, private", f, 4);
  NEED(msync(s, 4 * page, MS_SYNC));
  show_pages("advice, shared", s, 4);
  NEED(munmap(f, 4 * page));
  NEED(munmap(s, 4 * page));

  unsigned char there[4] = {9, 9, 9, 9};
  s = map(4, READ, MAP_SHARED | MAP_POPULATE, fd);
  char sum = 0;
  for (size_t i = 0; i < 4 * page; i += 1)
    sum = (char)(sum + s[i]);
  say("resident, a file", mincore(s, 3 * page + 1, there));
  printf("resident, its pages: %d%d%d%d %s\n", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1,
         sum ? "" : "(no bytes)");
  say("resident, memory", mincore(m, page, there));
  say("resident, inside a page", mincore(m + 1, page, there));
  NEED(munmap(m, page));
  say("resident, what is not mapped", mincore(m, page, there));
  say("lock", mlock(s, page));
  say("lock, with a flag", mlock2(s, page, MLOCK_ONFAULT));
  say("lock, with an unknown flag", mlock2(s, page, 8));
  say("lock, what is not mapped", mlock(m, page));
  say("lock, unlock", munlock(s, page));
  say("lock, all of no kind", mlockall(0));
  say("lock, unlock all", munlockall());
  NEED(munmap(m + page, 3 * page));
  NEED(munmap(s, 4 * page));
  close(fd);
}

static void files(void) {
  int fd = fresh(1, O_RDONLY | O_NONBLOCK);
  char bytes[4] = {0};
  printf("nonblocking, read: %zd\n", read(fd, bytes, sizeof bytes));
  printf("nonblocking, the flag: %s\n", fcntl(fd, F_GETFL) & O_NONBLOCK ? "yes" : "no");
  NEED(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK));
  printf("nonblocking, cleared: %s\n", fcntl(fd, F_GETFL) & O_NONBLOCK ? "yes" : "no");
  NEED(fcntl(fd, F_SETFL, O_NONBLOCK));
  printf("nonblocking, set: %s\n", fcntl(fd, F_GETFL) & O_NONBLOCK ? "yes" : "no");
  printf("nonblocking, read again: %zd\n", read(fd, bytes, sizeof bytes));
  close(fd);
  fd = open(path, O_RDWR | O_NONBLOCK | O_APPEND);
  printf("nonblocking, write: %zd\n", write(fd, "end", 3));
  char *m = map(2, READ, MAP_SHARED, fd);
  show("nonblocking, appended and mapped", m + page, 4);
  NEED(munmap(m, 2 * page));
  close(fd);

  char object[64];
  snprintf(object, sizeof object, "/wasi-mmap-%d-%p", (int)page, (void *)&fd);
  shm_unlink(object);
  fd = shm_open(object, O_RDWR | O_CREAT | O_EXCL, 0600);
  need(fd >= 0, "shm_open");
  NEED(ftruncate(fd, (off_t)page));
  m = map(1, BOTH, MAP_SHARED, fd);
  memcpy(m, "shared", 6);
  NEED(msync(m, page, MS_SYNC));
  const int second = shm_open(object + 1, O_RDONLY, 0);
  need(second >= 0, "shm_open again");
  char *n = map(1, READ, MAP_SHARED, second);
  show("shared memory", n, 8);
  say("shared memory, exclusive", shm_open(object, O_RDWR | O_CREAT | O_EXCL, 0600) < 0 ? -1 : 0);
  say("shared memory, removed", shm_unlink(object));
  say("shared memory, that is not there", shm_open(object, O_RDWR, 0600) < 0 ? -1 : 0);
  say("shared memory, in a folder", shm_open("/a/b", O_RDWR | O_CREAT, 0600) < 0 ? -1 : 0);
  say("shared memory, without a name", shm_open("/", O_RDWR | O_CREAT, 0600) < 0 ? -1 : 0);
  NEED(munmap(m, page));
  NEED(munmap(n, page));
  close(fd);
  close(second);
  fd = memfd_create("name", MFD_CLOEXEC);
  say("a file without a name", fd < 0 ? -1 : 0);
  if (fd >= 0)
    close(fd);
}

#define NUMBER(name) {#name, (unsigned long long)(unsigned)(name)}
static const struct {
  const char *name;
  unsigned long long number;
} numbers[] = {NUMBER(PROT_NONE),
               NUMBER(PROT_READ),
               NUMBER(PROT_WRITE),
               NUMBER(PROT_EXEC),
               NUMBER(PROT_GROWSDOWN),
               NUMBER(PROT_GROWSUP),
               NUMBER(MAP_SHARED),
               NUMBER(MAP_PRIVATE),
               NUMBER(MAP_SHARED_VALIDATE),
               NUMBER(MAP_DROPPABLE),
               NUMBER(MAP_TYPE),
               NUMBER(MAP_FIXED),
               NUMBER(MAP_FILE),
               NUMBER(MAP_ANONYMOUS),
               NUMBER(MAP_ANON),
               NUMBER(MAP_32BIT),
               NUMBER(MAP_GROWSDOWN),
               NUMBER(MAP_DENYWRITE),
               NUMBER(MAP_EXECUTABLE),
               NUMBER(MAP_LOCKED),
               NUMBER(MAP_NORESERVE),
               NUMBER(MAP_POPULATE),
               NUMBER(MAP_NONBLOCK),
               NUMBER(MAP_STACK),
               NUMBER(MAP_HUGETLB),
               NUMBER(MAP_SYNC),
               NUMBER(MAP_FIXED_NOREPLACE),
               NUMBER(MAP_UNINITIALIZED),
               NUMBER(MAP_HUGE_SHIFT),
               NUMBER(MAP_HUGE_MASK),
               NUMBER(MREMAP_MAYMOVE),
               NUMBER(MREMAP_FIXED),
               NUMBER(MREMAP_DONTUNMAP),
               NUMBER(MS_ASYNC),
               NUMBER(MS_INVALIDATE),
               NUMBER(MS_SYNC),
               NUMBER(POSIX_MADV_NORMAL),
               NUMBER(POSIX_MADV_RANDOM),
               NUMBER(POSIX_MADV_SEQUENTIAL),
               NUMBER(POSIX_MADV_WILLNEED),
               NUMBER(POSIX_MADV_DONTNEED),
               NUMBER(MADV_NORMAL),
               NUMBER(MADV_RANDOM),
               NUMBER(MADV_SEQUENTIAL),
               NUMBER(MADV_WILLNEED),
               NUMBER(MADV_DONTNEED),
               NUMBER(MADV_FREE),
               NUMBER(MADV_REMOVE),
               NUMBER(MADV_DONTFORK),
               NUMBER(MADV_DOFORK),
               NUMBER(MADV_MERGEABLE),
               NUMBER(MADV_UNMERGEABLE),
               NUMBER(MADV_HUGEPAGE),
               NUMBER(MADV_NOHUGEPAGE),
               NUMBER(MADV_DONTDUMP),
               NUMBER(MADV_DODUMP),
               NUMBER(MADV_WIPEONFORK),
               NUMBER(MADV_KEEPONFORK),
               NUMBER(MADV_COLD),
               NUMBER(MADV_PAGEOUT),
               NUMBER(MADV_POPULATE_READ),
               NUMBER(MADV_POPULATE_WRITE),
               NUMBER(MADV_DONTNEED_LOCKED),
               NUMBER(MADV_COLLAPSE),
               NUMBER(MADV_HWPOISON),
               NUMBER(MADV_SOFT_OFFLINE),
               NUMBER(MADV_GUARD_INSTALL),
               NUMBER(MADV_GUARD_REMOVE),
               NUMBER(MCL_CURRENT),
               NUMBER(MCL_FUTURE),
               NUMBER(MCL_ONFAULT),
               NUMBER(MLOCK_ONFAULT),
               NUMBER(MFD_CLOEXEC),
               NUMBER(MFD_ALLOW_SEALING),
               NUMBER(MFD_HUGETLB),
               NUMBER(MFD_NOEXEC_SEAL),
               NUMBER(MFD_EXEC),
               NUMBER(MFD_HUGE_SHIFT),
               NUMBER(MFD_HUGE_MASK),
               NUMBER(PKEY_UNRESTRICTED),
               NUMBER(PKEY_DISABLE_ACCESS),
               NUMBER(PKEY_DISABLE_WRITE)};

/* All functions of the header can be linked. */
static void *const functions[] = {
    (void *)mmap64,   (void *)remap_file_pages, (void *)process_madvise, (void *)pkey_alloc, (void *)pkey_free,
    (void *)pkey_get, (void *)pkey_set,         (void *)pkey_mprotect,   (void *)mlockall,   (void *)process_mrelease};

static void names(void) {
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i += 1)
    printf("%s: %llu\n", numbers[i].name, numbers[i].number);
  size_t count = 0;
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i += 1)
    count += functions[i] != NULL;
  printf("functions: %zu\n", count);
}

/* Opens files until there is an error, closes one, and opens again. */
static void many(void) {
  enum { MOST = 5000 };
  static int all[MOST];
  close(fresh(1, O_RDWR));
  int count = 0;
  while (count < MOST && (all[count] = open(path, O_RDONLY)) >= 0)
    count += 1;
  printf("open files: %d, then %s\n", count, name(errno));
  char *m = map(1, READ, MAP_SHARED, all[count - 1]);
  show_pages("the last one", m, 1);
  close(all[0]);
  printf("again: %s\n", open(path, O_RDONLY) >= 0 ? "ok" : name(errno));
}

int main(int count, char **words) {
  page = (size_t)sysconf(_SC_PAGESIZE);
  need(count > 1 && chdir(words[1]) == 0, "chdir");
  if (count > 2 && strcmp(words[2], "files") == 0)
    return many(), 0;
  static const struct {
    const char *name;
    void (*ask)(void);
  } parts[] = {{"fixed", fixed},   {"protection", protection}, {"remap", remap},
               {"advice", advice}, {"files", files},           {"names", names}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i += 1)
    if (count == 2 || strcmp(words[2], parts[i].name) == 0)
      parts[i].ask();
  return 0;
}
