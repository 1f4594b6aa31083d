/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * posix FOLDER [PART]: prints the answers of <sys/mman.h>, a line for each question, of one part or of all. They are
 * the same on Linux and on WASI. posix FOLDER past-end: reads and stores past the end of a file, and prints what
 * msync() reports. Not for Linux, which ends the program. posix FOLDER return|exit|_exit: stores into a shared mapping,
 * and ends in this way without unmapping.
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
#include <sys/uio.h>
#include <unistd.h>

#include "answers.h"

#ifdef __wasi__
#include "wasi_mmap.h"
#include <wasi/libc.h>
#endif

static char path[256];

static void say_map(const char *question, void *map, size_t length) {
  say(question, map == MAP_FAILED ? -1 : 0);
  if (map != MAP_FAILED)
    NEED(munmap(map, length));
}

static int size_of(int fd) {
  struct stat facts;
  NEED(fstat(fd, &facts));
  return (int)facts.st_size;
}

/* The bytes of the file, for a reader that maps nothing. */
static void show_file(const char *what, int fd, off_t offset, size_t count) {
  char bytes[64] = {0};
  NEED(pread(fd, bytes, count, offset));
  show(what, bytes, count);
}

/* A file whose pages are a to z, repeated, with capitals in every second page. */
static int fresh(size_t size, int flags) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  need(fd >= 0, "open");
  char *bytes = malloc(size + 1);
  for (size_t i = 0; i < size; i += 1)
    bytes[i] = (char)('a' + i % page % 26 + (i / page) % 2 * ('A' - 'a'));
  for (size_t done = 0; done < size;) {
    const ssize_t wrote = write(fd, bytes + done, size - done);
    need(wrote > 0, "write");
    done += (size_t)wrote;
  }
  free(bytes);
  if (flags == O_RDWR)
    return fd;
  close(fd);
  const int again = open(path, flags);
  need(again >= 0, "open");
  return again;
}

static char *map(int fd, size_t length, int protection, int flags, off_t offset) {
  char *mapped = mmap(NULL, length, protection, flags, fd, offset);
  need(mapped != MAP_FAILED, "mmap");
  return mapped;
}

/* Writes as another process would: the library does not notice. */
static void foreign_write(off_t offset, const char *text) {
#ifdef __wasi__
  wmmap_mapping other = {0};
  need(wmmap_open(path, 0, WMMAP_WRITE, 0, &other) == WMMAP_OK, "wmmap_open");
  need(wmmap_write(other, (uint64_t)offset, strlen(text), text) == WMMAP_OK, "wmmap_write");
  wmmap_close(&other);
#else
  const int fd = open(path, O_WRONLY);
  NEED(pwrite(fd, text, strlen(text), offset));
  close(fd);
#endif
}

/* Makes `to` the number of the file `from`. */
static int renumber(int from, int to) {
#ifdef __wasi__
  return __wasilibc_fd_renumber(from, to);
#else
  const int got = dup2(from, to);
  close(from);
  return got < 0 ? -1 : 0;
#endif
}

