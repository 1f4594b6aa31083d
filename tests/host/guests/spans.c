/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A guest that uses spans, and misuses them: spans SCENARIO [ACCESS]. It ends with 0 if all is as the contract says,
 * with the line of the failed check, or by a trap. /file has four units of 64 KiB, filled with the letters 'a' to 'd'.
 * cabi_realloc can return a place in a span, so that the host writes there; in WASI 0.3 a stream is read to it.
 */
#include "wasi_mmap.h"

#include "src/abi.h"
#ifdef WMMAP_P3
#include "streams.h"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EXIT("exit-with-code") _Noreturn void exit_with_code(int32_t code);
#ifndef WMMAP_P3
FILES("[method]descriptor.read") void raw_read_file(int32_t file, int64_t length, int64_t offset, void *result);
#endif
SPAN("granularity") void raw_granularity(void *result);
SPAN("attach") void raw_attach(int32_t mapping, int64_t offset, const void *region, size_t length, void *result);
SPAN("[resource-drop]span") void drop_span(int32_t handle);
SPAN("[method]span.faulted") int32_t raw_faulted(int32_t handle);
SPAN("[method]span.flush") void raw_flush(int32_t handle, int64_t offset, int64_t length, void *result);
SPAN("[method]span.advise")
void raw_advise(int32_t handle, int64_t offset, int64_t length, int32_t advice, void *result);

#define UNIT 65536
/* Prints the line of the failed check. */
#define REQUIRE(what)                                                                                                  \
  do                                                                                                                   \
    if (!(what)) {                                                                                                     \
      fprintf(stderr, "line %d: not so: %s\n", __LINE__, #what);                                                       \
      return __LINE__;                                                                                                 \
    }                                                                                                                  \
  while (0)

static uint8_t result[16] __attribute__((aligned(8)));
static uint8_t *place; /* Where the host puts its next result; or NULL. */
static wmmap_access how_mapped = WMMAP_READ;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  uint8_t *bytes = place;
  place = NULL;
  return bytes ? bytes : realloc(old, size);
}

/* The guest's own memory at a constant address: loads from it need no check. */
static uint8_t known[2 * UNIT] __attribute__((aligned(UNIT)));

static uint8_t *units(size_t count) {
  uint8_t *region = aligned_alloc(UNIT, count * UNIT);
  if (!region)
    exit_with_code(99);
  memset(region, 0xee, count * UNIT);
  return region;
}

static wmmap_mapping mapped(void) {
  wmmap_mapping map = {0};
  const wmmap_status status = wmmap_open("/file", 0, how_mapped, 0, &map);
  if (status)
    exit_with_code(98);
  return map;
}

/* A status, and the span if it is WMMAP_OK. */
static wmmap_status attach(wmmap_mapping map, uint64_t offset, const void *region, size_t length, int32_t *span) {
  raw_attach(map.handle, (int64_t)offset, region, length, result);
  if (result[0])
    return result[4] + 1;
  memcpy(span, result + 4, 4);
  return WMMAP_OK;
}

static wmmap_status flush(int32_t span, uint64_t offset, uint64_t length) {
  raw_flush(span, (int64_t)offset, (int64_t)length, result);
  return result[0] ? result[1] + 1 : WMMAP_OK;
}

static wmmap_status advise(int32_t span, uint64_t offset, uint64_t length, int32_t advice) {
  raw_advise(span, (int64_t)offset, (int64_t)length, advice, result);
  return result[0] ? result[1] + 1 : WMMAP_OK;
}

static bool filled(const uint8_t *bytes, size_t length, uint8_t value) {
  for (size_t i = 0; i < length; i += 1)
    if (bytes[i] != value)
      return false;
  return true;
}

/* A byte of the file, by read(). */
static int in_file(off_t offset) {
  uint8_t byte = 0;
  const int fd = open("/file", O_RDONLY);
  const ssize_t count = pread(fd, &byte, 1, offset);
  close(fd);
  return count == 1 ? byte : -1;
}

static int cut(off_t size) {
  const int fd = open("/file", O_RDWR);
  const int status = ftruncate(fd, size);
  close(fd);
  return status;
}

/* Hides a value from the optimizer. */
#define OPAQUE(pointer) __asm__ volatile("" : "+r"(pointer) : : "memory")

