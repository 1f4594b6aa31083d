/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * random FOLDER SEED COUNT: maps, unmaps, protects, moves and stores at random in a few pages, and prints a line for
 * each step with what the pages and the files hold then. The lines are the same on Linux and on WASI.
 *
 * Private maps are of a file that never changes: whether they see changes is left open by POSIX.
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
#include <unistd.h>

enum { PAGES = 12, FILE_PAGES = 8, BOTH = PROT_READ | PROT_WRITE };

static uint64_t state;

static unsigned below(unsigned bound) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % bound;
}

static void need(bool good, const char *what) {
  if (good)
    return;
  printf("cannot go on: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int make_file(const char *path, size_t page, char first) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  need(fd >= 0 && ftruncate(fd, (off_t)(FILE_PAGES * page)) == 0, "a file");
  for (size_t i = 0; i < FILE_PAGES; i += 1) {
    const char letter = (char)(first + (char)i);
    need(pwrite(fd, &letter, 1, (off_t)(i * page)) == 1, "pwrite");
  }
  return fd;
}

static char shown(char c) { return c ? c : '.'; }

/* Copies see each other's changes by this. */
static void synchronize(char *arena, size_t page) {
  need(msync(arena, PAGES * page, MS_SYNC) == 0, "msync");
  need(msync(arena, PAGES * page, MS_INVALIDATE) == 0, "msync to see others");
}

int main(int count, char **words) {
  need(count > 3 && chdir(words[1]) == 0, "chdir");
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  state = strtoull(words[2], NULL, 10);
  const int shared = make_file("shared", page, 'a');
  const int constant = make_file("constant", page, 'A');
  char *arena = mmap(NULL, PAGES * page, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(arena != MAP_FAILED, "mmap");
  bool writable[PAGES];
  memset(writable, true, sizeof writable);
  for (int step = 0, steps = atoi(words[3]); step < steps; step += 1) {
    const unsigned first = below(PAGES);
    const unsigned length = 1 + below(PAGES - first < 5 ? PAGES - first : 5);
    char *at = arena + first * page;
    const size_t size = length * page;
    const int protection = below(3) ? BOTH : PROT_READ;
    const unsigned what = below(9);
    const unsigned offset = below(FILE_PAGES - 4);
    long result = 0;
    switch (what) {
    case 0:
    case 1:
    case 2: {
      const int flags = (what == 0 ? MAP_PRIVATE | MAP_ANONYMOUS : what == 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED;
      result = mmap(at, size, protection, flags,
                    what == 0   ? -1
                    : what == 1 ? shared
                                : constant,
                    what == 0 ? 0 : (off_t)(offset * page)) == at;
      break;
    }
    case 3:
      result = mprotect(at, size, protection);
      break;
    case 4: { /* Another mapping of the program must not get the hole. */
      result = munmap(at, size);
      need(mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at, "the hole");
      break;
    }
    case 5: { /* The first page moves; its place is anonymous then. */
      const unsigned to = below(PAGES);
      if (to == first)
        break;
      result = mremap(at, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, arena + to * page) == arena + to * page;
      need(mmap(at, page, BOTH, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at, "what was moved");
      writable[to] = writable[first];
      writable[first] = true;
      break;
    }
    case 6:
      result = madvise(at, size, MADV_DONTNEED);
      break;
    default:
      for (unsigned i = first; i < first + length; i += 1)
        if (writable[i]) {
          arena[i * page] = (char)('0' + below(10));
          synchronize(arena, page);
        }
    }
    if (what <= 4)
      for (unsigned i = first; i < first + length; i += 1) {
        writable[i] = protection == BOTH;
      }
    synchronize(arena, page);
    printf("%d: %u %u+%u %ld ", step, what, first, length, result);
    for (unsigned i = 0; i < PAGES; i += 1)
      putchar(shown(arena[i * page]));
    putchar(' ');
    for (unsigned i = 0; i < FILE_PAGES; i += 1) {
      char byte = 0;
      need(pread(shared, &byte, 1, (off_t)(i * page)) == 1, "pread");
      putchar(shown(byte));
    }
    putchar('\n');
  }
  need(munmap(arena, PAGES * page) == 0, "munmap");
  return 0;
}
