/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A guest that misbehaves: hostile SCENARIO. It ends with the status of the operation (0 for success), with 100 if the
 * host granted too much or an answer is wrong, or by a trap. Its cabi_realloc is as hostile as the scenario asks.
 */
#include "wasi_mmap.h"

#include "src/abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EXIT("exit-with-code") _Noreturn void exit_with_code(int32_t code);
MAPPING("[resource-drop]mapping") void drop_mapping(int32_t handle);
MAPPING("[method]mapping.read") void raw_read(int32_t handle, int64_t offset, int64_t length, void *result);
MAPPING("[method]mapping.write")
void raw_write(int32_t handle, int64_t offset, const void *bytes, size_t length, void *result);
MAPPING("[method]mapping.find")
void raw_find(int32_t handle, const void *needle, size_t length, int64_t start, int64_t end, void *result);
MAPPING("mmap")
void raw_mmap(int32_t has_file, int32_t file, int64_t length, int32_t access, int64_t offset, void *result);
FILES("[method]descriptor.get-flags") void raw_get_flags(int32_t handle, flags_result *result);
#ifdef WMMAP_P3
IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void raw_directories_p2(preopen_list *result);
#endif

enum { WRONG = 100 };

static const uint64_t LARGE[] = {1ULL << 32, 1ULL << 53, 1ULL << 63, UINT64_MAX};

/* The answer when the host asks for memory. */
static enum { HONEST, OUTSIDE, DROPS, SHRINKS, GROWS, TRAPS } memory = HONEST;
static wmmap_mapping victim;
static uint8_t area[1 << 16];
static uint8_t result[32] __attribute__((aligned(8)));

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  switch (memory) {
  case OUTSIDE:
    return (void *)0xfffff000;
  case DROPS:
    memory = HONEST;
    drop_mapping(victim.handle);
    break;
  case SHRINKS:
    memory = HONEST;
    wmmap_resize(victim, 1);
    break;
  case GROWS:
    __builtin_wasm_memory_grow(0, 64);
    break;
  case TRAPS:
    __builtin_trap();
  case HONEST:
    break;
  }
  void *bytes = realloc(old, size);
  if (!bytes)
    __builtin_trap();
  return bytes;
}

static wmmap_mapping mapped(const char *path, wmmap_access access) {
  wmmap_mapping map = {0};
  const wmmap_status status = wmmap_open(path, 0, access, 0, &map);
  if (status != WMMAP_OK)
    exit_with_code(status);
  return map;
}

static int read_with(int how, wmmap_access access) {
  victim = mapped("/file", access);
  memory = how;
  raw_read(victim.handle, 0, 4096, result);
  return result[0] ? result[4] + 1 : 0;
}

/* The largest numbers get an answer, too. */
static int large_numbers(void) {
  static const wmmap_access accesses[] = {WMMAP_READ, WMMAP_WRITE, WMMAP_COPY};
  uint64_t found = 0;
  for (size_t i = 0; i < 4; i += 1)
    for (size_t j = 0; j < 3; j += 1) {
      const uint64_t n = LARGE[i];
      wmmap_mapping map = {0};
      if (wmmap_open("/file", n, accesses[j], 0, &map) == WMMAP_OK ||
          wmmap_open("/file", 0, accesses[j], n, &map) == WMMAP_OK ||
          wmmap_open("/file", n, accesses[j], n, &map) == WMMAP_OK ||
          (i > 0 && wmmap_open(NULL, n, accesses[j], 0, &map) == WMMAP_OK))
        return WRONG;
      map = mapped("/file", accesses[j]);
      const bool shared = accesses[j] == WMMAP_WRITE;
      if (wmmap_read(map, n, 1, area) != WMMAP_OUT_OF_RANGE || wmmap_read(map, 1, n, area) != WMMAP_OUT_OF_RANGE ||
          wmmap_read(map, n, n, area) != WMMAP_OUT_OF_RANGE || wmmap_write(map, n, 1, area) == WMMAP_OK ||
          wmmap_move(map, n, 0, 1) == WMMAP_OK || wmmap_move(map, 0, n, 1) == WMMAP_OK ||
          wmmap_move(map, 0, 0, n) == WMMAP_OK || wmmap_flush(map, n, 1) == WMMAP_OK ||
          wmmap_flush(map, 1, n) == WMMAP_OK || wmmap_advise(map, n, 1, WMMAP_RANDOM) == WMMAP_OK ||
          wmmap_advise(map, 0, n, WMMAP_RANDOM) != WMMAP_OK || wmmap_find(map, "x", 1, n, n, &found) != WMMAP_OK ||
          found != WMMAP_NOT_FOUND || (shared && i > 0 && wmmap_resize(map, n) == WMMAP_OK) ||
          (!shared && wmmap_resize(map, n) != WMMAP_NOT_RESIZABLE))
        return WRONG;
      if (shared && wmmap_length(map) != 65536)
        return WRONG;
      wmmap_close(&map);
    }
  return 0;
}

