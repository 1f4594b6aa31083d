// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

namespace {

/// Not thread_local: compilers for Windows may allocate it on first use, which may be in a handler.
DWORD last_error_slot() {
  static const DWORD slot = TlsAlloc();
  return slot;
}

} // namespace

void wmcore::remember(DWORD error_number) {
  TlsSetValue(last_error_slot(), reinterpret_cast<void *>(static_cast<uintptr_t>(error_number)));
}

wmcore_status wmcore::fail(DWORD error_number) {
  remember(error_number);
  switch (error_number) {
  case ERROR_ACCESS_DENIED:
  case ERROR_WRITE_PROTECT:
  case ERROR_PRIVILEGE_NOT_HELD:
    return WMCORE_ACCESS_DENIED;
  case ERROR_INVALID_HANDLE:
    return WMCORE_BAD_DESCRIPTOR;
  case ERROR_INVALID_PARAMETER:
  case ERROR_INVALID_NAME:
  case ERROR_BAD_PATHNAME:
  case ERROR_PATH_NOT_FOUND:
  case ERROR_FILENAME_EXCED_RANGE:
  case ERROR_NO_UNICODE_TRANSLATION:
    return WMCORE_INVALID_ARGUMENT;
  case ERROR_FILE_INVALID: // The file has become empty.
    return WMCORE_PAST_END;
  case ERROR_USER_MAPPED_FILE:
  case ERROR_LOCK_VIOLATION:
  case ERROR_SHARING_VIOLATION:
  case ERROR_BUSY:
    return WMCORE_BUSY;
  case ERROR_SWAPERROR:
    return WMCORE_FAULT;
  case ERROR_NOT_ENOUGH_MEMORY:
  case ERROR_OUTOFMEMORY:
  case ERROR_COMMITMENT_LIMIT:
  case ERROR_NO_SYSTEM_RESOURCES:
  case ERROR_PAGEFILE_QUOTA:
  case ERROR_WORKING_SET_QUOTA:
  case ERROR_NOT_ENOUGH_QUOTA:
  case ERROR_TOO_MANY_OPEN_FILES:
    return WMCORE_NO_MEMORY;
  case ERROR_DISK_FULL:
  case ERROR_HANDLE_DISK_FULL:
  case 1295: // ERROR_DISK_QUOTA_EXCEEDED, which mingw lacks.
  case ERROR_FILE_TOO_LARGE:
    return WMCORE_NO_SPACE;
  case ERROR_INVALID_FUNCTION:
  case ERROR_NOT_SUPPORTED:
  case ERROR_CALL_NOT_IMPLEMENTED:
    return WMCORE_UNSUPPORTED;
  default:
    return WMCORE_IO;
  }
}

extern "C" int wmcore_system_error(void) {
  const auto number = reinterpret_cast<uintptr_t>(TlsGetValue(last_error_slot()));
  wmcore::remember(ERROR_SUCCESS);
  return static_cast<int>(number);
}
