/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* high FILE: calls of the system and a map, with all that they read and write at addresses from 2 GiB on. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 65536, LENGTH = 60000 };

int main(int count, char **words) {
  const size_t size = (size_t)2200 << 20;
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (count < 2 || memory == MAP_FAILED)
    return perror("mmap"), 1;
  char *high = memory + size - 8 * PAGE;
  char *path = strcpy(high, words[1]);
  char *out = high + PAGE, *in = high + 4 * PAGE;
  for (int i = 0; i < LENGTH; i += 1)
    out[i] = (char)(i * 31 + i / 251);
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write(fd, out, LENGTH) != LENGTH || pwrite(fd, "end", 3, LENGTH) != 3)
    return perror("write"), 1;
  printf("read: %zd, %s\n", pread(fd, in, LENGTH, 0), memcmp(in, out, LENGTH) == 0 ? "the same" : "others");
  char *map = mmap(NULL, LENGTH + 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return perror("mmap of a file"), 1;
  printf("map: %s, %.3s\n", memcmp(map, out, LENGTH) == 0 ? "the same" : "others", map + LENGTH);
  memcpy(map + 10, "stored", 6);
  if (msync(map, LENGTH + 3, MS_SYNC) != 0 || munmap(map, LENGTH + 3) != 0)
    return perror("msync"), 1;
  struct stat *facts = (struct stat *)(high + 7 * PAGE);
  printf("stored: %zd, %.6s\n", pread(fd, in, 20, 0), in + 10);
  printf("stat: %d, %lld bytes\n", stat(path, facts), (long long)facts->st_size);
  return 0;
}
