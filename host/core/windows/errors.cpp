// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

namespace {

/// Not thread_local: compilers for Windows may allocate that in the thread's first use, which may be a handler's.
DWORD last_error_slot() {
  static const DWORD slot = TlsAlloc();
  return slot;
}

} // namespace

void wmmap::remember(DWORD error_number) {
  TlsSetValue(last_error_slot(), reinterpret_cast<void *>(static_cast<uintptr_t>(error_number)));
}

wmmap_status wmmap::fail(DWORD error_number) {
  remember(error_number);
  switch (error_number) {
  case ERROR_ACCESS_DENIED:
  case ERROR_WRITE_PROTECT:
  case ERROR_PRIVILEGE_NOT_HELD:
    return WMMAP_ACCESS_DENIED;
  case ERROR_INVALID_HANDLE:
    return WMMAP_BAD_DESCRIPTOR;
  case ERROR_INVALID_PARAMETER:
  case ERROR_INVALID_NAME:
  case ERROR_BAD_PATHNAME:
  case ERROR_PATH_NOT_FOUND:
  case ERROR_FILENAME_EXCED_RANGE:
  case ERROR_NO_UNICODE_TRANSLATION:
    return WMMAP_INVALID_ARGUMENT;
  case ERROR_FILE_INVALID: // It has become empty.
    return WMMAP_PAST_END;
  case ERROR_USER_MAPPED_FILE:
  case ERROR_LOCK_VIOLATION:
  case ERROR_SHARING_VIOLATION:
  case ERROR_BUSY:
    return WMMAP_BUSY;
  case ERROR_SWAPERROR:
    return WMMAP_FAULT;
  case ERROR_NOT_ENOUGH_MEMORY:
  case ERROR_OUTOFMEMORY:
  case ERROR_COMMITMENT_LIMIT:
  case ERROR_NO_SYSTEM_RESOURCES:
  case ERROR_PAGEFILE_QUOTA:
  case ERROR_WORKING_SET_QUOTA:
  case ERROR_NOT_ENOUGH_QUOTA:
  case ERROR_TOO_MANY_OPEN_FILES:
    return WMMAP_NO_MEMORY;
  case ERROR_DISK_FULL:
  case ERROR_HANDLE_DISK_FULL:
  case 1295: // ERROR_DISK_QUOTA_EXCEEDED, which mingw does not have.
  case ERROR_FILE_TOO_LARGE:
    return WMMAP_NO_SPACE;
  case ERROR_INVALID_FUNCTION:
  case ERROR_NOT_SUPPORTED:
  case ERROR_CALL_NOT_IMPLEMENTED:
    return WMMAP_UNSUPPORTED;
  default:
    return WMMAP_IO;
  }
}

extern "C" int wmmap_system_error(void) {
  const auto number = reinterpret_cast<uintptr_t>(TlsGetValue(last_error_slot()));
  wmmap::remember(ERROR_SUCCESS);
  return static_cast<int>(number);
}
