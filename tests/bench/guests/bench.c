/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What is measured inside a guest, on /text:
 *   bench map-read|file-read COUNT SIZE   reads of this size at scattered places, through a mapping or wasi:filesystem
 *   bench map-sum|file-sum ROUNDS SIZE    reads the whole file ROUNDS times, and prints the sum of it
 *   bench map-byte COUNT                  reads of one byte in one page: the cost of a call
 *   bench map-write|file-write COUNT SIZE writes of this size at scattered places
 *   bench own-read COUNT SIZE             reads of a private mapping whose pages were all changed
 *   bench map-find|file-find COUNT SIZE   searches as many bytes for what is not there, with mapping.find or memmem
 *   bench map COUNT                       maps the file and drops the mapping
 *   bench grep NEEDLE                     prints how many lines contain the needle, reading through wasi:filesystem
 * What goes through wasi:filesystem is a stream in WASI 0.3: one for all that is read in order, else one for each
 * piece.
 */
#include "wasi_mmap.h"
#ifdef WMMAP_P3
#include "../../host/guests/streams.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024 };

#ifndef WMMAP_P3
typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    struct {
      uint8_t *bytes;
      size_t length;
      uint8_t at_end;
    };
  };
} read_result;

typedef struct {
  uint8_t is_error;
  uint64_t count;
} write_result;

__attribute__((import_module("wasi:filesystem/types@0.2.12"), import_name("[method]descriptor.read"))) void
descriptor_read(int32_t self, int64_t length, int64_t offset, read_result *result);

__attribute__((import_module("wasi:filesystem/types@0.2.12"), import_name("[method]descriptor.write"))) void
descriptor_write(int32_t self, const uint8_t *bytes, size_t length, int64_t offset, write_result *result);
#endif

static uint8_t buffer[1 << 20];

static void require(wmmap_status status) {
  if (status != WMMAP_OK)
    abort();
}

static wmmap_file open_text(uint32_t rights) {
  wmmap_file file = {0};
  require(wmmap_file_open("/text", rights, &file));
  return file;
}

