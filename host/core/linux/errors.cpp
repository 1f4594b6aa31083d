// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

#include <cerrno>
#include <utility>

namespace {

thread_local int last_error = 0;

} // namespace

wmmap_status wmmap::fail(int error_number) {
  last_error = error_number;
  switch (error_number) {
  case EACCES:
  case EPERM:
  case EROFS:
    return WMMAP_ACCESS_DENIED;
  case EBADF:
    return WMMAP_BAD_DESCRIPTOR;
  case EINVAL:
  case EOVERFLOW:
    return WMMAP_INVALID_ARGUMENT;
  case EAGAIN:
  case EBUSY:
  case ETXTBSY:
    return WMMAP_BUSY;
  case ENOMEM:
  case EMFILE:
  case ENFILE:
    return WMMAP_NO_MEMORY;
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return WMMAP_NO_SPACE;
  case ENODEV:
  case ENOSYS:
  case EOPNOTSUPP:
    return WMMAP_UNSUPPORTED;
  default:
    return WMMAP_IO;
  }
}

extern "C" int wmmap_system_error(void) { return std::exchange(last_error, 0); }