/* The host writes "abcdabcd..." to the place, at most a unit. Returns whether it did. */
static bool host_writes(uint8_t *at, size_t length) {
  wmmap_file letters = {0};
  if (wmmap_file_open("/letters", WMMAP_CAN_READ, &letters))
    exit_with_code(96);
#ifdef WMMAP_P3
  stream_reader reader = stream_open(letters, 0);
  const size_t got = stream_read(&reader, at, length);
  stream_close(reader);
  wmmap_file_close(&letters);
  return got == length;
#else
  place = at;
  raw_read_file(letters.handle, (int64_t)length, 0, result);
  wmmap_file_close(&letters);
  uint8_t *where;
  memcpy(&where, result + 4, 4);
  return result[0] == 0 && where == at;
#endif
}

/* The host reads a byte. Returns whether it is found in a mapping of /letters, which has no zero. */
static bool host_finds(const uint8_t *bytes) {
  wmmap_mapping letters = {0};
  uint64_t found = WMMAP_NOT_FOUND;
  if (wmmap_open("/letters", 0, WMMAP_READ, 0, &letters) || wmmap_find(letters, bytes, 1, 0, 4, &found))
    exit_with_code(97);
  wmmap_close(&letters);
  return found != WMMAP_NOT_FOUND;
}

static int refusals(void) {
  wmmap_mapping map = mapped(), anonymous = {0};
  uint8_t *region = units(8);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, 0, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(attach(map, 0, region + 1, UNIT, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(attach(map, 0, region + 4096, UNIT, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(attach(map, 0, region, UNIT + 4096, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(attach(map, 4096, region, UNIT, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(attach(map, 4 * UNIT, region, UNIT, &span) == WMMAP_OUT_OF_RANGE);
  REQUIRE(attach(map, UNIT, region, 4 * UNIT, &span) == WMMAP_OUT_OF_RANGE);
  REQUIRE(attach(map, 1ULL << 63, region, UNIT, &span) == WMMAP_OUT_OF_RANGE);
  REQUIRE(attach(map, UINT64_MAX - UNIT + 1, region, UNIT, &span) == WMMAP_OUT_OF_RANGE);
  REQUIRE(wmmap_open(NULL, UNIT, how_mapped, 0, &anonymous) == WMMAP_OK);
  REQUIRE(attach(anonymous, 0, region, UNIT, &span) == WMMAP_UNSUPPORTED);
  REQUIRE(filled(region, 8 * UNIT, 0xee));
  REQUIRE(attach(map, 0, region + 2 * UNIT, 2 * UNIT, &span) == WMMAP_OK);
  int32_t other = 0;
  REQUIRE(attach(map, 0, region + UNIT, 2 * UNIT, &other) == WMMAP_BUSY);
  REQUIRE(attach(map, 0, region + 2 * UNIT, UNIT, &other) == WMMAP_BUSY);
  REQUIRE(attach(map, 0, region + UNIT, 4 * UNIT, &other) == WMMAP_BUSY);
  REQUIRE(attach(map, 0, region + 4 * UNIT, UNIT, &other) == WMMAP_OK);
  REQUIRE(flush(span, 2 * UNIT, 1) == WMMAP_OUT_OF_RANGE && flush(span, 0, UINT64_MAX) == WMMAP_OUT_OF_RANGE);
  REQUIRE(advise(span, 2 * UNIT, 1, WMMAP_RANDOM) == WMMAP_OUT_OF_RANGE);
  REQUIRE(advise(span, 1, UINT64_MAX, WMMAP_WILL_NEED) == WMMAP_OK);
  return 0;
}

/* An access that has to trap, and must not end the host. */
static int out_of_bounds(void) {
  volatile uint8_t *outside = (uint8_t *)0xfffffff0;
  OPAQUE(outside);
  fprintf(stderr, "so far so good\n");
  return *outside;
}

/* The pages stay the file's while memory grows, and no store goes where it must not. */
static int pages(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(4);
  int32_t span = 0;
  REQUIRE(attach(map, UNIT, region + UNIT, 2 * UNIT, &span) == WMMAP_OK);
  wmmap_close(&map);
  for (int round = 0; round < 3; round += 1) {
    OPAQUE(region);
    REQUIRE(filled(region, UNIT, 0xee) && filled(region + UNIT, UNIT, 'b'));
    REQUIRE(filled(region + 2 * UNIT, UNIT, 'c') && filled(region + 3 * UNIT, UNIT, 0xee));
    REQUIRE(__builtin_wasm_memory_grow(0, 100) != (size_t)-1);
  }
  OPAQUE(region);
  region[UNIT + 5] = 'X';                    /* by the guest's own code */
  memset(region + UNIT + 10, 'Y', 10);       /* by a bulk operation */
  memmove(region + UNIT + 30, region, 1000); /* likewise, out of the guest's memory */
  REQUIRE(host_writes(region + UNIT + 2000, 4000));
  OPAQUE(region);
  REQUIRE(region[UNIT + 5] == 'X' && region[UNIT + 19] == 'Y' && region[UNIT + 31] == 0xee);
  REQUIRE(!memcmp(region + UNIT + 2000, "abcdabcd", 8));
  const bool shared = how_mapped == WMMAP_WRITE;
  REQUIRE(in_file(UNIT + 5) == (shared ? 'X' : 'b') && in_file(UNIT + 19) == (shared ? 'Y' : 'b'));
  REQUIRE(in_file(UNIT + 31) == (shared ? 0xee : 'b') && (in_file(0) == 'a' && in_file(3 * UNIT) == 'd'));
  for (off_t at = 2000; at < 6000; at += 100)
    REQUIRE(in_file(UNIT + at) == (shared ? region[UNIT + at] : 'b'));
  REQUIRE(flush(span, 0, 2 * UNIT) == WMMAP_OK && !raw_faulted(span));
  drop_span(span);
  REQUIRE(filled(region + UNIT, 2 * UNIT, 0) && region[0] == 0xee);
  memset(region, 'Z', 4 * UNIT);
  REQUIRE(in_file(UNIT + 5) == (shared ? 'X' : 'b') && in_file(2 * UNIT) == 'c');
  /* Writes of others are seen before and after the guest's memory grew. */
  map = mapped();
  REQUIRE(attach(map, 2 * UNIT, region, UNIT, &span) == WMMAP_OK);
  const int fd = open("/file", O_RDWR);
  REQUIRE(pwrite(fd, "others", 6, 2 * UNIT + 7) == 6);
  close(fd);
  OPAQUE(region);
  REQUIRE(memcmp(region + 7, "others", 6) == 0);
  return 0;
}

/* Touches lost pages in every way; then an access out of bounds has to trap like any other. */
static int lost(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(4), *own = units(1);
  int32_t spans[2] = {0};
  REQUIRE(attach(map, 0, region, 4 * UNIT, &spans[0]) == WMMAP_OK);
  REQUIRE(attach(map, 0, known, 2 * UNIT, &spans[1]) == WMMAP_OK);
  OPAQUE(region);
  REQUIRE(region[2 * UNIT] == 'c' && known[UNIT] == 'b');
  REQUIRE(cut(4096 + 5) == 0);
  OPAQUE(region);
  REQUIRE(region[4096] == 'a' && region[8191] == 0 && !raw_faulted(spans[0]) && !raw_faulted(spans[1]));
  const volatile uint8_t *constant = known + UNIT + 8;
  REQUIRE(*constant == 0 && raw_faulted(spans[1]));        /* a constant address */
  REQUIRE(region[3 * UNIT] == 0 && raw_faulted(spans[0])); /* a load */
  region[2 * UNIT] = 'X';                                  /* a store */
  memcpy(own, region + UNIT, UNIT);                        /* bulk operations */
  memset(region + UNIT, 'Y', 100);
  REQUIRE(filled(own, UNIT, 0));
  REQUIRE(host_writes(region + 3 * UNIT, 1000)); /* the host */
  REQUIRE(!host_finds(region + 8192) && host_finds(region));
  REQUIRE(flush(spans[0], 0, 4096) == WMMAP_OK);
  REQUIRE(flush(spans[0], 0, 4 * UNIT) == (how_mapped == WMMAP_WRITE ? WMMAP_FAULT : WMMAP_OK));
  /* The file has its cut length, grows again, and has none of the stores. */
  REQUIRE(in_file(4096) == 'a' && in_file(4096 + 5) == -1);
  REQUIRE(cut(4 * UNIT) == 0 && in_file(2 * UNIT) == 0 && in_file(3 * UNIT + 10) == 0);
  OPAQUE(region);
  REQUIRE(region[2 * UNIT] == 'X');
  drop_span(spans[0]);
  REQUIRE(filled(region, 4 * UNIT, 0));
  REQUIRE(cut(0) == 0 && *constant == 0);
  return out_of_bounds();
}

/* Bulk operations, the host and the guest meet lost pages first, each in a span of its own. */
static int lost_by(const char *who) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(4), *own = units(4);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, 4 * UNIT, &span) == WMMAP_OK);
  REQUIRE(cut(0) == 0);
  OPAQUE(region);
  if (!strcmp(who, "copy-from"))
    memcpy(own, region, 4 * UNIT);
  else if (!strcmp(who, "copy-to"))
    memcpy(region, own, 4 * UNIT);
  else if (!strcmp(who, "fill"))
    memset(region, 1, 4 * UNIT);
  else if (!strcmp(who, "host-writes"))
#ifdef WMMAP_P3
    /* Where the system reads right into the region, as in wasmtime, the stream ends with an error instead. */
    REQUIRE(host_writes(region, UNIT) || region[0] == 0);
#else
    REQUIRE(host_writes(region, UNIT));
#endif
  else if (!strcmp(who, "host-reads"))
    REQUIRE(!host_finds(region + UNIT));
  else if (!strcmp(who, "store"))
    region[5] = 1;
  else if (!strcmp(who, "load"))
    REQUIRE(region[5] == 0);
  OPAQUE(own); /* Else the compiler drops the copy. */
  REQUIRE(raw_faulted(span));
  REQUIRE(in_file(0) == -1);
  return out_of_bounds();
}

/* A file that is shorter than the mapping, and grows before the first access. */
static int grows(void) {
  wmmap_file file = {0};
  wmmap_mapping map = {0};
  uint8_t *region = units(10);
  int32_t span = 0;
  REQUIRE(wmmap_file_open("/file", WMMAP_CAN_READ | WMMAP_CAN_WRITE, &file) == WMMAP_OK);
  const uint32_t protection = how_mapped == WMMAP_READ ? WMMAP_PROTECT_READ : WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE;
  REQUIRE(wmmap_map_posix(file, 10 * UNIT, how_mapped == WMMAP_COPY ? WMMAP_PRIVATE : WMMAP_SHARED, protection, 0,
                          &map) == WMMAP_OK);
  REQUIRE(attach(map, 0, region, 10 * UNIT, &span) == WMMAP_OK);
  REQUIRE(cut(10 * UNIT) == 0);
  const int fd = open("/file", O_RDWR);
  REQUIRE(pwrite(fd, "grown", 5, 9 * UNIT) == 5);
  OPAQUE(region);
  REQUIRE(region[3 * UNIT] == 'd' && memcmp(region + 9 * UNIT, "grown", 5) == 0 && !raw_faulted(span));
  return 0;
}

/* A file that grows past its last page shows there, until a page past the end was touched. */
static int tail(void) {
  const off_t end = 4 * UNIT;
  REQUIRE(cut(end + 5000) == 0);
  wmmap_mapping map = mapped();
  uint8_t *region = units(2);
  int32_t span = 0;
  REQUIRE(attach(map, (uint64_t)end - UNIT, region, 2 * UNIT, &span) == WMMAP_OK);
  uint8_t *past = region + UNIT;
  const int fd = open("/file", O_RDWR);
  REQUIRE(pwrite(fd, "first", 5, end + 20000) == 5);
  OPAQUE(past);
  REQUIRE(region[5] == 'd' && filled(past, 20000, 0) && !memcmp(past + 20000, "first", 5) && !raw_faulted(span));
  REQUIRE(pwrite(fd, "again", 5, end + 30000) == 5);
  OPAQUE(past);
  REQUIRE(past[40000] == 0 && raw_faulted(span));
  REQUIRE(pwrite(fd, "lost", 4, end + 40000) == 4);
  OPAQUE(past);
  REQUIRE(!memcmp(past + 30000, "again", 5) && !memcmp(past + 20000, "first", 5) && filled(past + 40000, 4, 0));
  past[30000] = 'X';
  OPAQUE(past);
  REQUIRE(in_file(end + 30000) == (how_mapped == WMMAP_WRITE ? 'X' : 'a') && in_file(end + 40000) == 'l');
  close(fd);
  drop_span(span);
  REQUIRE(filled(region, 2 * UNIT, 0));
  return 0;
}

/* Memory that is freed and reused while the span is attached harms only the guest. */
static int freed(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(64);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, 4 * UNIT, &span) == WMMAP_OK);
  free(region);
  uint8_t *again = aligned_alloc(UNIT, 64 * UNIT);
  OPAQUE(again);
  for (size_t i = 0; i < 64 * UNIT; i += 4096)
    again[i] = 'R';
  if (how_mapped != WMMAP_WRITE)
    for (off_t at = 0; at < 4 * UNIT; at += 4096)
      REQUIRE(in_file(at) == 'a' + at / UNIT);
  drop_span(span);
  free(again);
  for (int round = 0; round < 100; round += 1) {
    uint8_t *block = units(1 + (size_t)round % 7);
    free(block);
  }
  return 0;
}

/* The last unit of all memory that 32 bits can address. */
static int top(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(1), *last = (uint8_t *)0xffff0000;
  int32_t spans[2] = {0};
  REQUIRE(attach(map, 0, region, UNIT, &spans[0]) == WMMAP_OK);
  REQUIRE(__builtin_wasm_memory_grow(0, 65536 - __builtin_wasm_memory_size(0)) != (size_t)-1);
  REQUIRE(__builtin_wasm_memory_grow(0, 1) == (size_t)-1);
  OPAQUE(last);
  REQUIRE(last[UNIT - 1] == 0);
  REQUIRE(attach(map, UNIT, last, UNIT, &spans[1]) == WMMAP_OK);
  OPAQUE(last);
  REQUIRE(filled(last, UNIT, 'b') && filled(region, UNIT, 'a'));
  drop_span(spans[1]);
  REQUIRE(filled(last, UNIT, 0));
  return 0;
}

/* A host that has spans, and a guest whose memory cannot have them. */
static int elsewhere(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(1);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, UNIT, &span) == WMMAP_UNSUPPORTED);
  REQUIRE(attach(map, 0, region, 0, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(filled(region, UNIT, 0xee));
  return 0;
}

static int ten_thousand(void) {
  enum { COUNT = 10000 };
  static int32_t spans[COUNT];
  wmmap_mapping map = mapped();
  uint8_t *region = aligned_alloc(UNIT, (size_t)COUNT * UNIT);
  REQUIRE(region);
  for (int i = 0; i < COUNT; i += 1)
    REQUIRE(attach(map, (uint64_t)(i % 4) * UNIT, region + (size_t)i * UNIT, UNIT, &spans[i]) == WMMAP_OK);
  OPAQUE(region);
  for (int i = 0; i < COUNT; i += 1)
    REQUIRE(region[(size_t)i * UNIT + 99] == 'a' + i % 4);
  REQUIRE(__builtin_wasm_memory_grow(0, 10) != (size_t)-1);
  for (int i = 0; i < COUNT; i += 1)
    drop_span(spans[i]);
  OPAQUE(region);
  for (int i = 0; i < COUNT; i += 1)
    REQUIRE(region[(size_t)i * UNIT + 99] == 0);
  return 0;
}

/* As many as there can be; then `no-memory`, and everything else still works. */
static int most(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = aligned_alloc(UNIT, (size_t)20000 * UNIT);
  int32_t span = 0;
  wmmap_status status = WMMAP_OK;
  size_t count = 0;
  while (count < 20000 && !status)
    status = attach(map, 0, region + count++ * UNIT, UNIT, &span);
  /* Linux has 65530 areas for a process by default. */
  REQUIRE(status == WMMAP_NO_MEMORY || (status == WMMAP_OK && count == 20000));
  REQUIRE(in_file(0) == 'a' && __builtin_wasm_memory_grow(0, 10) != (size_t)-1);
  return 0;
}

/*
 * The library passes no long list, whatever the length: hosts charge for lists, and limit them. The file is sparse.
 */
static int large(bool longer) {
  const size_t size = ((size_t)1 << 30) + 3 * UNIT, piece = (size_t)16 << 20;
  const size_t longest = longer ? (size_t)200 << 20 : piece + 5;
  const uint64_t offset = 4 * UNIT;
  wmmap_file file = {0};
  wmmap_mapping map = {0};
  wmmap_span span = {0}, other = {0};
  uint8_t *region = aligned_alloc(UNIT, size);
  REQUIRE(region && cut(4 * UNIT + (off_t)size) == 0);
  REQUIRE(wmmap_file_open("/file", WMMAP_CAN_READ | WMMAP_CAN_WRITE, &file) == WMMAP_OK);
  REQUIRE(wmmap_map(file, 0, WMMAP_WRITE, 0, &map) == WMMAP_OK);
  const size_t places[] = {0, piece - 1, piece, 7 * piece + 5, size - 1};
  for (size_t i = 0; i < sizeof places / sizeof *places; i += 1)
    REQUIRE(wmmap_write(map, offset + places[i], 1, &"ABCDE"[i]) == WMMAP_OK);
  /* Lists of all lengths, and ranges of which only the end is outside. */
  REQUIRE(wmmap_read(map, offset, longest, region) == WMMAP_OK && region[0] == 'A');
  REQUIRE(region[piece - 1] == 'B' && region[piece] == 'C' && region[longest - 1] == 0);
  REQUIRE(!longer || region[7 * piece + 5] == 'D');
  region[longest - 1] = 'L';
  REQUIRE(wmmap_write(map, offset, longest, region) == WMMAP_OK && in_file(4 * UNIT + (off_t)longest - 1) == 'L');
  region[0] = '?';
  REQUIRE(wmmap_write(map, offset + size - longest + 1, longest, region) == WMMAP_OUT_OF_RANGE);
  REQUIRE(wmmap_write(map, UINT64_MAX - 5, longest, region) == WMMAP_OUT_OF_RANGE);
  REQUIRE(in_file(4 * UNIT + (off_t)(size - longest) + 1) == 0);
  REQUIRE(wmmap_read(map, offset + size - longest + 1, longest, region) == WMMAP_OUT_OF_RANGE && region[0] == '?');
  REQUIRE(wmmap_read(map, 0, UINT64_MAX, region) == WMMAP_OUT_OF_RANGE);
  wmmap_close(&map);
  REQUIRE(wmmap_map(file, 0, how_mapped, 0, &map) == WMMAP_OK);
  REQUIRE(wmmap_attach(map, 5 * UNIT, region, size, &span) == WMMAP_OUT_OF_RANGE && span.handle == 0);
  REQUIRE(wmmap_attach(map, offset, region, size - 1, &span) == WMMAP_INVALID_ARGUMENT);
  REQUIRE(wmmap_attach(map, offset, region, size, &span) == WMMAP_OK);
  REQUIRE(wmmap_attach(map, 0, region + 10 * piece, 2 * piece, &other) == WMMAP_BUSY && other.handle == 0);
  wmmap_close(&map);
  OPAQUE(region);
  for (size_t i = 0; i < sizeof places / sizeof *places; i += 1)
    REQUIRE(region[places[i]] == "ABCDE"[i]);
  region[piece - 1] = 'X';
  region[piece] = 'Y';
  REQUIRE(in_file(4 * UNIT + (off_t)piece - 1) == (how_mapped == WMMAP_WRITE ? 'X' : 'B'));
  REQUIRE(in_file(4 * UNIT + (off_t)piece) == (how_mapped == WMMAP_WRITE ? 'Y' : 'C'));
  REQUIRE(wmmap_span_flush(span, piece - 1, 2) == WMMAP_OK && wmmap_span_flush(span, 0, size) == WMMAP_OK);
  REQUIRE(wmmap_span_flush(span, 1, size) == WMMAP_OUT_OF_RANGE);
  REQUIRE(wmmap_span_advise(span, piece + 1, UINT64_MAX, WMMAP_RANDOM) == WMMAP_OK);
  REQUIRE(wmmap_span_advise(span, size, 1, WMMAP_RANDOM) == WMMAP_OUT_OF_RANGE && !wmmap_span_faulted(span));
  REQUIRE(cut(4 * UNIT + 30 * (off_t)piece) == 0);
  OPAQUE(region);
  REQUIRE(region[7 * piece + 5] == 'D' && !wmmap_span_faulted(span) && region[size - 1] == 0);
  REQUIRE(wmmap_span_faulted(span) && wmmap_span_flush(span, 0, 30 * piece) == WMMAP_OK);
  REQUIRE(wmmap_span_flush(span, 0, size) == (how_mapped == WMMAP_WRITE ? WMMAP_FAULT : WMMAP_OK));
  wmmap_detach(&span);
  REQUIRE(span.handle == 0 && filled(region, 2 * piece, 0) && region[7 * piece + 5] == 0);
  return 0;
}

/* Pages are lost, and the guest does not ask. */
static int unaware(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(4);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, 4 * UNIT, &span) == WMMAP_OK);
  REQUIRE(cut(UNIT) == 0);
  OPAQUE(region);
  REQUIRE(region[0] == 'a' && region[3 * UNIT] == 0);
  return 0;
}

/* A host that allows a mapping and a span: one more is refused, and its region stays as it is. */
static int limited(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(2);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, UNIT, &span) == WMMAP_OK);
  REQUIRE(attach(map, UNIT, region + UNIT, UNIT, &span) == WMMAP_NO_MEMORY);
  REQUIRE(attach(map, UNIT, region + UNIT, 0, &span) == WMMAP_INVALID_ARGUMENT);
  OPAQUE(region);
  REQUIRE(region[0] == 'a' && filled(region + UNIT, UNIT, 0xee));
  return 0;
}

