// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "wasi_mmap_core.h"

extern "C" {

const char *wmcore_status_name(wmcore_status status) {
  static const char *const names[] = {"ok",         "access-denied", "bad-descriptor",
                                      "empty-file", "past-end",      "invalid-argument",
                                      "read-only",  "out-of-range",  "not-resizable",
                                      "busy",       "fault",         "no-memory",
                                      "no-space",   "unsupported",   "io"};
  const auto index = static_cast<size_t>(status);
  return index < sizeof names / sizeof *names ? names[index] : "io";
}

} // extern "C"
