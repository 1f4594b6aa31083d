/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * needles FILE STEP...: a step is `find:AT:LENGTH:START:END` or `rfind:…`, which looks in a range for bytes that the
 * file itself has, and prints where they are; `keep:AT:LENGTH` keeps these bytes for later steps, whose AT is `-`; or
 * `cut:SIZE`, which truncates the file.
 */
#include "wasi_mmap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char *needle;

static wmmap_status take(wmmap_mapping map, unsigned long long at, unsigned long long length) {
  free(needle);
  needle = malloc((size_t)length);
  return needle ? wmmap_read(map, at, length, needle) : WMMAP_NO_MEMORY;
}

static wmmap_status look(wmmap_mapping map, const char *step) {
  unsigned long long at = 0, length = 0, start = 0, end = 0;
  if (sscanf(step, "keep:%llu:%llu", &at, &length) == 2)
    return take(map, at, length);
  const char *words = strchr(step, ':') + 1;
  wmmap_status got = WMMAP_OK;
  if (sscanf(words, "-:%llu:%llu:%llu", &length, &start, &end) != 3) {
    if (sscanf(words, "%llu:%llu:%llu:%llu", &at, &length, &start, &end) != 4)
      return WMMAP_INVALID_ARGUMENT;
    got = take(map, at, length);
  }
  uint64_t position = 0;
  if (got == WMMAP_OK)
    got = (*step == 'r' ? wmmap_rfind : wmmap_find)(map, needle, (size_t)length, start, end, &position);
  if (got == WMMAP_OK && position == WMMAP_NOT_FOUND)
    puts("none");
  else if (got == WMMAP_OK)
    printf("%llu\n", (unsigned long long)position);
  return got;
}

int main(int count, char **words) {
  wmmap_mapping map = {0};
  if (count < 2 || wmmap_open(words[1], 0, WMMAP_READ, 0, &map) != WMMAP_OK)
    return perror("needles"), 1;
  for (int i = 2; i < count; i += 1) {
    unsigned long long size = 0;
    if (sscanf(words[i], "cut:%llu", &size) == 1) {
      if (truncate(words[1], (off_t)size) != 0)
        return perror("truncate"), 1;
      continue;
    }
    const wmmap_status got = look(map, words[i]);
    if (got != WMMAP_OK)
      puts(wmmap_status_name(got));
  }
  return 0;
}
