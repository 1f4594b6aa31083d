// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <new>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace wmmap;

namespace {

/// Descriptors that are left to the rest of the process, such as a C library that opens a file.
constexpr rlim_t reserved_descriptors = 64;

int descriptor(wmmap_file file) { return static_cast<int>(file); }

/// Gives the blocks behind the end of the file, and moves the end.
int allocate(int fd, uint64_t from, uint64_t to) {
  int error = 0;
  do // posix_fallocate writes where a file system has no fallocate of its own.
    error = posix_fallocate(fd, static_cast<off_t>(from), static_cast<off_t>(to - from));
  while (error == EINTR);
  return error;
}

} // namespace

wmmap::File::~File() { ::close(descriptor(handle)); }

wmmap_status wmmap::File::duplicate(wmmap_file file, bool need_write, std::shared_ptr<const File> &result) {
  if (file < 0 || file > INT_MAX)
    return fail(EBADF);
  const int fd = descriptor(file);
  const int flags = ::fcntl(fd, F_GETFL);
  struct stat status = {};
  if (flags < 0 || ::fstat(fd, &status) != 0)
    return fail(errno);
  if (!S_ISREG(status.st_mode))
    return fail(ENODEV);
  const int mode = flags & O_ACCMODE;
  if ((flags & O_PATH) != 0 || mode == O_WRONLY || (need_write && mode != O_RDWR))
    return fail(EACCES);
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0)
    return fail(errno);
  // The system gives the lowest free number, so that a high one tells that few are left.
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      static_cast<rlim_t>(own) + std::min<rlim_t>(reserved_descriptors, limit.rlim_cur / 4) >= limit.rlim_cur) {
    ::close(own);
    return fail(EMFILE);
  }
  try {
    result = std::make_shared<File>(own);
  } catch (const std::bad_alloc &) {
    ::close(own);
    return fail(ENOMEM);
  }
  return WMMAP_OK;
}

wmmap_status wmmap::File::share(const char * /*name*/, uint64_t /*length*/, std::shared_ptr<const File> & /*result*/) {
  return WMMAP_UNSUPPORTED; // Programs share a file in /dev/shm by its path.
}

wmmap_status wmmap::File::size(uint64_t &result) const {
  struct stat status = {};
  if (::fstat(descriptor(handle), &status) != 0)
    return fail(errno);
  result = static_cast<uint64_t>(status.st_size);
  return WMMAP_OK;
}

wmmap_status wmmap::File::resize(uint64_t size) const {
  uint64_t before = 0;
  if (const wmmap_status status = this->size(before))
    return status;
  const int fd = descriptor(handle);
  if (size <= before)
    return size == before || ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? WMMAP_OK : fail(errno);
  if (const int error = allocate(fd, before, size)) {
    // A full disk can leave the file extended in part.
    if (::ftruncate(fd, static_cast<off_t>(before)) != 0)
      return fail(errno);
    return fail(error);
  }
  return WMMAP_OK;
}
