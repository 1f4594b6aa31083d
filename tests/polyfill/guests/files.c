/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What std::fs does not reach of wasi:filesystem: links, times by path, advice, positions, and the calls that C has no
 * names for. `files` prints every answer; `files stream COUNT` reads COUNT blocks of /text through a stream, `files
 * pread COUNT` at scattered places, `files write COUNT` writes as many to /copy through a stream. With DIRECT it maps
 * nothing, so that it runs where nobody offers the mapping.
 */
#ifndef DIRECT
#include "wasi_mmap.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMPORT(name) __attribute__((import_module("wasi:filesystem/types@0.2.12"), import_name(name)))

typedef struct {
  uint64_t words[4];
} result;

IMPORT("[method]descriptor.metadata-hash") void metadata_hash(int32_t self, result *out);
IMPORT("[method]descriptor.is-same-object") int32_t is_same_object(int32_t self, int32_t other);
IMPORT("[method]descriptor.get-flags") void get_flags(int32_t self, result *out);
IMPORT("[method]descriptor.get-type") void get_type(int32_t self, result *out);
IMPORT("[method]descriptor.set-size") void set_size(int32_t self, int64_t size, result *out);
IMPORT("[method]descriptor.open-at")
void open_at(int32_t self, int32_t at, const char *path, size_t length, int32_t open, int32_t flags, result *out);
IMPORT("[resource-drop]descriptor") void drop_descriptor(int32_t self);

typedef struct {
  int32_t descriptor;
  char *name;
  size_t length;
} directory;

typedef struct {
  directory *items;
  size_t count;
} directories;

__attribute__((import_module("wasi:filesystem/preopens@0.2.12"), import_name("get-directories"))) void
get_directories(directories *out);

static void say(const char *what, long answer) {
  printf("%s: %ld", what, answer);
  if (answer < 0)
    printf(", errno %d", errno);
  printf("\n");
}

static void links(void) {
  say("symlink", symlink("target", "/link"));
  say("symlink to nothing", symlink("nothing", "/dangling"));
  say("symlink over", symlink("x", "/link"));
  char buffer[64] = "";
  say("readlink", readlink("/link", buffer, sizeof buffer));
  printf("%s\n", buffer);
  say("readlink of a file", readlink("/target", buffer, sizeof buffer));
  struct stat facts;
  say("stat through a link", stat("/link", &facts));
  printf("size %lld, links %llu\n", (long long)facts.st_size, (unsigned long long)facts.st_nlink);
  say("stat of a dangling one", stat("/dangling", &facts));
  say("lstat", lstat("/dangling", &facts));
  printf("link %d\n", S_ISLNK(facts.st_mode));
  say("open of a link", open("/link", O_RDONLY));
  say("open of a link, not followed", open("/link", O_RDONLY | O_NOFOLLOW));
  say("linkat", linkat(AT_FDCWD, "/target", AT_FDCWD, "/hard", 0));
  say("stat", stat("/target", &facts));
  printf("links %llu\n", (unsigned long long)facts.st_nlink);
}

static void times(void) {
  const struct timespec old[2] = {{1000000000, 0}, {1100000000, 0}};
  say("utimensat", utimensat(AT_FDCWD, "/target", old, 0));
  struct stat facts = {0};
  stat("/target", &facts);
  printf("%lld %lld\n", (long long)facts.st_atim.tv_sec, (long long)facts.st_mtim.tv_sec);
  const struct timespec omit[2] = {{0, UTIME_OMIT}, {1200000000, 0}};
  say("utimensat of one", utimensat(AT_FDCWD, "/target", omit, 0));
  stat("/target", &facts);
  printf("%lld %lld\n", (long long)facts.st_atim.tv_sec, (long long)facts.st_mtim.tv_sec);
}

