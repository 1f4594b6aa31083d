// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages on their way between a file's storage and memory.
#include "../posix/errors.h"

#include <cerrno>
#include <sys/mman.h>

namespace wmcore {

// MADV_WILLNEED would make pages that may be written dirty or private (XNU: vm_map_willneed()).
bool populate_pages(uint8_t * /*base*/, uint64_t /*length*/) { return false; }

wmcore_status start_flush_pages(uint8_t *base, uint64_t length, const File & /*file*/, uint64_t /*offset*/) {
  return ::msync(base, length, MS_ASYNC) == 0 ? WMCORE_OK : fail(errno);
}

} // namespace wmcore
