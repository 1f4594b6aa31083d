// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

bool unusable(const void *start, const void *end) {
  auto next = reinterpret_cast<uintptr_t>(start);
  const auto last = reinterpret_cast<uintptr_t>(end);
  // Where it cannot be opened, nothing is known.
  FILE *maps = std::fopen("/proc/self/maps", "re");
  if (!maps)
    return false;
  bool usable = false;
  for (char line[512]; next < last && !usable && std::fgets(line, sizeof line, maps);) {
    // "7f0000000000-7f0000010000 rw-p ...". What remains of a long line begins with no such numbers.
    char *rest = nullptr;
    const uintptr_t first = std::strtoull(line, &rest, 16);
    if (*rest != '-')
      continue;
    const uintptr_t behind = std::strtoull(rest + 1, &rest, 16);
    if (*rest != ' ' || behind <= next)
      continue;
    usable = first > next || std::strncmp(rest + 1, "---p", 4) != 0;
    next = behind;
  }
  std::fclose(maps);
  return !usable && next >= last;
}