/* The rights of the descriptor decide, whatever the file would allow. */
static int rights(const char *path) {
  for (uint32_t asked = 0; asked < 4; asked += 1) {
    wmmap_file file = {0};
    if (wmmap_file_open(path, asked, &file) != WMMAP_OK)
      continue;
    /* A host may grant more than was asked (wasmtime: reading); the descriptor's flags count. */
    flags_result got = {.is_error = 1};
    raw_get_flags(file.handle, &got);
    const uint32_t held = got.is_error ? 0 : got.flags & (WMMAP_CAN_READ | WMMAP_CAN_WRITE);
    if ((held & asked) != asked)
      return WRONG;
    for (int access = WMMAP_READ; access <= WMMAP_COPY; access += 1) {
      const uint32_t needed = access == WMMAP_WRITE ? WMMAP_CAN_READ | WMMAP_CAN_WRITE : WMMAP_CAN_READ;
      wmmap_mapping map = {0};
      const wmmap_status status = wmmap_map(file, 0, access, 0, &map);
      if (status != ((held & needed) == needed ? WMMAP_OK : WMMAP_ACCESS_DENIED))
        return WRONG;
      wmmap_close(&map);
      const wmmap_status posix = wmmap_map_posix(file, 0, WMMAP_SHARED, WMMAP_PROTECT_WRITE, 0, &map);
      /* Windows has none. */
      if (posix != (held == 3 ? WMMAP_OK : WMMAP_ACCESS_DENIED) && posix != WMMAP_UNSUPPORTED)
        return WRONG;
      wmmap_close(&map);
    }
    wmmap_file_close(&file);
  }
  return 0;
}

/* Drops four resources in one order: those that remain still work. */
static int drop_in_order(const int *order) {
  wmmap_file file = {0};
  wmmap_mapping maps[3] = {{0}};
  if (wmmap_file_open("/file", WMMAP_CAN_READ | WMMAP_CAN_WRITE, &file) != WMMAP_OK)
    return WRONG;
  for (int i = 0; i < 3; i += 1)
    if (wmmap_map(file, 0, i, 0, &maps[i]) != WMMAP_OK)
      return WRONG;
  for (int i = 0; i < 4; i += 1) {
    order[i] == 3 ? wmmap_file_close(&file) : wmmap_close(&maps[order[i]]);
    for (int k = 0; k < 3; k += 1)
      if (maps[k].handle && (wmmap_read(maps[k], 4, 4, area) != WMMAP_OK || memcmp(area, "4567", 4) != 0))
        return WRONG;
  }
  return 0;
}

static int every_order(void) {
  int order[4];
  for (int number = 0; number < 256; number += 1) {
    for (int i = 0, rest = number; i < 4; i += 1, rest /= 4)
      order[i] = rest % 4;
    int seen = 0;
    for (int i = 0; i < 4; i += 1)
      seen |= 1 << order[i];
    if (seen == 15 && drop_in_order(order))
      return WRONG;
  }
  return 0;
}

