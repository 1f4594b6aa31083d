// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
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
    uintptr_t first = 0;
    uintptr_t behind = 0;
    char rights[5] = {};
    // What remains of a long line has no such numbers.
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &first, &behind, rights) != 3 || behind <= next)
      continue;
    usable = first > next || std::strcmp(rights, "---p") != 0;
    next = behind;
  }
  std::fclose(maps);
  return !usable && next >= last;
}
