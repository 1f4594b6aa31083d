/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A guest that makes its host hold as many areas of memory as it can: areas SCENARIO. It is granted the host's
 * /proc/self as /proc, and prints how many areas the host had before, at most, and afterwards.
 */
#include "wasi_mmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, UNIT = 65536, MOST = 70000, UNITS = 2 * 18000 };

static int areas(void) {
  static char line[1 << 16];
  FILE *maps = fopen("/proc/maps", "r");
  if (!maps)
    exit(3);
  int count = 0;
  for (size_t length = 0; (length = fread(line, 1, sizeof line, maps)) > 0;)
    for (size_t at = 0; at < length; at++)
      count += line[at] == '\n';
  fclose(maps);
  return count;
}

static int before, most;

static void look(void) {
  const int now = areas();
  if (now > most)
    most = now;
}

static void expect(const char *what, wmmap_status status, wmmap_status expected) {
  if (status == expected)
    return;
  printf("%s: %s\n", what, wmmap_status_name(status));
  exit(1);
}

static wmmap_mapping maps[MOST];

static int map_all(const char *path, uint64_t length) {
  int count = 0;
  wmmap_status status = WMMAP_OK;
  while (count < MOST && !status) {
    /* The system does not merge neighbours of different access. */
    status = wmmap_open(path, length, count % 2 == 0 ? WMMAP_READ : WMMAP_COPY, 0, &maps[count]);
    count += !status;
  }
  if (count < MOST)
    expect("the last one", status, WMMAP_NO_MEMORY);
  return count;
}

static void close_all(int count) {
  for (int index = 0; index < count; index++)
    wmmap_close(&maps[index]);
}

/* Gives every second page another advice: of memory, of a file and of private pages. */
static void advise(void) {
  const uint64_t pages = 60000;
  const wmmap_advice advices[] = {WMMAP_RANDOM, WMMAP_SEQUENTIAL, WMMAP_NORMAL, WMMAP_DONT_NEED};
  wmmap_mapping file = {0};
  expect("open", wmmap_open("/file", 0, WMMAP_WRITE, 0, &file), WMMAP_OK);
  expect("resize", wmmap_resize(file, pages * PAGE), WMMAP_OK);
  for (int kind = 0; kind < 4; kind++) {
    wmmap_mapping map = {0};
    const wmmap_access access = kind % 2 == 0 ? WMMAP_WRITE : WMMAP_COPY;
    expect("map", wmmap_open(kind < 2 ? NULL : "/file", pages * PAGE, access, 0, &map), WMMAP_OK);
    for (uint64_t page = 0; page < pages; page += 2) {
      if (access == WMMAP_COPY && page % 64 == 0)
        expect("write", wmmap_write(map, page * PAGE, 1, "x"), WMMAP_OK);
      expect("advise", wmmap_advise(map, page * PAGE, 1, advices[page / 2 % 4]), WMMAP_OK);
    }
    if (kind == 2)
      expect("flush", wmmap_flush(map, PAGE, pages * PAGE - 2 * PAGE), WMMAP_OK);
    look();
    wmmap_close(&map);
  }
  wmmap_close(&file);
}

/* Memory without a file, as many mappings as there can be. */
static void memory(void) {
  const int count = map_all(NULL, PAGE);
  look();
  close_all(count);
}

/* As many mappings of a file as there can be. All lose their end, and get it back. */
static void cut(void) {
  wmmap_mapping file = {0};
  uint8_t byte = 0;
  expect("open", wmmap_open("/file", 0, WMMAP_WRITE, 0, &file), WMMAP_OK);
  expect("extend", wmmap_resize(file, 3 * PAGE), WMMAP_OK);
  int count = map_all("/file", 0);
  const int limit = count * 9 / 20;
  look();
  while (count > limit) /* Lost pages take as many areas again, and extending the file takes a mapping. */
    wmmap_close(&maps[--count]);
  for (int round = 0; round < 2; round++) {
    expect("cut", wmmap_resize(file, PAGE + 1), WMMAP_OK);
    for (int index = 0; index < count; index++)
      expect("read", wmmap_read(maps[index], 2 * PAGE, 1, &byte), WMMAP_FAULT);
    look();
    expect("extend", wmmap_resize(file, 3 * PAGE), WMMAP_OK);
    for (int index = 0; index < count; index++)
      expect("read again", wmmap_read(maps[index], 2 * PAGE, 1, &byte), WMMAP_OK);
  }
  close_all(count);
  wmmap_close(&file);
}

/* As many spans as there can be, adjacent or with gaps, are touched, lost and detached. */
static void spans(int distance) {
  static wmmap_span all[UNITS];
  const size_t page = __builtin_wasm_memory_grow(0, UNITS); /* More than malloc() can give. */
  uint8_t *region = (uint8_t *)(page * UNIT);
  wmmap_mapping file = {0};
  if (page == SIZE_MAX || wmmap_granularity() == 0)
    exit(4);
  expect("open", wmmap_open("/file", 0, WMMAP_WRITE, 0, &file), WMMAP_OK);
  for (int round = 0; round < 2; round++) {
    expect("extend", wmmap_resize(file, UNIT), WMMAP_OK);
    int count = 0;
    wmmap_status status = WMMAP_OK;
    for (; (count + 1) * distance <= UNITS && !status; count += !status)
      status = wmmap_attach(file, 0, region + (size_t)count * distance * UNIT, UNIT, &all[count]);
    if (status)
      expect("the last one", status, WMMAP_NO_MEMORY);
    look();
    wmmap_detach(&all[--count]); /* Cutting the file takes a mapping. */
    for (int index = 0; index < count; index++) {
      expect("advise", wmmap_span_advise(all[index], PAGE, PAGE, index % 2 ? WMMAP_RANDOM : WMMAP_DONT_NEED), WMMAP_OK);
      region[(size_t)(index + 1) * distance * UNIT - 1] = 1; /* In the gap, if there is one. */
    }
    expect("cut", wmmap_resize(file, PAGE + 1), WMMAP_OK);
    for (int index = 0; index < count; index++) {
      const volatile uint8_t *lost = region + (size_t)index * distance * UNIT + 3 * PAGE;
      if (*lost != 0 || !wmmap_span_faulted(all[index]))
        exit(5);
    }
    look();
    for (int index = 0; index < count; index++)
      wmmap_detach(&all[index]);
  }
  wmmap_close(&file);
}

int main(int count, char **words) {
  const char *scenario = count > 1 ? words[1] : "";
  before = areas();
  if (strcmp(scenario, "advise") == 0)
    advise();
  else if (strcmp(scenario, "memory") == 0)
    memory();
  else if (strcmp(scenario, "cut") == 0)
    cut();
  else if (strcmp(scenario, "spans") == 0)
    spans(2);
  else if (strcmp(scenario, "spans-side-by-side") == 0)
    spans(1);
  else
    return 2;
  printf("%d %d %d\n", before, most, areas());
  return 0;
}
