// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages on their way between a file's storage and memory, and which stay there.
#include "errors.h"

namespace wmcore {

wmcore_status start_flush_pages(uint8_t *base, uint64_t length, const File &file, uint64_t /*offset*/) {
  // It begins the writes, and FlushFileBuffers() waits for them.
  return file.named || FlushViewOfFile(base, static_cast<SIZE_T>(length)) ? WMCORE_OK : fail(GetLastError());
}

bool populate_pages(uint8_t *base, uint64_t length) {
  advise_pages(base, length, WMCORE_WILL_NEED, /*discards_changes=*/false);
  return false; // It only begins to load them.
}

wmcore_status find_resident_pages(uint8_t * /*base*/, size_t /*count*/, uint8_t * /*resident*/) {
  // QueryWorkingSetEx() knows the pages of the process, but not those that the system caches.
  return fail(ERROR_NOT_SUPPORTED);
}

wmcore_status lock_pages(uint8_t *base, uint64_t length) {
  const auto size = static_cast<SIZE_T>(length);
  if (VirtualLock(base, size))
    return WMCORE_OK;
  if (GetLastError() != ERROR_WORKING_SET_QUOTA)
    return fail(GetLastError());
  // A process may lock less than its smallest working set: about 200 KiB, unless it asks for more.
  SIZE_T least = 0;
  SIZE_T most = 0;
  if (!GetProcessWorkingSetSize(GetCurrentProcess(), &least, &most) ||
      !SetProcessWorkingSetSize(GetCurrentProcess(), least + size, most + size) || !VirtualLock(base, size))
    return fail(GetLastError());
  return WMCORE_OK;
}

wmcore_status unlock_pages(uint8_t *base, uint64_t length) {
  return VirtualUnlock(base, static_cast<SIZE_T>(length)) ? WMCORE_OK : fail(GetLastError());
}

} // namespace wmcore