/* Four sums, so that the processor need not wait for one. */
static uint64_t sum(const uint8_t *bytes, size_t length) {
  uint64_t sums[4] = {0};
  for (size_t at = 0; at + 32 <= length; at += 32) {
    uint64_t words[4];
    memcpy(words, bytes + at, sizeof words);
    for (int i = 0; i < 4; i += 1)
      sums[i] += words[i];
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

#ifdef WMMAP_P3
static size_t read_file(wmmap_file file, uint64_t offset, size_t length, uint8_t *target) {
  stream_reader reader = stream_open(file, offset);
  const size_t got = stream_read(&reader, target, length);
  stream_close(reader);
  return got;
}

static void write_file(wmmap_file file, uint64_t offset, size_t length, const uint8_t *source) {
  stream_write(file, offset, source, length);
}

/* What is read in order, from the start. */
typedef stream_reader reading;
static reading start_reading(wmmap_file file) { return stream_open(file, 0); }
static size_t read_next(reading *from, size_t length, uint8_t *target) { return stream_read(from, target, length); }
static void end_reading(reading *from) { stream_close(*from); }

static uint64_t sum_file(wmmap_file file, size_t size) {
  uint64_t total = 0;
  reading from = start_reading(file);
  for (size_t got; (got = read_next(&from, size, buffer)) > 0;)
    total += sum(buffer, got);
  end_reading(&from);
  return total;
}
#else
static size_t read_file(wmmap_file file, uint64_t offset, size_t length, uint8_t *target) {
  read_result got;
  descriptor_read(file.handle, (int64_t)length, (int64_t)offset, &got);
  if (got.is_error)
    abort();
  if (got.length > 0) {
    memcpy(target, got.bytes, got.length);
    free(got.bytes);
  }
  return got.length;
}

static void write_file(wmmap_file file, uint64_t offset, size_t length, const uint8_t *source) {
  write_result got;
  for (size_t done = 0; done < length; done += (size_t)got.count) {
    descriptor_write(file.handle, source + done, length - done, (int64_t)(offset + done), &got);
    if (got.is_error)
      abort();
  }
}

typedef struct {
  wmmap_file file;
  uint64_t offset;
} reading;
static reading start_reading(wmmap_file file) { return (reading){file, 0}; }
static size_t read_next(reading *from, size_t length, uint8_t *target) {
  const size_t got = read_file(from->file, from->offset, length, target);
  from->offset += got;
  return got;
}
static void end_reading(reading *from) { (void)from; }

/* Without a copy of its own, and with as much as the host gives at a time. */
static uint64_t sum_file(wmmap_file file, size_t size) {
  uint64_t total = 0;
  for (uint64_t offset = 0;;) {
    read_result got;
    descriptor_read(file.handle, (int64_t)size, (int64_t)offset, &got);
    if (got.is_error)
      abort();
    if (got.length == 0)
      return total;
    total += sum(got.bytes, got.length);
    offset += got.length;
    free(got.bytes);
  }
}
#endif

static void find_in_file(wmmap_file file, uint64_t length) {
  reading from = start_reading(file);
  size_t kept = 0; /* The last byte, which a match may begin with. */
  while (length > 0) {
    const size_t got = read_next(&from, length < BLOCK ? (size_t)length : BLOCK, buffer + kept);
    if (got == 0 || memmem(buffer, kept + got, "\1\2", 2))
      break;
    buffer[0] = buffer[kept + got - 1];
    kept = 1;
    length -= got;
  }
  end_reading(&from);
}

static uint64_t place(uint64_t index, uint64_t limit) { return (index * 2654435761U) % limit & ~UINT64_C(63); }

static void grep(const char *needle) {
  reading from = start_reading(open_text(WMMAP_CAN_READ));
  const size_t length = strlen(needle);
  static char block[2 * BLOCK];
  size_t kept = 0;
  uint64_t lines = 0;
  for (;;) {
    const size_t got = read_next(&from, BLOCK, (uint8_t *)block + kept);
    const char *start = block;
    const char *end = block + kept + got;
    for (const char *line_end; (line_end = memchr(start, '\n', (size_t)(end - start))); start = line_end + 1)
      lines += memmem(start, (size_t)(line_end - start), needle, length) != NULL;
    if (got == 0)
      break;
    kept = (size_t)(end - start);
    if (kept > BLOCK)
      abort(); /* The text has no such lines. */
    memmove(block, start, kept);
  }
  end_reading(&from);
  printf("%llu\n", (unsigned long long)lines);
}

static uint64_t sum_mapping(wmmap_mapping map, size_t size) {
  uint64_t total = 0;
  const uint64_t end = wmmap_length(map);
  for (uint64_t offset = 0; offset < end; offset += size) {
    const size_t length = end - offset < size ? (size_t)(end - offset) : size;
    require(wmmap_read(map, offset, length, buffer));
    total += sum(buffer, length);
  }
  return total;
}

int main(int count, char **words) {
  if (count < 3)
    return 1;
  const char *what = words[1];
  if (strcmp(what, "grep") == 0)
    return grep(words[2]), 0;
  const uint64_t calls = strtoull(words[2], NULL, 10);
  const size_t size = count > 3 ? strtoul(words[3], NULL, 10) : 0;
  const int writes = strstr(what, "write") != NULL;
  const wmmap_file file = open_text(writes ? WMMAP_CAN_READ | WMMAP_CAN_WRITE : WMMAP_CAN_READ);
  wmmap_mapping map = {0};
  if (strcmp(what, "map") == 0) {
    for (uint64_t i = 0; i < calls; i += 1) {
      require(wmmap_map(file, 0, WMMAP_READ, 0, &map));
      wmmap_close(&map);
    }
    return 0;
  }
  const wmmap_access access = writes ? WMMAP_WRITE : strcmp(what, "own-read") == 0 ? WMMAP_COPY : WMMAP_READ;
  require(wmmap_map(file, 0, access, 0, &map));
  if (strcmp(what, "map-sum") == 0 || strcmp(what, "file-sum") == 0) {
    uint64_t total = 0;
    for (uint64_t i = 0; i < calls; i += 1)
      total = what[0] == 'm' ? sum_mapping(map, size) : sum_file(file, size);
    printf("%llu\n", (unsigned long long)total);
    return 0;
  }
  if (strcmp(what, "map-byte") == 0) {
    for (uint64_t i = 0; i < calls; i += 1)
      require(wmmap_read(map, i & 4095, 1, buffer));
    return 0;
  }
  if (strcmp(what, "map-find") == 0 || strcmp(what, "file-find") == 0) {
    uint64_t at = 0;
    for (uint64_t left = calls * size; left > 0;) {
      const uint64_t part = left < wmmap_length(map) ? left : wmmap_length(map);
      if (what[0] == 'm')
        require(wmmap_find(map, "\1\2", 2, 0, part, &at));
      else
        find_in_file(file, part);
      left -= part;
    }
    return 0;
  }
  uint64_t length = wmmap_length(map);
  if (access == WMMAP_COPY) {
    enum { OWN = 16 << 20 };
    length = length < OWN ? length : OWN;
    for (uint64_t page = 0; page < length; page += 4096)
      require(wmmap_write(map, page, 1, "x"));
  }
  const uint64_t limit = length - size;
  for (uint64_t i = 0; i < calls; i += 1) {
    const uint64_t at = place(i, limit);
    if (strcmp(what, "map-write") == 0)
      require(wmmap_write(map, at, size, buffer));
    else if (strcmp(what, "file-write") == 0)
      write_file(file, at, size, buffer);
    else if (strcmp(what, "file-read") != 0)
      require(wmmap_read(map, at, size, buffer));
    else if (read_file(file, at, size, buffer) != size)
      abort();
  }
  return 0;
}