static void refusals(void) {
  int fd = fresh(2 * page, O_RDWR);
  say_map("whole file", mmap(NULL, 2 * page, BOTH, MAP_SHARED, fd, 0), 2 * page);
  say_map("length 0", mmap(NULL, 0, READ, MAP_SHARED, fd, 0), 0);
  say_map("length SIZE_MAX", mmap(NULL, SIZE_MAX, READ, MAP_SHARED, fd, 0), 0);
  say_map("length SIZE_MAX less a page", mmap(NULL, SIZE_MAX - page, READ, MAP_SHARED, fd, 0), 0);
  say_map("anonymous, length SIZE_MAX less a page",
          mmap(NULL, SIZE_MAX - page, READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0);
  say_map("offset 1", mmap(NULL, page, READ, MAP_SHARED, fd, 1), 0);
  say_map("offset less than a page", mmap(NULL, page, READ, MAP_SHARED, fd, (off_t)page - 1), 0);
  say_map("offset of a page", mmap(NULL, page, READ, MAP_SHARED, fd, (off_t)page), page);
  say_map("offset past the end", mmap(NULL, page, READ, MAP_SHARED, fd, (off_t)(8 * page)), page);
  say_map("offset below 0", mmap(NULL, page, READ, MAP_SHARED, fd, -(off_t)page), 0);
  say_map("offset and length past 2^63", mmap(NULL, 4 * page, READ, MAP_SHARED, fd, INT64_MAX - (off_t)page + 1), 0);
  say_map("neither shared nor private", mmap(NULL, page, READ, 0, fd, 0), 0);
  say_map("a type that does not exist", mmap(NULL, page, READ, 4, fd, 0), 0);
  say_map("MAP_SHARED_VALIDATE", mmap(NULL, page, READ, MAP_SHARED_VALIDATE, fd, 0), page);
  say_map("PROT_NONE", mmap(NULL, page, PROT_NONE, MAP_SHARED, fd, 0), page);
  say_map("PROT_EXEC", mmap(NULL, page, READ | PROT_EXEC, MAP_PRIVATE, fd, 0), page);
  say_map("a hint", mmap((void *)(16 * page), page, READ, MAP_SHARED, fd, 0), page);
  say_map("MAP_POPULATE and MAP_NORESERVE", mmap(NULL, page, READ, MAP_SHARED | MAP_POPULATE | MAP_NORESERVE, fd, 0),
          page);
  char *here = map(fd, page, READ, MAP_SHARED, 0);
  say_map("MAP_FIXED", mmap(here, page, READ, MAP_SHARED | MAP_FIXED, fd, 0), page);
  munmap(here, page);

  say_map("fd -1", mmap(NULL, page, READ, MAP_SHARED, -1, 0), 0);
  say_map("fd 12345", mmap(NULL, page, READ, MAP_SHARED, 12345, 0), 0);
  say_map("fd -1 and length 0", mmap(NULL, 0, READ, MAP_SHARED, -1, 0), 0);
  say_map("fd -1 and offset 1", mmap(NULL, page, READ, MAP_SHARED, -1, 1), 0);
  close(fd);
  say_map("a closed fd", mmap(NULL, page, READ, MAP_SHARED, fd, 0), 0);
  say_map("stdin, which is no file", mmap(NULL, page, READ, MAP_SHARED, 0, 0), 0);

  fd = fresh(page, O_RDONLY);
  say_map("read-only fd, read", mmap(NULL, page, READ, MAP_SHARED, fd, 0), page);
  say_map("read-only fd, shared write", mmap(NULL, page, BOTH, MAP_SHARED, fd, 0), 0);
  say_map("read-only fd, shared write alone", mmap(NULL, page, PROT_WRITE, MAP_SHARED, fd, 0), 0);
  say_map("read-only fd, private write", mmap(NULL, page, BOTH, MAP_PRIVATE, fd, 0), page);
  close(fd);
  fd = fresh(page, O_WRONLY);
  say_map("write-only fd, read", mmap(NULL, page, READ, MAP_SHARED, fd, 0), 0);
  say_map("write-only fd, shared write", mmap(NULL, page, BOTH, MAP_SHARED, fd, 0), 0);
  say_map("write-only fd, private", mmap(NULL, page, READ, MAP_PRIVATE, fd, 0), 0);
  close(fd);
  fd = open(".", O_RDONLY | O_DIRECTORY);
  say_map("a directory", mmap(NULL, page, READ, MAP_SHARED, fd, 0), 0);
  say_map("a directory, private write", mmap(NULL, page, BOTH, MAP_PRIVATE, fd, 0), 0);
  say_map("a directory, shared write", mmap(NULL, page, BOTH, MAP_SHARED, fd, 0), 0);
  close(fd);
}

static void contents(void) {
  int fd = fresh(2 * page + 100, O_RDWR);
  char *m = map(fd, 3 * page, BOTH, MAP_SHARED, 0);
  show("start", m, 8);
  show("second page", m + page, 8);
  show("around the end of the file", m + 2 * page + 96, 8);
  show("end of the last page", m + 3 * page - 4, 4);
  m[0] = 'A';
  m[page + 1] = 'B';
  m[2 * page + 99] = 'C';
  m[2 * page + 100] = 'D'; /* Past the end. */
  show_file("pread sees a store", fd, 0, 4);
  show_file("and one in another page", fd, (off_t)page, 4);
  lseek(fd, (off_t)(2 * page + 96), SEEK_SET);
  char bytes[8] = {0};
  printf("read at the end: %zd ", read(fd, bytes, sizeof bytes));
  show("bytes", bytes, 4);
  NEED(munmap(m, 3 * page));
  printf("the file is as long as before: %s\n", size_of(fd) == (int)(2 * page + 100) ? "yes" : "no");
  show_file("unmapped, the last bytes are", fd, (off_t)(2 * page + 96), 4);

  m = map(fd, 2 * page, BOTH, MAP_PRIVATE, 0);
  m[0] = 'P';
  m[page] = 'Q';
  show("private stores", m, 4);
  show_file("pread does not see them", fd, 0, 4);
  NEED(msync(m, 2 * page, MS_SYNC));
  NEED(munmap(m, 2 * page));
  show_file("nor does the file have them", fd, (off_t)page, 4);

  m = map(fd, 2 * page, BOTH, MAP_PRIVATE, 0);
  *(volatile char *)m = *m;
  foreign_write(0, "WXYZ");
  need(pwrite(fd, "uv", 2, 4) == 2, "pwrite");
  show("a store of the byte that is there makes a page private", m, 8);
  NEED(munmap(m, 2 * page));

  m = map(fd, page, READ, MAP_SHARED, (off_t)page);
  show("from the second page on", m, 4);
  NEED(munmap(m, page));

  m = mmap(NULL, 3 * page, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(m != MAP_FAILED, "mmap");
  size_t zeros = 0;
  for (size_t i = 0; i < 3 * page; i += 1)
    zeros += m[i] == 0;
  printf("anonymous memory is zero: %s\n", zeros == 3 * page ? "yes" : "no");
  memset(m, 'x', 3 * page);
  NEED(munmap(m, 3 * page));
  m = mmap(NULL, 3 * page, BOTH, MAP_SHARED | MAP_ANONYMOUS, 77, 0);
  show("and again after use, shared, with a number that is no file's", m, 4);
  NEED(munmap(m, 3 * page));
  close(fd);
}

/* Changes of a mapped file by the program itself. */
static void coherence(void) {
  int fd = fresh(2 * page, O_RDWR);
  char *m = map(fd, 4 * page, BOTH, MAP_SHARED, 0);
  NEED(pwrite(fd, "PW", 2, 2));
  show("pwrite", m, 6);
  lseek(fd, 8, SEEK_SET);
  NEED(write(fd, "WR", 2));
  show("write", m, 12);
  const struct iovec parts[] = {{"V1", 2}, {"", 0}, {"V2", 2}};
  lseek(fd, 12, SEEK_SET);
  printf("writev writes %zd\n", writev(fd, parts, 3));
  show("writev", m + 10, 8);
  m[20] = 'S';
  NEED(pwrite(fd, "T", 1, 21));
  show("a store beside a pwrite", m + 18, 6);
  show_file("both in the file", fd, 18, 6);
  int other = open(path, O_RDWR);
  NEED(pwrite(other, "OTHER", 5, 30));
  show("written through another descriptor", m + 28, 8);
  m[30] = 'X';
  show_file("stored, and read through it", other, 28, 8);
  close(other);
  FILE *stream = fopen(path, "r+");
  fseek(stream, 40, SEEK_SET);
  fputs("STDIO", stream);
  fflush(stream);
  show("written by stdio", m + 38, 8);
  fclose(stream);
  int append = open(path, O_WRONLY | O_APPEND);
  NEED(write(append, "APPENDED", 8));
  show("appended", m + 2 * page, 12);
  close(append);
  printf("and the file grew to two pages and %d\n", size_of(fd) - (int)(2 * page));

  NEED(ftruncate(fd, (off_t)(4 * page)));
  m[3 * page] = 'G';
  show("stored where the file grew", m + 3 * page - 1, 3);
  show_file("and the file has it", fd, (off_t)(3 * page - 1), 3);
  NEED(ftruncate(fd, 10));
  show("cut, in the last page that is left", m + 6, 8);
  NEED(ftruncate(fd, (off_t)(4 * page)));
  show("cut and extended, first page", m + 6, 8);
  show("third page", m + 3 * page, 2);
  other = open(path, O_RDWR | O_TRUNC);
  NEED(write(other, "AGAIN", 5));
  show("truncated by open, and written", m, 8);
  close(other);
  NEED(munmap(m, 4 * page));
  close(fd);

  fd = fresh(0, O_RDWR);
  m = map(fd, 2 * page, BOTH, MAP_SHARED, 0);
  NEED(pwrite(fd, "was empty", 9, 0));
  show("a file that was empty", m, 12);
  m[0] = 'W';
  show_file("is stored into", fd, 0, 9);
  NEED(munmap(m, 2 * page));
  close(fd);

  fd = fresh(page, O_RDWR);
  m = map(fd, page, BOTH, MAP_SHARED, 0);
  char *n = map(fd, page, BOTH, MAP_SHARED, 0);
  m[1] = 'M';
  n[2] = 'N';
  NEED(msync(m, page, MS_SYNC));
  NEED(msync(n, page, MS_SYNC | MS_INVALIDATE));
  NEED(msync(m, page, MS_SYNC | MS_INVALIDATE));
  show("two mappings, synchronized", m, 4);
  show("and the other", n, 4);
  foreign_write(5, "FOREIGN");
  m[4] = 'm';
  m[12] = 'm';
  NEED(msync(m, page, MS_SYNC));
  show_file("others' bytes are not overwritten", fd, 3, 12);
  NEED(msync(m, page, MS_SYNC | MS_INVALIDATE));
  show("and seen", m + 3, 12);
  for (size_t i = 0; i < 40; i += 2)
    m[100 + i] = '+';
  foreign_write(101, "1");
  foreign_write(131, "2");
  NEED(msync(m, page, MS_SYNC));
  show_file("nor between many changes", fd, 98, 40);
  m[20] = '!';
  NEED(fsync(fd));
  show_file("fsync", fd, 18, 4);
  m[21] = '?';
  NEED(munmap(n, page));
  NEED(munmap(m, page));
  show_file("munmap", fd, 18, 4);
  close(fd);

  fd = fresh(16, O_RDWR);
  const off_t far = (off_t)5 << 30;
  NEED(pwrite(fd, "far away", 8, far));
  m = map(fd, page, BOTH, MAP_SHARED, far);
  show("past 4 GiB", m, 10);
  m[0] = 'F';
  NEED(munmap(m, page));
  show_file("stored there", fd, far, 8);
  NEED(ftruncate(fd, 0));
  close(fd);
}

/* A descriptor stays that of its file, whatever happens to the path. */
static void descriptors(void) {
  char other[300];
  snprintf(other, sizeof other, "%s.other", path);
  int fd = fresh(page, O_RDWR);
  char *m = map(fd, page, BOTH, MAP_SHARED, 0);
  close(fd);
  m[0] = 'C';
  NEED(munmap(m, page));
  fd = open(path, O_RDWR);
  show_file("the fd was closed before the store", fd, 0, 4);

  NEED(rename(path, other));
  m = map(fd, page, BOTH, MAP_SHARED, 0);
  m[1] = 'R';
  NEED(munmap(m, page));
  int renamed = open(other, O_RDONLY);
  show_file("renamed after open", renamed, 0, 4);
  close(renamed);
  int again = open(path, O_RDWR | O_CREAT, 0644);
  NEED(write(again, "another file", 12));
  m = map(fd, page, READ, MAP_SHARED, 0);
  char *n = map(again, page, READ, MAP_SHARED, 0);
  show("there is another file of the old name", m, 4);
  show("whose number maps itself", n, 12);
  NEED(munmap(m, page));
  NEED(munmap(n, page));
  NEED(unlink(other));
  m = map(fd, page, BOTH, MAP_SHARED, 0);
  m[2] = 'U';
  NEED(munmap(m, page));
  show_file("unlinked after open", fd, 0, 4);

  const int number = fd;
  NEED(renumber(again, fd)); /* `again` is closed by that. */
  m = map(number, page, READ, MAP_SHARED, 0);
  show("a number that was given to another file", m, 12);
  NEED(munmap(m, page));
  say_map("and the number that it had", mmap(NULL, page, READ, MAP_SHARED, again, 0), page);
  close(number);
  fd = open(path, O_RDONLY);
  printf("the lowest number is taken again: %s\n", fd == number ? "yes" : "no");
  m = map(fd, page, READ, MAP_PRIVATE, 0);
  show("and maps what it stands for now", m, 12);
  NEED(munmap(m, page));
  close(fd);

  FILE *stream = fopen(path, "r+");
  m = map(fileno(stream), page, BOTH, MAP_SHARED, 0);
  m[0] = 'S';
  NEED(munmap(m, page));
  char bytes[13] = {0};
  printf("a stream: %zu ", fread(bytes, 1, 12, stream));
  show("bytes", bytes, 12);
  fclose(stream);

  NEED(mkdir("folder", 0755));
  const int folder = open("folder", O_RDONLY | O_DIRECTORY);
  fd = openat(folder, "inside", O_RDWR | O_CREAT, 0644);
  NEED(write(fd, "inside", 6));
  m = map(fd, page, READ, MAP_SHARED, 0);
  show("opened below a directory", m, 8);
  NEED(munmap(m, page));
  close(fd);
  NEED(unlinkat(folder, "inside", 0));
  close(folder);
  NEED(rmdir("folder"));

  NEED(symlink(path[0] == '/' ? path + 1 : path, "link"));
  fd = open("link", O_RDONLY);
  m = map(fd, page, READ, MAP_SHARED, 0);
  show("opened through a symbolic link", m, 8);
  NEED(munmap(m, page));
  close(fd);
  NEED(unlink("link"));
}

static void ranges(void) {
  int fd = fresh(8 * page, O_RDWR);
  char *m = map(fd, 8 * page, BOTH, MAP_SHARED, 0);
  for (size_t i = 0; i < 8; i += 1)
    m[i * page] = (char)('0' + i);
  say("msync MS_SYNC", msync(m, 8 * page, MS_SYNC));
  say("msync MS_ASYNC", msync(m, 8 * page, MS_ASYNC));
  say("msync MS_INVALIDATE", msync(m, 8 * page, MS_INVALIDATE));
  say("msync of a part", msync(m + page, 10, MS_SYNC));
  say("msync of nothing", msync(m, 0, MS_SYNC));
  say("msync without a flag", msync(m, page, 0));
  say("msync with both", msync(m, page, MS_SYNC | MS_ASYNC));
  say("msync with an unknown flag", msync(m, page, 8));
  say("msync inside a page", msync(m + 1, page, MS_SYNC));
  say("msync past the end", msync(m, SIZE_MAX - 2 * page, MS_SYNC));
  say("munmap inside a page", munmap(m + 1, page));
  say("munmap of nothing", munmap(m, 0));
  say("munmap past the end of memory", munmap(m, SIZE_MAX - page));

  say("munmap of the first page", munmap(m, page));
  say("munmap of the middle", munmap(m + 3 * page, 2 * page - 100));
  say("munmap of the last page", munmap(m + 7 * page, page));
  say("msync of unmapped pages", msync(m + 3 * page, page, MS_SYNC));
  say("msync over unmapped pages", msync(m + 2 * page, 4 * page, MS_SYNC));
  m[2 * page + 1] = 'k';
  m[6 * page + 1] = 'l';
  say("msync of the other pages", msync(m + 5 * page, 2 * page, MS_SYNC));
  show("the other pages", m + 5 * page, 2);
  say("munmap of all of it, again", munmap(m, 8 * page));
  show_file("the file has what was stored there", fd, (off_t)(2 * page), 4);
  show_file("and there", fd, (off_t)(6 * page), 4);
  say("munmap of a range that is not mapped", munmap(m, 8 * page));
  say("msync of a range that is not mapped", msync(m, page, MS_SYNC));

  m = map(fd, 4 * page, READ, MAP_SHARED, 0);
  say("mprotect to what it is", mprotect(m, 4 * page, READ));
  say("mprotect, file, for writing too", mprotect(m, 4 * page, BOTH));
  say("mprotect inside a page", mprotect(m + 1, page, READ));
  say("mprotect of nothing", mprotect(m, 0, READ));
  say("mprotect past the end", mprotect(m, SIZE_MAX - 2 * page, READ));
  say("mprotect with an unknown bit", mprotect(m, page, 64));
  for (int advice = 0; advice <= 4; advice += 1) {
    char text[40];
    snprintf(text, sizeof text, "madvise %d", advice);
    say(text, madvise(m, 4 * page, advice));
    printf("posix_%s: %d\n", text, posix_madvise(m, 4 * page, advice));
  }
  say("madvise 99", madvise(m, page, 99));
  printf("posix_madvise 99: %s\n", name(posix_madvise(m, page, 99)));
  say("madvise inside a page", madvise(m + 1, page, MADV_NORMAL));
  say("madvise of nothing", madvise(m, 0, MADV_NORMAL));
  show("advice changes nothing", m, 4);
  NEED(munmap(m, 4 * page));
  say("mprotect of a range that is not mapped", mprotect(m, page, READ));
  say("madvise of a range that is not mapped", madvise(m, page, MADV_NORMAL));
  close(fd);
  fd = fresh(page, O_RDONLY);
  m = map(fd, page, READ, MAP_SHARED, 0);
  say("mprotect for writing, on a read-only fd", mprotect(m, page, BOTH));
  NEED(munmap(m, page));
  m = map(fd, page, BOTH, MAP_PRIVATE, 0);
  m[0] = 'P';
  NEED(madvise(m, page, MADV_DONTNEED));
  show("MADV_DONTNEED of a private mapping", m, 4);
  NEED(munmap(m, page));
  close(fd);

  m = mmap(NULL, 2 * page, READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say("mprotect, anonymous, for writing", mprotect(m, 2 * page, BOTH));
  m[page] = 'w';
  say("mprotect, anonymous, for reading only", mprotect(m, page, READ));
  NEED(posix_madvise(m + page, page, POSIX_MADV_DONTNEED));
  show("POSIX_MADV_DONTNEED of anonymous memory", m + page, 2);
  NEED(madvise(m + page, page, MADV_DONTNEED));
  show("MADV_DONTNEED of it", m + page, 2);
  NEED(munmap(m, 2 * page));
}

/* Many mappings at a time, all of which are released. */
static void many(void) {
  enum { COUNT = 200 };
  static char *maps[COUNT];
  int fd = fresh(4 * page, O_RDWR);
  for (int round = 0; round < 3; round += 1) {
    int good = 0;
    for (int i = 0; i < COUNT; i += 1)
      maps[i] = map(fd, page, READ, MAP_SHARED, (off_t)(page * (size_t)(i % 4)));
    for (int i = 0; i < COUNT; i += 1)
      good += maps[i][5] == (i % 2 ? 'F' : 'f');
    for (int i = 0; i < COUNT; i += 1)
      NEED(munmap(maps[i], page));
    printf("many, round %d: %d good\n", round, good);
  }
  close(fd);
}

static void past_end(void) {
  const int fd = fresh(100, O_RDWR);
  char *m = map(fd, 2 * page, BOTH, MAP_SHARED, 0);
  show("past the end", m + page, 4);
  m[0] = 'A';
  m[page] = 'B';
  say("msync", msync(m, 2 * page, MS_SYNC));
  NEED(munmap(m, 2 * page));
  show_file("the file", fd, 0, 2);
  printf("is as long as before: %d\n", size_of(fd));
}

static int ending(const char *how) {
  const int fd = fresh(page, O_RDWR);
  char *m = map(fd, page, BOTH, MAP_SHARED, 0);
  memcpy(m, how, strlen(how));
  if (strcmp(how, "exit") == 0)
    exit(0);
  if (strcmp(how, "_exit") == 0)
    _exit(0);
  return 0;
}

int main(int count, char **words) {
  page = (size_t)sysconf(_SC_PAGESIZE);
  need(count > 1 && chdir(words[1]) == 0, "chdir");
  snprintf(path, sizeof path, "file");
  if (count > 2 && strcmp(words[2], "past-end") == 0)
    return past_end(), 0;
  static const struct {
    const char *name;
    void (*ask)(void);
  } parts[] = {{"refusals", refusals},       {"contents", contents}, {"coherence", coherence},
               {"descriptors", descriptors}, {"ranges", ranges},     {"many", many}};
  bool asked = false;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i += 1)
    if (count == 2 || strcmp(words[2], parts[i].name) == 0) {
      parts[i].ask();
      asked = true;
    }
  if (!asked)
    return ending(words[2]);
  NEED(unlink(path));
  return 0;
}