static int stale(const char *how) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(1);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, UNIT, &span) == WMMAP_OK);
  drop_span(span);
  if (!strcmp(how, "drop"))
    drop_span(span);
  else if (!strcmp(how, "faulted"))
    raw_faulted(span);
  else if (!strcmp(how, "flush"))
    flush(span, 0, 1);
  else if (!strcmp(how, "advise"))
    advise(span, 0, 1, 0);
  else if (!strcmp(how, "foreign"))
    raw_faulted(12345);
  else if (!strcmp(how, "mapping"))
    attach((wmmap_mapping){12345}, 0, region, UNIT, &span);
  else if (!strcmp(how, "outside"))
    attach(map, 0, (void *)0xffff0000, 2 * UNIT, &span);
  else if (!strcmp(how, "advice"))
    attach(map, 0, region, UNIT, &span), advise(span, 0, 1, 9);
  return __LINE__;
}

/* For tests whose component ends, in whatever way, with spans attached. */
static int left(const char *how) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(4);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, 4 * UNIT, &span) == WMMAP_OK);
  OPAQUE(region);
  REQUIRE(region[UNIT] == 'b');
  if (!strcmp(how, "trap"))
    __builtin_trap();
  return 0;
}

/* Two guests each write a byte; the second one sees the first one's. */
static int meet(const char *who) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(1);
  int32_t span = 0;
  REQUIRE(attach(map, 0, region, UNIT, &span) == WMMAP_OK);
  OPAQUE(region);
  REQUIRE(region[*who == '1' ? 2 : 1] == (*who == '1' ? 'a' : '!'));
  region[*who == '1' ? 1 : 2] = '!';
  return 0;
}

