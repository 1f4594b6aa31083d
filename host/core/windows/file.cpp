// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

#include <new>
#include <string>
#include <winternl.h>

using namespace wmcore;

namespace {

HANDLE handle_of(wmcore_file file) { return reinterpret_cast<HANDLE>(file); }

/// The rights of the handle itself.
wmcore_status granted_access(HANDLE handle, ACCESS_MASK &result) {
  PUBLIC_OBJECT_BASIC_INFORMATION information = {};
  const NTSTATUS status = NtQueryObject(handle, ObjectBasicInformation, &information, sizeof information, nullptr);
  if (status < 0)
    return fail(RtlNtStatusToDosError(status));
  result = information.GrantedAccess;
  return WMCORE_OK;
}

/// Checks that the handle is a file on a disk or a network share, and no directory.
wmcore_status check_kind(HANDLE handle) {
  SetLastError(ERROR_SUCCESS);
  const DWORD type = GetFileType(handle);
  if (type == FILE_TYPE_UNKNOWN && GetLastError() != ERROR_SUCCESS)
    return fail(ERROR_INVALID_HANDLE);
  if (type != FILE_TYPE_DISK)
    return fail(ERROR_NOT_SUPPORTED);
  BY_HANDLE_FILE_INFORMATION information = {};
  if (!GetFileInformationByHandle(handle, &information))
    return fail(GetLastError()); // ERROR_INVALID_FUNCTION for a raw disk.
  return (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? fail(ERROR_NOT_SUPPORTED) : WMCORE_OK;
}

/// Checks in this order that a handle is open, is a regular file, and has the rights.
wmcore_status check(HANDLE handle, uint32_t rights, uint32_t needed) {
  if (const wmcore_status status = check_kind(handle))
    return status;
  ACCESS_MASK granted = 0;
  if (const wmcore_status status = granted_access(handle, granted))
    return status;
  const uint32_t system_rights = ((granted & FILE_READ_DATA) != 0 ? WMCORE_RIGHT_READ : 0) |
                                 ((granted & FILE_WRITE_DATA) != 0 ? WMCORE_RIGHT_WRITE : 0);
  return (rights & system_rights & needed) == needed ? WMCORE_OK : fail(ERROR_ACCESS_DENIED);
}

wmcore_status own(HANDLE handle, bool named, std::shared_ptr<const File> &result) {
  try {
    result = std::make_shared<File>(reinterpret_cast<wmcore_file>(handle), page_size(), FileIdentity{}, named);
  } catch (const std::bad_alloc &) {
    CloseHandle(handle);
    return fail(ERROR_NOT_ENOUGH_MEMORY);
  }
  return WMCORE_OK;
}

wmcore_status to_wide(const char *text, std::wstring &result) {
  const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, nullptr, 0);
  if (length <= 1) // The length includes the terminator.
    return length == 1 ? fail(ERROR_INVALID_NAME) : fail(GetLastError());
  try {
    result.resize(static_cast<size_t>(length));
  } catch (const std::bad_alloc &) {
    return fail(ERROR_NOT_ENOUGH_MEMORY);
  }
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, result.data(), length);
  return WMCORE_OK;
}

LARGE_INTEGER large(uint64_t value) {
  LARGE_INTEGER result = {};
  result.QuadPart = static_cast<LONGLONG>(value);
  return result;
}

/// Moves the end of the file, but not the file position, which the caller shares.
wmcore_status set_end(HANDLE handle, uint64_t size) {
  FILE_END_OF_FILE_INFO end = {};
  end.EndOfFile = large(size);
  return SetFileInformationByHandle(handle, FileEndOfFileInfo, &end, sizeof end) ? WMCORE_OK : fail(GetLastError());
}

/// Allocates the blocks of a file that grows. NTFS also allocates them with the end of the file, which suffices on file
/// systems without this call.
wmcore_status allocate(HANDLE handle, uint64_t size) {
  FILE_ALLOCATION_INFO allocation = {};
  allocation.AllocationSize = large(size);
  if (SetFileInformationByHandle(handle, FileAllocationInfo, &allocation, sizeof allocation))
    return WMCORE_OK;
  const DWORD error = GetLastError();
  return error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL ? fail(error) : WMCORE_OK;
}

} // namespace

wmcore::File::~File() { CloseHandle(handle_of(handle)); }

wmcore_status wmcore::File::duplicate(wmcore_file file, uint32_t rights, uint32_t needed,
                                      std::shared_ptr<const File> &result, uint64_t &size) {
  // Duplicates first: the caller's handle could belong to another file after the checks.
  const HANDLE process = GetCurrentProcess();
  HANDLE duplicate = nullptr;
  if (!DuplicateHandle(process, handle_of(file), process, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    const DWORD error = GetLastError();
    const wmcore_status unfit = check(handle_of(file), rights, needed);
    return unfit ? unfit : fail(error);
  }
  if (const wmcore_status unfit = check(duplicate, rights, needed)) {
    CloseHandle(duplicate);
    return unfit;
  }
  if (const wmcore_status status = own(duplicate, /*named=*/false, result))
    return status;
  return result->size(size);
}

wmcore_status wmcore::File::share(const char *name, uint64_t length, std::shared_ptr<const File> &result) {
  std::wstring wide;
  if (const wmcore_status status = to_wide(name, wide))
    return status;
  // Always writable: other processes may map it with another access.
  const HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE,
                                            static_cast<DWORD>(length >> 32), static_cast<DWORD>(length), wide.c_str());
  if (section)
    return own(section, /*named=*/true, result);
  const DWORD error = GetLastError();
  // The name belongs to another kind of object, such as a mutex.
  return error == ERROR_INVALID_HANDLE ? fail(ERROR_BUSY) : fail(error);
}

wmcore_status wmcore::File::size(uint64_t &result) const {
  LARGE_INTEGER size = {};
  if (!GetFileSizeEx(handle_of(handle), &size))
    return fail(GetLastError());
  result = static_cast<uint64_t>(size.QuadPart);
  return WMCORE_OK;
}

bool wmcore::File::read(uint64_t /*offset*/, uint64_t /*length*/, void * /*target*/) const { return false; }

wmcore_status wmcore::File::resize(uint64_t size) const {
  uint64_t before = 0;
  if (const wmcore_status status = this->size(before))
    return status;
  if (size == before)
    return WMCORE_OK;
  if (size > before) {
    if (const wmcore_status status = allocate(handle_of(handle), size))
      return status;
    // Others may have appended more by now; do not truncate it.
    uint64_t now = 0;
    if (this->size(now) == WMCORE_OK && now >= size)
      return WMCORE_OK;
  }
  return set_end(handle_of(handle), size);
}
