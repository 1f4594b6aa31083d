/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * large FILE MIB: maps so much of a file, prints its first and last byte, and stores an L in place of the last through
 * a second map.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static char letter(char c) { return c == 0 ? '0' : c; }

int main(int count, char **words) {
  const int fd = count > 2 ? open(words[1], O_RDWR) : -1;
  if (fd < 0)
    return fail("large");
  const size_t size = (size_t)atol(words[2]) << 20;
  char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return fail("mmap");
  printf("the first byte: %c, the last: %c\n", letter(map[0]), letter(map[size - 1]));
  if (munmap(map, size) != 0)
    return fail("munmap");
  /* A map of the end: a copy that is stored takes its size twice. */
  const size_t part = size / 4;
  map = mmap(NULL, part, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)(size - part));
  if (map == MAP_FAILED)
    return fail("mmap for writing");
  map[part - 1] = 'L';
  if (munmap(map, part) != 0)
    return fail("munmap");
  char last = 0;
  if (pread(fd, &last, 1, (off_t)size - 1) != 1)
    return fail("pread");
  printf("stored: %c\n", last);
  return 0;
}
