/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs steps of the contract suite in a guest: reads a line, prints the answer. tests/contract/guest.mts drives it. */
#include "wasi_mmap.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wmmap_file file;
static wmmap_mapping mappings[256];
static const char *const accesses[] = {"read", "write", "copy"};
static const char *const advices[] = {"normal", "random", "sequential", "will-need", "dont-need"};

static wmmap_status open_mapping(wmmap_mapping *map) {
  const wmmap_file source = text("anonymous") ? (wmmap_file){0} : file;
  if (text("access"))
    return wmmap_map(source, number("length"), choice("access", accesses), number("offset"), map);
  const uint32_t protection = (has("protection", "read") ? WMMAP_PROTECT_READ : 0) |
                              (has("protection", "write") ? WMMAP_PROTECT_WRITE : 0) |
                              (has("protection", "execute") ? WMMAP_PROTECT_EXECUTE : 0);
  return wmmap_map_posix(source, number("length"), has("sharing", "private"), protection, number("offset"), map);
}

#define OP(name) if (strcmp(op, name) == 0)

/* Runs the operation. It reads or returns the bytes `data`, `length`, and may return a `value`. */
static wmmap_status run(const char *op, wmmap_mapping *map, uint8_t **data, size_t *length, uint64_t *value) {
  *data = text("bytes") ? bytes("bytes", length) : text("needle") ? bytes("needle", length) : malloc(1 << 20);
  OP("file") return wmmap_file_open(text("path"), has("rights", "read") + 2U * has("rights", "write"), &file);
  OP("mmap") return open_mapping(map);
  OP("mmap-posix") return open_mapping(map);
  OP("length") return *value = wmmap_length(*map), WMMAP_OK;
  OP("access") return printf("\"%s\"\n", accesses[wmmap_get_access(*map)]), WMMAP_OK;
  OP("file-size") return wmmap_file_size(*map, value);
  OP("read") return *length = number("length"), wmmap_read(*map, number("offset"), number("length"), *data);
  OP("write") return wmmap_write(*map, number("offset"), *length, *data);
  OP("move") return wmmap_move(*map, number("destination"), number("source"), number("length"));
  OP("find") return wmmap_find(*map, *data, *length, number("start"), number("end"), value);
  OP("rfind") return wmmap_rfind(*map, *data, *length, number("start"), number("end"), value);
  OP("flush") return wmmap_flush(*map, number("offset"), number("length"));
  OP("resize") return wmmap_resize(*map, number("length"));
  OP("advise") return wmmap_advise(*map, number("offset"), number("length"), choice("advice", advices));
  OP("start-flush") return wmmap_start_flush(*map, number("offset"), number("length"));
  OP("populate") return wmmap_populate(*map, number("offset"), number("length"));
  OP("resident") return wmmap_resident(*map, number("offset"), number("length"), value);
  OP("mlock") return wmmap_mlock(*map);
  OP("munlock") return wmmap_munlock(*map);
  OP("close") wmmap_close(map);
  OP("end") {
    for (size_t i = 0; i < 256; i += 1)
      wmmap_close(&mappings[i]);
    wmmap_file_close(&file);
  }
  return WMMAP_OK;
}

int main(void) {
  while (next_line()) {
    const char *name = text("map") ? text("map") : "m";
    uint8_t *data = NULL;
    size_t length = 0;
    uint64_t value = WMMAP_NOT_FOUND;
    const wmmap_status status = run(line, &mappings[(name[0] + name[strlen(name) - 1]) % 256], &data, &length, &value);
    if (status != WMMAP_OK)
      printf("error %s\n", wmmap_status_name(status));
    else if (strcmp(line, "read") == 0)
      for (size_t i = 0; i <= length; i += 1)
        i == 0 ? printf("x%s", length == 0 ? "\n" : "") : printf("%02x%s", data[i - 1], i == length ? "\n" : "");
    else if (strcmp(line, "access") != 0)
      value == WMMAP_NOT_FOUND ? puts("null") : printf("%" PRIu64 "\n", value);
    fflush(stdout);
    free(data);
  }
}