/* As many as the host gives. All of them work, and are dropped. */
static int many(void) {
  enum { MOST = 100000 };
  static wmmap_mapping maps[MOST];
  wmmap_file file = {0};
  if (wmmap_file_open("/file", WMMAP_CAN_READ, &file) != WMMAP_OK)
    return WRONG;
  int count = 0;
  wmmap_status status = WMMAP_OK;
  while (count < MOST && status == WMMAP_OK) {
    status = wmmap_map(count % 2 ? file : (wmmap_file){0}, 16, WMMAP_READ, 0, &maps[count]);
    count += status == WMMAP_OK;
  }
  if (status == WMMAP_OK ? count != MOST : status != WMMAP_NO_MEMORY || count < 1000)
    return WRONG;
  for (int i = count - 1; i >= 0; i -= 1) {
    if (wmmap_read(maps[i], 4, 4, area) != WMMAP_OK || memcmp(area, i % 2 ? "4567" : "\0\0\0\0", 4) != 0)
      return WRONG;
    wmmap_close(&maps[i]);
  }
  return wmmap_map(file, 16, WMMAP_READ, 0, &maps[0]);
}

static int large_needle(void) {
  enum { LENGTH = 64 << 20 };
  uint8_t *needle = calloc(1, LENGTH);
  wmmap_mapping map = mapped("/file", WMMAP_READ);
  uint64_t found = 0;
  if (wmmap_find(map, needle, LENGTH, 0, UINT64_MAX, &found) != WMMAP_OK || found != WMMAP_NOT_FOUND)
    return WRONG;
  wmmap_close(&map);
  map = mapped("/sparse", WMMAP_READ);
  needle[LENGTH - 1] = 1;
  if (wmmap_find(map, needle, LENGTH, 0, 3ULL * LENGTH, &found) != WMMAP_OK || found != WMMAP_NOT_FOUND)
    return WRONG;
  needle[LENGTH - 1] = 0;
  return wmmap_rfind(map, needle, LENGTH, 0, 3ULL * LENGTH, &found) == WMMAP_OK && found == 2ULL * LENGTH ? 0 : WRONG;
}

/* Another process cuts /cut in half and restores it, repeatedly: every read is right or a fault. */
static int cut_meanwhile(void) {
  enum { LENGTH = 4 << 20, MOST = 20000, WANTED = 3 };
  static uint8_t whole[LENGTH];
  wmmap_file file = {0};
  wmmap_mapping map = {0};
  if (wmmap_file_open("/cut", WMMAP_CAN_READ, &file) != WMMAP_OK ||
      wmmap_map_posix(file, LENGTH, WMMAP_SHARED, WMMAP_PROTECT_READ, 0, &map) != WMMAP_OK)
    return WRONG;
  int right = 0;
  int met = 0;
  wmmap_status last = WMMAP_FAULT;
  while (right < MOST && met < WANTED) {
    const wmmap_status status = wmmap_read(map, 0, LENGTH, whole);
    if (status != WMMAP_OK && status != WMMAP_FAULT)
      return status;
    if (status == WMMAP_OK && memcmp(whole, "0123456789abcdef", 16) != 0)
      return WRONG;
    right += status == WMMAP_OK;
    /* After a right read no page is marked as lost: so this fault happened during the copy. */
    met += status == WMMAP_FAULT && last == WMMAP_OK;
    last = status;
  }
  return met == WANTED ? 0 : WRONG;
}

/* Searches so many bytes in vain. */
static int search(wmmap_mapping map, uint64_t length, bool backward) {
  uint64_t found = 0;
  const wmmap_status status = (backward ? wmmap_rfind : wmmap_find)(map, "needle", 6, 0, length, &found);
  return status ? (int)status : found == WMMAP_NOT_FOUND ? 0 : WRONG;
}

static wmmap_mapping memory_of(uint64_t length) {
  wmmap_mapping map = {0};
  const wmmap_status status = wmmap_open(NULL, length, WMMAP_WRITE, 0, &map);
  if (status != WMMAP_OK)
    exit_with_code(status);
  return map;
}

/* Maps memory in parts until there is no more; returns the number of parts. */
static int parts_of_memory(uint64_t part, wmmap_mapping *maps, int most) {
  int count = 0;
  wmmap_status status = WMMAP_OK;
  while (count < most && (status = wmmap_open(NULL, part, WMMAP_WRITE, 0, &maps[count])) == WMMAP_OK)
    count += 1;
  return status == WMMAP_OK || status == WMMAP_NO_MEMORY ? count : WRONG;
}

static void close_all(wmmap_mapping *maps, int count) {
  for (int i = 0; i < count; i += 1)
    wmmap_close(&maps[i]);
}