static void positions(void) {
  const int file = open("/target", O_RDWR);
  char buffer[16] = "";
  say("pread", pread(file, buffer, 4, 2));
  printf("%.4s\n", buffer);
  say("pread at the end", pread(file, buffer, 4, 1000));
  say("pwrite", pwrite(file, "PQ", 2, 3));
  say("pwrite far", pwrite(file, "far", 3, 100));
  say("lseek", lseek(file, 0, SEEK_END));
  say("posix_fadvise", posix_fadvise(file, 0, 10, POSIX_FADV_SEQUENTIAL));
  say("posix_fallocate", posix_fallocate(file, 0, 10));
  say("ftruncate", ftruncate(file, 50));
  say("ftruncate to more than there is", ftruncate(file, (off_t)1 << 50));
  say("fsync", fsync(file));
  say("fdatasync", fdatasync(file));
  say("read of a closed one", (close(file), read(file, buffer, 1)));
}

#ifndef DIRECT
/* Calls the interface directly: opens one directory repeatedly. */
static void descriptors(void) {
  directories granted = {0};
  get_directories(&granted);
  printf("directories: %zu\n", granted.count);
  const int32_t root = granted.items[0].descriptor;
  result answer = {0}, again = {0};
  open_at(root, 0, "target", 6, 0, 1, &answer);
  const int32_t one = (int32_t)(answer.words[0] >> 32);
  open_at(root, 0, "target", 6, 0, 3, &answer);
  const int32_t other = (int32_t)(answer.words[0] >> 32);
  printf("same: %d, not the same: %d\n", is_same_object(one, other), is_same_object(one, root));
  metadata_hash(one, &answer);
  metadata_hash(other, &again);
  printf("hashes: %d\n", memcmp(&answer.words[1], &again.words[1], 16) == 0);
  for (int i = 0; i < 2; i += 1) {
    memset(&answer, 0, sizeof answer);
    get_flags(i ? other : one, &answer);
    printf("flags: %x\n", (unsigned)(answer.words[0] & 0xffff));
  }
  memset(&answer, 0, sizeof answer);
  get_type(root, &answer);
  printf("type: %x\n", (unsigned)(answer.words[0] & 0xffff));
  memset(&answer, 0, sizeof answer);
  set_size(one, 10, &answer);
  printf("set-size without the right: %x\n", (unsigned)(answer.words[0] & 0xffff));
  for (int i = 0; i < 5000; i += 1) {
    open_at(root, 0, "target", 6, 0, 1, &answer);
    if ((answer.words[0] & 0xff) != 0) {
      printf("open %d: %x\n", i, (unsigned)(answer.words[0] >> 32));
      break;
    }
    drop_descriptor((int32_t)(answer.words[0] >> 32));
  }
  drop_descriptor(one);
  drop_descriptor(other);
}
#endif

static char block[1 << 16];

/* Blocks of the largest size that hosts return at a time; wraps around at the end. */
static int transfer(const char *how, long count) {
  const int write_it = how[0] == 'w';
  const int file = open(write_it ? "/copy" : "/text", write_it ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0666);
  if (file < 0)
    return perror(how), 1;
  struct stat facts = {0};
  fstat(file, &facts);
  const uint64_t limit = (uint64_t)facts.st_size - sizeof block;
  for (long blocks = 0; blocks < count;) {
    const off_t place = (off_t)((uint64_t)blocks * 2654435761U % limit & ~UINT64_C(63)); /* As in bench.c. */
    const ssize_t got = write_it        ? write(file, block, sizeof block)
                        : how[0] == 'p' ? pread(file, block, sizeof block, place)
                                        : read(file, block, sizeof block);
    if (got < 0)
      return perror(how), 1;
    blocks += got == sizeof block;
    if (got == 0)
      lseek(file, 0, SEEK_SET);
  }
  return 0;
}

int main(int count, char **words) {
  if (count == 3)
    return transfer(words[1], strtol(words[2], NULL, 10));
  const int file = open("/target", O_WRONLY | O_CREAT, 0666);
  say("write", write(file, "0123456789", 10));
  close(file);
  links();
  times();
  positions();
#ifndef DIRECT
  descriptors();
  /* Imports the mapping, so that the polyfill has something to do. */
  wmmap_mapping map = {0};
  printf("mapping: %d\n", (int)wmmap_open("/target", 0, WMMAP_READ, 0, &map));
  printf("%llu\n", (unsigned long long)wmmap_length(map));
  wmmap_close(&map);
#endif
}
