// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages on their way between a file's storage and memory.
#include "../posix/errors.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>

namespace wmcore {

namespace {

// Headers older than Linux 5.14 lack it.
constexpr int populate_read = 22; // MADV_POPULATE_READ

} // namespace

bool populate_pages(uint8_t *base, uint64_t length) { return ::madvise(base, length, populate_read) == 0; }

wmcore_status start_flush_pages(uint8_t * /*base*/, uint64_t length, const File &file, uint64_t offset) {
  // msync(MS_ASYNC) does nothing on Linux. This fails on file systems that keep no changes in memory.
  if (::sync_file_range(static_cast<int>(file.handle), static_cast<off_t>(offset), static_cast<off_t>(length),
                        SYNC_FILE_RANGE_WRITE) == 0)
    return WMCORE_OK;
  return errno == EINVAL || errno == ESPIPE || errno == ENOSYS ? WMCORE_OK : fail(errno);
}

} // namespace wmcore