/* A host whose limit is a mebibyte and an eighth, page tables included, gives no more in any way. */
static int memory_of_the_host(void) {
  enum { PART = 1 << 17, PARTS = 8, MOST = 64, FILE_LENGTH = 1 << 16 };
  static uint8_t bytes[FILE_LENGTH];
  wmmap_mapping maps[MOST] = {{0}};
  for (int round = 0; round < 3; round += 1) {
    if (wmmap_open(NULL, 2ULL * PART * PARTS, WMMAP_WRITE, 0, &maps[0]) != WMMAP_NO_MEMORY)
      return 1;
    const int count = parts_of_memory(PART, maps, MOST);
    if (count != PARTS)
      return 2;
    /* The mappings still work, and do not grow. */
    if (wmmap_resize(maps[0], 2 * PART) != WMMAP_NO_MEMORY || wmmap_write(maps[0], PART - 4, 4, "four") != WMMAP_OK)
      return 3;
    wmmap_close(&maps[1]);
    if (wmmap_resize(maps[0], 2 * PART - 4096) != WMMAP_OK || wmmap_read(maps[0], PART - 4, 4, area) != WMMAP_OK ||
        memcmp(area, "four", 4) != 0 || wmmap_resize(maps[0], PART) != WMMAP_OK)
      return 4;
    close_all(maps, count);
    /* A copy of a file costs the pages that are stored in it. */
    int stored = 0;
    for (int i = 0; i < MOST; i += 1) {
      maps[i] = mapped("/file", WMMAP_COPY);
      const wmmap_status by_write = wmmap_write(maps[i], 0, FILE_LENGTH / 2, bytes);
      const wmmap_status by_move = wmmap_move(maps[i], FILE_LENGTH / 2, 0, FILE_LENGTH / 2);
      if ((by_write && by_write != WMMAP_NO_MEMORY) || (by_move && by_move != WMMAP_NO_MEMORY))
        return 5;
      stored += (by_write == WMMAP_OK) + (by_move == WMMAP_OK);
      if (wmmap_read(maps[i], 0, 4, area) != WMMAP_OK || memcmp(area, by_write ? "0123" : "\0\0\0\0", 4) != 0)
        return 6;
    }
    if (stored < PARTS * PART / (FILE_LENGTH / 2) || stored > (PARTS + 1) * PART / (FILE_LENGTH / 2))
      return 7;
    close_all(maps, MOST);
  }
  return 0;
}

/* By default a host gives no more than 4 GiB. */
static int memory_without_limit(void) {
  wmmap_mapping maps[64];
  const int count = parts_of_memory(1ULL << 28, maps, 64);
  close_all(maps, count);
  return count <= 16 ? 0 : WRONG;
}

