// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
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

bool executable_pages() { return true; }

void discard_zeros(uint8_t *base, uint64_t length) { ::madvise(base, length, MADV_DONTNEED); }

int flush_device(int /*fd*/) { return 0; } // msync() does it.

int read_ahead(uint8_t *base, uint64_t length, const File * /*file*/, uint64_t /*offset*/) {
  return ::madvise(base, length, MADV_WILLNEED) == 0 ? 0 : errno;
}

void keep_from_children(void *base, uint64_t length) { ::madvise(base, length, MADV_DONTFORK); }

} // namespace wmcore