static int none(void) {
  wmmap_mapping map = mapped();
  uint8_t *region = units(1);
  int32_t span = 0;
  raw_granularity(result);
  REQUIRE(result[0] == 0);
  REQUIRE(attach(map, 0, region, UNIT, &span) == WMMAP_UNSUPPORTED);
  REQUIRE(attach(map, 1, region + 1, 0, &span) == WMMAP_UNSUPPORTED);
  REQUIRE(filled(region, UNIT, 0xee));
  return 0;
}

static int run(const char *scenario) {
  const char *detail = strchr(scenario, ':');
  const size_t length = detail ? (size_t)(detail++ - scenario) : strlen(scenario);
#define IS(name) (strlen(name) == length && !strncmp(scenario, name, length))
  if (IS("none"))
    return none();
  raw_granularity(result);
  uint32_t granularity;
  memcpy(&granularity, result + 4, 4);
  REQUIRE(result[0] == 1 && granularity == UNIT);
  return IS("refusals")       ? refusals()
         : IS("pages")        ? pages()
         : IS("lost")         ? lost()
         : IS("lost-by")      ? lost_by(detail)
         : IS("grows")        ? grows()
         : IS("tail")         ? tail()
         : IS("freed")        ? freed()
         : IS("top")          ? top()
         : IS("elsewhere")    ? elsewhere()
         : IS("ten-thousand") ? ten_thousand()
         : IS("most")         ? most()
         : IS("limited")      ? limited()
         : IS("large")        ? large(detail != NULL)
         : IS("unaware")      ? unaware()
         : IS("stale")        ? stale(detail)
         : IS("left")         ? left(detail)
         : IS("meet")         ? meet(detail)
                              : __LINE__;
}

int main(int count, char **words) {
  if (count > 2)
    how_mapped = !strcmp(words[2], "read") ? WMMAP_READ : !strcmp(words[2], "write") ? WMMAP_WRITE : WMMAP_COPY;
  const int line = run(count > 1 ? words[1] : "");
  exit_with_code(line > 255 ? 100 + line % 100 : line);
}
