// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"
#include "native.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

using namespace wmcore;

namespace {

/// Descriptors that stay free for the rest of the process.
constexpr uint64_t reserved_descriptors = 64;

int descriptor(wmcore_file file) { return static_cast<int>(file); }

FileIdentity identity_of(const struct stat &status) {
  return {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino)};
}

/// The rights with which the system opened a descriptor.
uint32_t rights_of(int flags) {
  const int mode = flags & O_ACCMODE;
  if (is_path_only(flags))
    return 0;
  return (mode == O_WRONLY ? 0 : WMCORE_RIGHT_READ) | (mode == O_RDONLY ? 0 : WMCORE_RIGHT_WRITE);
}

/// Checks in this order that a descriptor is open, is a regular file, and has the rights.
wmcore_status check(int fd, uint32_t rights, uint32_t needed, struct stat &status, int &flags) {
  flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fstat(fd, &status) != 0)
    return fail(errno);
  if (!S_ISREG(status.st_mode))
    return fail(ENODEV);
  return (rights & rights_of(flags) & needed) == needed ? WMCORE_OK : fail(EACCES);
}

/// Extends a file on a file system that cannot allocate: moves the end first, so that others append past it, then
/// writes zeros to allocate the blocks. If the disk is full, it truncates the file again unless others have appended.
int extend_with_zeros(int fd, uint64_t from, uint64_t to) {
  if (::ftruncate(fd, static_cast<off_t>(to)) != 0)
    return errno;
  static const char zeros[1 << 16] = {};
  for (uint64_t at = from; at < to;) {
    const ssize_t count = ::pwrite(fd, zeros, std::min<uint64_t>(sizeof zeros, to - at), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR)
      continue;
    if (count > 0) {
      at += static_cast<uint64_t>(count);
      continue;
    }
    const int error = count == 0 ? ENOSPC : errno;
    struct stat status = {};
    if (::fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) == to &&
        ::ftruncate(fd, static_cast<off_t>(from)) != 0)
      return errno;
    return error;
  }
  return 0;
}

/// Extends a file and allocates its blocks. It never truncates: others may append to the file meanwhile.
int extend(int fd, uint64_t from, uint64_t to) {
  // Allocates the blocks past the end first, so that a full disk changes nothing visible.
  if (const int error = allocate_past_end(fd, from, to))
    return is_unsupported(error) ? extend_with_zeros(fd, from, to) : error;
  return move_end_forward(fd, to);
}

} // namespace

wmcore::File::~File() { ::close(descriptor(handle)); }

wmcore_status wmcore::File::duplicate(wmcore_file file, uint32_t rights, uint32_t needed,
                                      std::shared_ptr<const File> &result, uint64_t &size) {
  if (file < 0 || file > INT_MAX)
    return fail(EBADF);
  // Duplicates first: the caller's number could belong to another file after the checks.
  const int own = ::fcntl(descriptor(file), F_DUPFD_CLOEXEC, 0);
  const int duplicate_error = errno;
  struct stat status = {};
  int flags = 0;
  if (own < 0) {
    const wmcore_status unfit = check(descriptor(file), rights, needed, status, flags);
    return unfit ? unfit : fail(duplicate_error);
  }
  if (const wmcore_status unfit = check(own, rights, needed, status, flags)) {
    ::close(own);
    return unfit;
  }
  // The system takes the lowest free number, so a high number means that few are left.
  const uint64_t most = max_descriptors();
  if (static_cast<uint64_t>(own) + std::min(reserved_descriptors, most / 4) >= most) {
    ::close(own);
    return fail(EMFILE);
  }
  try {
    const FileMapping how = mapping_of(own, flags);
    result = std::make_shared<File>(own, how.page, identity_of(status), /*named=*/false, how.coherent);
  } catch (const std::bad_alloc &) {
    ::close(own);
    return fail(ENOMEM);
  }
  size = static_cast<uint64_t>(status.st_size);
  return WMCORE_OK;
}

wmcore_status wmcore::File::share(const char * /*name*/, uint64_t /*length*/,
                                  std::shared_ptr<const File> & /*result*/) {
  return WMCORE_UNSUPPORTED; // Programs share a file in /dev/shm by its path.
}

wmcore_status wmcore::File::size(uint64_t &result) const {
  struct stat status = {};
  if (::fstat(descriptor(handle), &status) != 0)
    return fail(errno);
  const FileIdentity found = identity_of(status);
  if (found.device != identity.device || found.inode != identity.inode)
    return fail(EBADF);
  result = static_cast<uint64_t>(status.st_size);
  return WMCORE_OK;
}

bool wmcore::File::read(uint64_t offset, uint64_t length, void *target) const {
  if (!coherent ||
      ::pread(descriptor(handle), target, length, static_cast<off_t>(offset)) != static_cast<ssize_t>(length))
    return false;
  uint64_t now = 0;
  return size(now) == WMCORE_OK; // After the read: the descriptor was still that of the file.
}

wmcore_status wmcore::File::resize(uint64_t size) const {
  uint64_t before = 0;
  if (const wmcore_status status = this->size(before))
    return status;
  const int fd = descriptor(handle);
  if (size > before) {
    const int error = extend(fd, before, size);
    return error == 0 ? WMCORE_OK : fail(error);
  }
  return size == before || ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? WMCORE_OK : fail(errno);
}
