/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * growing FILE shared|private MIB...: maps a file anew in each of these sizes, one after the other, as programs do
 * whose file grows. Between, it allocates and frees as they do. Prints each size, then how large memory was at the end.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **words) {
  const int fd = count > 2 ? open(words[1], O_RDWR) : -1;
  const int flags = count > 2 && strcmp(words[2], "private") == 0 ? MAP_PRIVATE : MAP_SHARED;
  for (int i = 3; i < count; i += 1) {
    const size_t size = (size_t)atol(words[i]) << 20;
    char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (map == MAP_FAILED)
      return perror(words[i]), 1;
    map[size - 1] = 'x';
    char *note = malloc((size_t)1000 * (size_t)i); /* Stays. */
    if (!note || munmap(map, size) != 0)
      return perror("growing"), 1;
    printf("%s MiB\n", words[i]);
  }
#ifdef __wasm__
  printf("memory: %zu MiB\n", __builtin_wasm_memory_size(0) / 16);
#endif
  return 0;
}
