// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The calls that Darwin needs for files, in their order. No header of Darwin is needed, so that tests elsewhere can
// pass its answers.
#pragma once

#include <cerrno>
#include <cstdint>
#include <sys/stat.h>
#include <unistd.h>

namespace wmcore {

/// Tells whether a file system does not know a command of fcntl() (XNU: VNOP_IOCTL and VNOP_ALLOCATE in
/// bsd/kern/kern_descrip.c, vn_default_error()).
inline bool is_unknown_command(int error) {
  return error == ENOTSUP || error == EOPNOTSUPP || error == ENOTTY || error == EINVAL || error == ENOSYS;
}

/// Flushes with `full`, or with `plain` where the file system does not know that. A failure of the device is a failure.
template <typename Full, typename Plain> int flush_fully(Full full, Plain plain) {
  const int error = full();
  return is_unknown_command(error) ? plain() : error;
}

/// Extends a file unless others have extended it that far. Nothing but ftruncate() moves the end here: it cuts what
/// others append past `to` between the two calls.
inline int extend_unless_longer(int fd, uint64_t to) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0)
    return errno;
  if (static_cast<uint64_t>(status.st_size) >= to)
    return 0;
  return ::ftruncate(fd, static_cast<off_t>(to)) == 0 ? 0 : errno;
}

} // namespace wmcore
