// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

namespace wmcore {

namespace {

const SYSTEM_INFO &system_info() {
  static const SYSTEM_INFO info = [] {
    SYSTEM_INFO result = {};
    GetSystemInfo(&result);
    return result;
  }();
  return info;
}

/// The protection of a section, and the access of its view.
struct Protection {
  DWORD section;
  DWORD view;
};

Protection protection(PageKind kind) {
  if (!kind.write)
    return {PAGE_READONLY, FILE_MAP_READ};
  if (kind.shared)
    return {PAGE_READWRITE, FILE_MAP_WRITE};
  return {PAGE_WRITECOPY, FILE_MAP_COPY};
}

wmcore_status map_view(HANDLE section, uint64_t offset, uint64_t length, DWORD access, uint8_t *&base) {
  void *address = MapViewOfFile(section, access, static_cast<DWORD>(offset >> 32), static_cast<DWORD>(offset),
                                static_cast<SIZE_T>(length));
  if (address) {
    base = static_cast<uint8_t *>(address);
    return WMCORE_OK;
  }
  const wmcore_status status = fail(GetLastError());
  // The rights were checked, so the error means that the view is longer than the section: the file was truncated just
  // now, or the named memory is smaller.
  return status == WMCORE_ACCESS_DENIED ? WMCORE_PAST_END : status;
}

} // namespace

uint64_t granularity() { return system_info().dwAllocationGranularity; }

uint64_t page_size() { return system_info().dwPageSize; }

bool posix_pages() { return false; }

bool executable_pages() { return false; } // There is no mmap-posix.

bool find_areas(std::vector<uintptr_t> & /*starts*/) { return false; }

size_t max_areas() { return SIZE_MAX; } // Only memory limits the number of views.

wmcore_status map_pages(const File *file, uint64_t offset, uint64_t length, PageKind kind, uint8_t *&base) {
  if (length > reinterpret_cast<uintptr_t>(system_info().lpMaximumApplicationAddress))
    return fail(ERROR_NOT_ENOUGH_MEMORY); // The system would report an invalid parameter.
  if (!file) {
    void *address = VirtualAlloc(nullptr, static_cast<SIZE_T>(length), MEM_RESERVE | MEM_COMMIT,
                                 kind.write ? PAGE_READWRITE : PAGE_READONLY);
    base = static_cast<uint8_t *>(address);
    return address ? WMCORE_OK : fail(GetLastError());
  }
  const Protection how = protection(kind);
  const HANDLE handle = reinterpret_cast<HANDLE>(file->handle);
  if (file->named)
    return map_view(handle, offset, length, how.view, base);
  // As long as the file: a longer section would extend the file.
  const HANDLE section = CreateFileMappingW(handle, nullptr, how.section, 0, 0, nullptr);
  if (!section)
    return fail(GetLastError());
  const wmcore_status status = map_view(section, offset, length, how.view, base);
  CloseHandle(section); // The view keeps the section.
  return status;
}

bool restore_pages(uint8_t * /*base*/, const File & /*file*/, uint64_t /*offset*/, uint64_t /*length*/,
                   PageKind /*kind*/) {
  return false; // No lost page comes back: see exceptions.cpp.
}

bool unmap_pages(uint8_t *base, uint64_t /*length*/) {
  // Otherwise it is memory without a file, or replaced a view.
  return UnmapViewOfFile(base) || VirtualFree(base, 0, MEM_RELEASE);
}

void discard_zeros(uint8_t * /*base*/, uint64_t /*length*/) {} // Only touched pages are committed.

wmcore_status flush_pages(uint8_t *base, uint64_t length, const File &file) {
  if (file.named)
    return WMCORE_OK;
  const bool flushed =
      FlushViewOfFile(base, static_cast<SIZE_T>(length)) && FlushFileBuffers(reinterpret_cast<HANDLE>(file.handle));
  return flushed ? WMCORE_OK : fail(GetLastError());
}

wmcore_status advise_pages(uint8_t *base, uint64_t length, wmcore_advice advice, bool /*discards_changes*/,
                           const File * /*file*/, uint64_t /*offset*/) {
  if (advice == WMCORE_WILL_NEED) {
    WIN32_MEMORY_RANGE_ENTRY range = {base, static_cast<SIZE_T>(length)};
    PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0); // Advice may be ignored.
  } else if (advice == WMCORE_DONT_NEED) {
    VirtualUnlock(base, static_cast<SIZE_T>(length)); // Removes unlocked pages from the working set.
  }
  return WMCORE_OK;
}

} // namespace wmcore
