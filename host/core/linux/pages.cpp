// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

namespace wmmap {

namespace {

int protection(PageKind kind) {
  return (kind.read ? PROT_READ : PROT_NONE) | (kind.write ? PROT_READ | PROT_WRITE : PROT_NONE) |
         (kind.execute ? PROT_EXEC : PROT_NONE);
}

// Private pages reserve no swap: a COPY of a file larger than memory is meant to work, as long as little is changed.
int flags(PageKind kind) { return kind.shared ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE; }

} // namespace

uint64_t granularity() { return page_size(); }

bool posix_pages() { return true; }

uint64_t page_size() {
  static const auto size = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

size_t most_regions() {
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

wmmap_status map_pages(const File *file, uint64_t offset, uint64_t length, PageKind kind, uint8_t *&base) {
  const int fd = file ? static_cast<int>(file->handle) : -1;
  void *address = ::mmap(nullptr, length, protection(kind), flags(kind) | (file ? 0 : MAP_ANONYMOUS), fd,
                         static_cast<off_t>(offset));
  if (address == MAP_FAILED)
    return fail(errno);
  base = static_cast<uint8_t *>(address);
  return WMMAP_OK;
}

bool restore_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind) {
  return ::mmap(base, length, protection(kind), flags(kind) | MAP_FIXED, static_cast<int>(file.handle),
                static_cast<off_t>(offset)) != MAP_FAILED;
}

void unmap_pages(uint8_t *base, uint64_t length) { ::munmap(base, length); }

wmmap_status flush_pages(uint8_t *base, uint64_t length, const File & /*file*/) {
  return ::msync(base, length, MS_SYNC) == 0 ? WMMAP_OK : fail(errno);
}

wmmap_status advise_pages(uint8_t *base, uint64_t length, wmmap_advice advice, bool discards_changes) {
  int value = MADV_NORMAL;
  switch (advice) {
  case WMMAP_NORMAL:
    break;
  case WMMAP_RANDOM:
    value = MADV_RANDOM;
    break;
  case WMMAP_SEQUENTIAL:
    value = MADV_SEQUENTIAL;
    break;
  case WMMAP_WILL_NEED:
    value = MADV_WILLNEED;
    break;
  case WMMAP_DONT_NEED:
    // Linux drops private pages at once, with what was stored in them; the contract keeps it.
    if (discards_changes)
      return WMMAP_OK;
    value = MADV_DONTNEED;
    break;
  }
  return ::madvise(base, length, value) == 0 ? WMMAP_OK : fail(errno);
}

} // namespace wmmap
