/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mgrep [-c] [-n] TEXT FILE...: prints the lines that contain the text, like grep -aF, but it maps the files and lets
 * the host search. The exit code is 0 if a line was found, 1 if none was, 2 after an error.
 */
#include "wasi_mmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t buffer[64 * 1024];

/* Ends the search of this file with a message; the exit code will be 2. */
#define REQUIRE(call)                                                                                                  \
  do {                                                                                                                 \
    const wmmap_status status_ = (call);                                                                               \
    if (status_ != WMMAP_OK)                                                                                           \
      return status_;                                                                                                  \
  } while (0)

typedef struct {
  bool count;
  bool numbers;
  const char *prefix; /* NULL for none */
} options;

static wmmap_status print_range(wmmap_mapping map, uint64_t start, uint64_t end) {
  while (start < end) {
    const uint64_t size = end - start < sizeof buffer ? end - start : sizeof buffer;
    REQUIRE(wmmap_read(map, start, size, buffer));
    fwrite(buffer, 1, (size_t)size, stdout);
    start += size;
  }
  return WMMAP_OK;
}

static wmmap_status count_newlines(wmmap_mapping map, uint64_t start, uint64_t end, uint64_t *count) {
  while (start < end) {
    const uint64_t size = end - start < sizeof buffer ? end - start : sizeof buffer;
    REQUIRE(wmmap_read(map, start, size, buffer));
    for (size_t i = 0; i < size; i += 1)
      *count += buffer[i] == '\n';
    start += size;
  }
  return WMMAP_OK;
}

static wmmap_status search(wmmap_mapping map, const char *needle, options how, uint64_t *found) {
  const uint64_t size = wmmap_length(map);
  uint64_t line = 1;
  for (uint64_t start = 0; start < size;) {
    uint64_t hit = 0;
    REQUIRE(wmmap_find(map, needle, strlen(needle), start, size, &hit));
    if (hit == WMMAP_NOT_FOUND)
      break;
    uint64_t end = 0;
    REQUIRE(wmmap_find(map, "\n", 1, hit, size, &end));
    if (end == WMMAP_NOT_FOUND)
      end = size;
    *found += 1;
    if (!how.count) {
      uint64_t before = 0;
      REQUIRE(wmmap_rfind(map, "\n", 1, start, hit, &before));
      const uint64_t first = before == WMMAP_NOT_FOUND ? start : before + 1;
      if (how.prefix)
        printf("%s:", how.prefix);
      if (how.numbers) {
        REQUIRE(count_newlines(map, start, first, &line));
        printf("%" PRIu64 ":", line);
        line += 1;
      }
      REQUIRE(print_range(map, first, end));
      putchar('\n');
    }
    start = end + 1;
  }
  return WMMAP_OK;
}

static wmmap_status search_file(const char *path, const char *needle, options how, uint64_t *found) {
  wmmap_mapping map = {0};
  wmmap_status status = wmmap_open(path, 0, WMMAP_READ, 0, &map);
  if (status == WMMAP_EMPTY_FILE)
    status = WMMAP_OK; /* An empty file has no lines. */
  else if (status == WMMAP_OK)
    status = search(map, needle, how, found);
  wmmap_close(&map);
  if (how.count && status == WMMAP_OK)
    printf("%s%s%" PRIu64 "\n", how.prefix ? how.prefix : "", how.prefix ? ":" : "", *found);
  return status;
}

/* The result of main() is success or failure; in WASI 0.2 a code takes a call. */
__attribute__((import_module("wasi:cli/exit@0.2.12"), import_name("exit-with-code"))) _Noreturn void
exit_with_code(int32_t code);

static int run(int count, char **words) {
  options how = {false, false, NULL};
  int at = 1;
  for (; at < count && words[at][0] == '-' && words[at][1] != '\0'; at += 1) {
    if (strcmp(words[at], "--") == 0) {
      at += 1;
      break;
    }
    for (const char *letter = words[at] + 1; *letter; letter += 1) {
      if (*letter != 'c' && *letter != 'n') {
        fprintf(stderr, "mgrep: unknown option -%c\n", *letter);
        return 2;
      }
      *(*letter == 'c' ? &how.count : &how.numbers) = true;
    }
  }
  if (count - at < 2 || strchr(words[at], '\n')) {
    fputs("usage: mgrep [-c] [-n] TEXT FILE...   (TEXT is one line)\n", stderr);
    return 2;
  }
  const char *needle = words[at];
  bool any = false;
  bool failed = false;
  for (int i = at + 1; i < count; i += 1) {
    uint64_t found = 0;
    how.prefix = count - at > 2 ? words[i] : NULL;
    const wmmap_status status = search_file(words[i], needle, how, &found);
    any = any || found > 0;
    if (status != WMMAP_OK) {
      fflush(stdout);
      fprintf(stderr, "mgrep: %s: %s\n", words[i],
              status == WMMAP_CANNOT_OPEN ? strerror(errno) : wmmap_status_name(status));
      failed = true;
    }
  }
  if (fflush(stdout) != 0)
    failed = true;
  return failed ? 2 : any ? 0 : 1;
}

int main(int count, char **words) { exit_with_code(run(count, words)); }
