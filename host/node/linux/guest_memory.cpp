// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

#include "wasi_mmap_core.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

uint32_t guest_span_granularity() { return wmcore_span_granularity(); }

bool is_guard_region(const void *start, const void *end) {
  auto next = reinterpret_cast<uintptr_t>(start);
  const auto last = reinterpret_cast<uintptr_t>(end);
  // Without this file nothing is known.
  FILE *maps = std::fopen("/proc/self/maps", "re");
  if (!maps)
    return false;
  bool usable = false;
  for (char line[512]; next < last && !usable && std::fgets(line, sizeof line, maps);) {
    // "7f0000000000-7f0000010000 rw-p ...". The rest of a long line does not begin with such numbers.
    char *rest = nullptr;
    const uintptr_t first = std::strtoull(line, &rest, 16);
    if (*rest != '-')
      continue;
    const uintptr_t past = std::strtoull(rest + 1, &rest, 16);
    if (*rest != ' ' || past <= next)
      continue;
    usable = first > next || std::strncmp(rest + 1, "---p", 4) != 0;
    next = past;
  }
  std::fclose(maps);
  return !usable && next >= last;
}

bool make_readable(void *page, bool readable) {
  const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return ::mprotect(page, size, readable ? PROT_READ : PROT_NONE) == 0;
}

bool has_ample_addresses() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)
    return false;
  FILE *file = std::fopen("/proc/self/statm", "re");
  if (!file)
    return false;
  char text[128] = {};
  const bool known = std::fgets(text, sizeof text, file) != nullptr;
  std::fclose(file);
  const uint64_t pages = std::strtoull(text, nullptr, 10); // The first number: all that the process has reserved.
  const uint64_t half = uint64_t{1} << 46; // A process has 2^47 bytes of addresses on x64, and 2^48 on most arm64.
  return known && pages < half / static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}
