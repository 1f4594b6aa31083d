// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which pages are in memory, and which stay there.
#include "errors.h"

#include <cerrno>
#include <sys/mman.h>

namespace wmcore {

wmcore_status find_resident_pages(uint8_t *base, size_t count, uint8_t *resident) {
#ifdef __APPLE__
  auto *result = reinterpret_cast<char *>(resident);
#else
  auto *result = resident;
#endif
  return ::mincore(base, count * page_size(), result) == 0 ? WMCORE_OK : fail(errno);
}

wmcore_status lock_pages(uint8_t *base, uint64_t length) {
  if (::mlock(base, length) == 0)
    return WMCORE_OK;
  const int error = errno;
  ::munlock(base, length); // It may have locked some.
  // EAGAIN means that some pages could not be loaded, for want of memory.
  return fail(error == EAGAIN ? ENOMEM : error);
}

wmcore_status unlock_pages(uint8_t *base, uint64_t length) {
  return ::munlock(base, length) == 0 ? WMCORE_OK : fail(errno);
}

} // namespace wmcore
