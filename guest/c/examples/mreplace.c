/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mreplace OLD NEW FILE...: replaces a text in place by another of the same length; only changed bytes are written. The
 * exit code is 0 if something was replaced, 1 if nothing was, 2 after an error.
 */
#include "wasi_mmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static wmmap_status replace(wmmap_mapping map, const char *old, const char *new, uint64_t *replaced) {
  const uint64_t size = wmmap_length(map);
  const size_t length = strlen(old);
  for (uint64_t at = 0;; at += length) {
    wmmap_status status = wmmap_find(map, old, length, at, size, &at);
    if (status != WMMAP_OK)
      return status;
    if (at == WMMAP_NOT_FOUND)
      return wmmap_flush(map, 0, size);
    status = wmmap_write(map, at, length, new);
    if (status != WMMAP_OK)
      return status;
    *replaced += 1;
  }
}

/* The result of main() is success or failure; in WASI 0.2 a code takes a call. */
__attribute__((import_module("wasi:cli/exit@0.2.12"), import_name("exit-with-code"))) _Noreturn void
exit_with_code(int32_t code);

static int run(int count, char **words) {
  if (count < 4 || words[1][0] == '\0' || strlen(words[1]) != strlen(words[2])) {
    fputs("usage: mreplace OLD NEW FILE...   (OLD and NEW of the same length in bytes)\n", stderr);
    return 2;
  }
  uint64_t all = 0;
  bool failed = false;
  for (int i = 3; i < count; i += 1) {
    uint64_t replaced = 0;
    wmmap_mapping map = {0};
    wmmap_status status = wmmap_open(words[i], 0, WMMAP_WRITE, 0, &map);
    if (status == WMMAP_EMPTY_FILE)
      status = WMMAP_OK; /* An empty file holds no text. */
    else if (status == WMMAP_OK)
      status = replace(map, words[1], words[2], &replaced);
    wmmap_close(&map);
    all += replaced;
    printf("%s: %" PRIu64 "\n", words[i], replaced);
    if (status != WMMAP_OK) {
      fprintf(stderr, "mreplace: %s: %s\n", words[i],
              status == WMMAP_CANNOT_OPEN ? strerror(errno) : wmmap_status_name(status));
      failed = true;
    }
  }
  return failed ? 2 : all > 0 ? 0 : 1;
}

int main(int count, char **words) {
  const int code = run(count, words);
  fflush(stdout);
  exit_with_code(code);
}
