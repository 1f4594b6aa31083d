// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

#include <cerrno>
#include <utility>

namespace {

thread_local int last_error = 0;

} // namespace

wmcore_status wmcore::fail(int error_number) {
  last_error = error_number;
  switch (error_number) {
  case EACCES:
  case EPERM:
  case EROFS:
    return WMCORE_ACCESS_DENIED;
  case EBADF:
    return WMCORE_BAD_DESCRIPTOR;
  case EINVAL:
  case EOVERFLOW:
    return WMCORE_INVALID_ARGUMENT;
  case EAGAIN:
  case EBUSY:
  case ETXTBSY:
    return WMCORE_BUSY;
  case ENOMEM:
  case EMFILE:
  case ENFILE:
    return WMCORE_NO_MEMORY;
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return WMCORE_NO_SPACE;
  case ENODEV:
  case ENOSYS:
  case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP // The same number on Linux.
  case ENOTSUP:
#endif
    return WMCORE_UNSUPPORTED;
  default:
    return WMCORE_IO;
  }
}

extern "C" int wmcore_system_error(void) { return std::exchange(last_error, 0); }
