// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the system says of the process's memory.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

/// Areas of memory that begin in a range of addresses, or all of them.
inline size_t count_areas(const void *start = nullptr, uint64_t length = UINT64_MAX) {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  const auto first = reinterpret_cast<uintptr_t>(start);
  for (std::string line; std::getline(maps, line);) {
    const uintptr_t address = std::stoull(line, nullptr, 16);
    count += address >= first && address - first < length;
  }
  return count;
}

/// Areas of a file.
inline size_t count_areas_of(uint64_t inode) {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);)
    count += line.find(" " + std::to_string(inode) + " ") != std::string::npos;
  return count;
}

/// How many areas a process may have: Linux lets it have one more than it says.
inline size_t area_limit() {
  size_t limit = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  return limit;
}
