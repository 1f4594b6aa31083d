// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace wmcore {

size_t max_areas() {
  static const size_t limit = [] {
    unsigned long most = 65530; // The default since Linux 2.6.
    if (FILE *setting = std::fopen("/proc/sys/vm/max_map_count", "re")) {
      char text[32] = {};
      if (std::fgets(text, sizeof text, setting))
        if (const unsigned long number = std::strtoul(text, nullptr, 10))
          most = number;
      std::fclose(setting);
    }
    return static_cast<size_t>(most / 2);
  }();
  return limit;
}

bool find_areas(std::vector<uintptr_t> &starts) {
  FILE *maps = std::fopen("/proc/self/maps", "re");
  if (!maps)
    return false;
  try {
    // "7f0000000000-7f0000010000 rw-p ...". The rest of a long line may look like the start of one, which is allowed.
    for (char line[512]; std::fgets(line, sizeof line, maps);) {
      char *rest = nullptr;
      const auto start = static_cast<uintptr_t>(std::strtoull(line, &rest, 16));
      if (*rest == '-')
        starts.push_back(start);
    }
  } catch (const std::bad_alloc &) {
    starts.clear();
  }
  const bool whole = std::ferror(maps) == 0 && !starts.empty();
  std::fclose(maps);
  std::sort(starts.begin(), starts.end());
  return whole;
}

bool executable_pages() { return true; }

void discard_zeros(uint8_t *base, uint64_t length) { ::madvise(base, length, MADV_DONTNEED); }

int flush_device(int /*fd*/) { return 0; } // msync() does it.

int read_ahead(uint8_t *base, uint64_t length, const File * /*file*/, uint64_t /*offset*/) {
  return ::madvise(base, length, MADV_WILLNEED) == 0 ? 0 : errno;
}

void keep_from_children(void *base, uint64_t length) { ::madvise(base, length, MADV_DONTFORK); }

} // namespace wmcore
