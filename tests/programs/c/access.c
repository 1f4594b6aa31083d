/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * access FILE MIB: the cost of using a file's bytes in each way: mapped with mmap(), copied through a mapping of the
 * contract (components only), read with pread(), and as bytes that were in memory already. Prints a line for each case,
 * its name and the best time in nanoseconds for one operation, and a sum that all ways agree on.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef __wasi__
#include "wasi_mmap.h"
static wmmap_mapping mapping;
#endif

enum { BLOCK = 64 * 1024, ROUNDS = 24, SLOW_ROUNDS = 4 };

static size_t size;
static int fd;
static const uint8_t *memory;
static const uint8_t *mapped;
static uint8_t buffer[BLOCK];
static volatile uint64_t sink; /* Uses the results, so that the compiler keeps every loop. */

static void need(int good, const char *what) {
  if (good)
    return;
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The bytes of a range, in each way. */
typedef const uint8_t *get(size_t offset, size_t length);

static const uint8_t *get_memory(size_t offset, size_t length) {
  (void)length;
  return memory + offset;
}

static const uint8_t *get_mapped(size_t offset, size_t length) {
  (void)length;
  return mapped + offset;
}

static const uint8_t *get_read(size_t offset, size_t length) {
  for (size_t done = 0; done < length;) {
    const ssize_t got = pread(fd, buffer + done, length - done, (off_t)(offset + done));
    need(got > 0, "pread");
    done += (size_t)got;
  }
  return buffer;
}

#ifdef __wasi__
static const uint8_t *get_copied(size_t offset, size_t length) {
  need(wmmap_read(mapping, offset, length, buffer) == WMMAP_OK, "wmmap_read");
  return buffer;
}
#endif

static uint64_t sum_of(const uint8_t *bytes, size_t length) {
  uint64_t sums[4] = {0};
  for (size_t i = 0; i < length; i += 32) {
    uint64_t words[4];
    memcpy(words, bytes + i, sizeof words);
    for (int k = 0; k < 4; k += 1)
      sums[k] += words[k];
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

static size_t place(size_t i) { return (size_t)((uint64_t)i * 2654435761U % (size - 64)); }

/* Specialized for each way by the compiler, as a program's own loops are. */
__attribute__((always_inline)) static inline uint64_t sequential(get *bytes, size_t passes) {
  uint64_t sum = 0;
  for (size_t pass = 0; pass < passes; pass += 1)
    for (size_t at = 0; at < size; at += BLOCK)
      sum += sum_of(bytes(at, BLOCK), BLOCK);
  return sum;
}

__attribute__((always_inline)) static inline uint64_t random_bytes(get *bytes, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i += 1)
    sum += bytes(place(i), 1)[0];
  return sum;
}

__attribute__((always_inline)) static inline uint64_t random_blocks(get *bytes, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i += 1)
    sum += sum_of(bytes(place(i), 64), 64);
  return sum;
}

#define WAY(way)                                                                                                       \
  __attribute__((noinline)) static uint64_t sequential_##way(size_t n) { return sequential(get_##way, n); }            \
  __attribute__((noinline)) static uint64_t bytes_##way(size_t n) { return random_bytes(get_##way, n); }               \
  __attribute__((noinline)) static uint64_t blocks_##way(size_t n) { return random_blocks(get_##way, n); }
WAY(memory)
WAY(mapped)
WAY(read)
#ifdef __wasi__
WAY(copied)
#endif

typedef struct {
  const char *name;
  uint64_t (*run)(size_t count);
  size_t count;
  int rounds;
  double best;
  uint64_t sum; /* of the first operations that all ways do */
} measured;

int main(int words_count, char **words) {
  need(words_count == 3, "usage: access FILE MIB");
  size = (size_t)atoi(words[2]) << 20;
  fd = open(words[1], O_RDONLY);
  need(fd >= 0, "open");
  mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  need(mapped != MAP_FAILED, "mmap");
  uint8_t *bytes = malloc(size);
  need(bytes != NULL, "malloc");
  for (size_t at = 0; at < size; at += BLOCK)
    memcpy(bytes + at, get_read(at, BLOCK), BLOCK);
  memory = bytes;
#ifdef __wasi__
  need(wmmap_open(words[1], size, WMMAP_READ, 0, &mapping) == WMMAP_OK, "wmmap_open");
#endif
  const size_t few = 100000;
  const size_t many = 1000000;
  measured cases[] = {
      {"memory, sum", sequential_memory, 1, ROUNDS, 0, 0},
      {"mmap, sum", sequential_mapped, 1, ROUNDS, 0, 0},
      {"memory, 1 byte", bytes_memory, many, ROUNDS, 0, 0},
      {"mmap, 1 byte", bytes_mapped, many, ROUNDS, 0, 0},
      {"memory, 64 bytes", blocks_memory, many, ROUNDS, 0, 0},
      {"mmap, 64 bytes", blocks_mapped, many, ROUNDS, 0, 0},
      {"pread, sum", sequential_read, 1, SLOW_ROUNDS, 0, 0},
      {"pread, 1 byte", bytes_read, few / 10, SLOW_ROUNDS, 0, 0},
      {"pread, 64 bytes", blocks_read, few / 10, SLOW_ROUNDS, 0, 0},
#ifdef __wasi__
      {"copy, sum", sequential_copied, 1, SLOW_ROUNDS, 0, 0},
      {"copy, 1 byte", bytes_copied, few, SLOW_ROUNDS, 0, 0},
      {"copy, 64 bytes", blocks_copied, few, SLOW_ROUNDS, 0, 0},
#endif
  };
  enum { CASES = sizeof cases / sizeof cases[0] };
  for (int i = 0; i < CASES; i += 1)
    cases[i].sum = cases[i].run(cases[i].count == 1 ? 1 : 1000);
  /* In turn, because a shared machine has slow moments. The first round warms up. */
  for (int round = 0; round <= ROUNDS; round += 1)
    for (int i = 0; i < CASES; i += 1) {
      if (round > cases[i].rounds)
        continue;
      const double start = now();
      sink = cases[i].run(cases[i].count);
      const double time = (now() - start) / (double)cases[i].count;
      if (round > 0 && (cases[i].best == 0 || time < cases[i].best))
        cases[i].best = time;
    }
  for (int i = 0; i < CASES; i += 1)
    printf("%s: %.3f (%llx)\n", cases[i].name, cases[i].best, (unsigned long long)cases[i].sum);
  return 0;
}
