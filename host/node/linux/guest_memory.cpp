// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

#include <cinttypes>
#include <cstdint>
#include <fstream>
#include <string>

bool unusable(const void *start, const void *end) {
  auto next = reinterpret_cast<uintptr_t>(start);
  const auto last = reinterpret_cast<uintptr_t>(end);
  std::ifstream maps("/proc/self/maps"); // Where it cannot be read there are no lines, and nothing is known.
  for (std::string line; next < last && std::getline(maps, line);) {
    uintptr_t first = 0;
    uintptr_t behind = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &first, &behind, rights) != 3 || behind <= next)
      continue;
    if (first > next || std::string(rights) != "---p")
      return false;
    next = behind;
  }
  return next >= last;
}