static int run(const char *scenario) {
  wmmap_file file = {0};
  wmmap_mapping map = {0};
#define SCENARIO(name) if (strcmp(scenario, name) == 0)
  SCENARIO("large-numbers") return large_numbers();
  SCENARIO("rights") return rights("/file");
  SCENARIO("rights-read-only") return rights("/read-only/file");
  SCENARIO("every-order") return every_order();
  SCENARIO("many") return many();
  SCENARIO("large-needle") return large_needle();
  SCENARIO("cut-meanwhile") return cut_meanwhile();
  SCENARIO("memory-of-the-host") return memory_of_the_host();
  SCENARIO("memory-without-limit") return memory_without_limit();
  SCENARIO("search-nothing") return search(memory_of(1 << 30), 0, false);
  SCENARIO("search-1-gib") return search(memory_of(1 << 30), 1 << 30, false);
  SCENARIO("search-1-gib-backward") return search(memory_of(1 << 30), 1 << 30, true);
  SCENARIO("search-often") {
    map = memory_of(1 << 20);
    int code = 0;
    for (int i = 0; i < 1000 && code == 0; i += 1)
      code = search(map, 1 << 20, i % 2);
    return code;
  }
  SCENARIO("search-file") return search(mapped("/sparse", WMMAP_READ), UINT64_MAX, false);
  SCENARIO("search-file-for-2-mib") {
    static uint8_t needle[2 << 20] = {1};
    uint64_t found = 0;
    return wmmap_find(mapped("/sparse", WMMAP_READ), needle, sizeof needle, 0, UINT64_MAX, &found);
  }
  SCENARIO("move-1-gib") return wmmap_move(memory_of(1 << 30), 4096, 0, (1 << 30) - 4096);
  SCENARIO("directory")
  return wmmap_file_open("/", WMMAP_CAN_READ, &file) ? WRONG : wmmap_map(file, 0, WMMAP_READ, 0, &map);
  SCENARIO("closed-descriptor") {
    wmmap_file_open("/file", WMMAP_CAN_READ, &file);
    const int32_t handle = file.handle;
    wmmap_file_close(&file);
    raw_mmap(1, handle, 0, WMMAP_READ, 0, result);
    return WRONG;
  }
  SCENARIO("foreign-descriptor") return raw_mmap(1, 12345, 0, WMMAP_READ, 0, result), WRONG;
  SCENARIO("negative-descriptor") return raw_mmap(1, -1, 0, WMMAP_READ, 0, result), WRONG;
  SCENARIO("zero-descriptor") return raw_mmap(1, 0, 0, WMMAP_READ, 0, result), WRONG;
#ifdef WMMAP_P3
  SCENARIO("descriptor-of-0.2") {
    preopen_list list = {0};
    raw_directories_p2(&list);
    raw_mmap(1, list.items[0].directory, 0, WMMAP_READ, 0, result);
    return WRONG;
  }
#endif
  SCENARIO("no-access-of-that-number") return raw_mmap(0, 0, 10, 7, 0, result), WRONG;
  SCENARIO("foreign-read") return raw_read(12345, 0, 1, result), WRONG;
  SCENARIO("zero-read") return raw_read(0, 0, 1, result), WRONG;
  SCENARIO("foreign-write") return raw_write(0x40000001, 0, area, 1, result), WRONG;
  SCENARIO("foreign-find") return raw_find(-5, area, 1, 0, 1, result), WRONG;
  SCENARIO("foreign-drop") return drop_mapping(77), every_order();
  SCENARIO("closed-read") {
    map = mapped("/file", WMMAP_READ);
    const int32_t handle = map.handle;
    wmmap_close(&map);
    raw_read(handle, 0, 1, result);
    return WRONG;
  }
  SCENARIO("closed-write") {
    map = mapped("/file", WMMAP_WRITE);
    const int32_t handle = map.handle;
    wmmap_close(&map);
    raw_write(handle, 0, area, 1, result);
    return WRONG;
  }
  SCENARIO("result-outside")
  return map = mapped("/file", WMMAP_READ), raw_read(map.handle, 0, 1, (void *)0xfffffff0), WRONG;
  SCENARIO("source-outside")
  return map = mapped("/file", WMMAP_WRITE), raw_write(map.handle, 0, (void *)0xfffffff0, 4096, result), WRONG;
  SCENARIO("needle-outside")
  return map = mapped("/file", WMMAP_READ), raw_find(map.handle, (void *)0xfffffff0, 4096, 0, 9, result), WRONG;
  SCENARIO("read-5-gib") return map = mapped("/sparse", WMMAP_READ), wmmap_read(map, 0, 5ULL << 30, area);
  SCENARIO("read-3-gib")
  return map = mapped("/sparse", WMMAP_READ), raw_read(map.handle, 0, 3LL << 30, result),
         result[0] ? result[4] + 1 : WRONG;
  SCENARIO("realloc-outside") return read_with(OUTSIDE, WMMAP_READ);
  SCENARIO("realloc-drops") return read_with(DROPS, WMMAP_READ);
  SCENARIO("realloc-shrinks") return read_with(SHRINKS, WMMAP_WRITE);
  SCENARIO("realloc-grows") return read_with(GROWS, WMMAP_READ);
  SCENARIO("realloc-traps") return read_with(TRAPS, WMMAP_READ);
  SCENARIO("trap-while-mapped") {
    mapped("/file", WMMAP_READ);
    mapped("/file", WMMAP_WRITE);
    __builtin_trap();
  }
  SCENARIO("exit-while-mapped") return mapped("/file", WMMAP_READ).handle == 0;
  return 101;
}

int main(int count, char **words) {
  const int code = run(count > 1 ? words[1] : "");
  if (code != 0)
    exit_with_code(code);
  return 0; /* exit() would end the store in wasmtime. */
}
