// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>

namespace wmcore {

namespace {

/// Returns 0 or an error number.
int allocate(int fd, int mode, uint64_t from, uint64_t to) {
  int result = 0;
  do
    result = ::fallocate(fd, mode, static_cast<off_t>(from), static_cast<off_t>(to - from));
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

} // namespace

FileMapping mapping_of(int fd, int flags) {
  struct statfs file_system = {};
  if (::fstatfs(fd, &file_system) != 0)
    return {page_size(), /*coherent=*/false};
  switch (file_system.f_type) {
  case HUGETLBFS_MAGIC:
    return {static_cast<uint64_t>(file_system.f_bsize), /*coherent=*/false};
  // They read through the pages that they map. Not so overlayfs, where a mapping may show a file that was since
  // replaced, and file systems of a network or of programs.
  case EXT4_SUPER_MAGIC:
  case XFS_SUPER_MAGIC:
  case BTRFS_SUPER_MAGIC:
  case F2FS_SUPER_MAGIC:
  case TMPFS_MAGIC:
    return {page_size(), (flags & O_DIRECT) == 0};
  default:
    return {page_size(), /*coherent=*/false};
  }
}

uint64_t max_descriptors() {
  rlimit limit = {};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

bool is_path_only(int flags) { return (flags & O_PATH) != 0; }

int allocate_past_end(int fd, uint64_t from, uint64_t to) { return allocate(fd, FALLOC_FL_KEEP_SIZE, from, to); }

bool is_unsupported(int error) { return error == EOPNOTSUPP || error == ENOSYS; }

// Unlike ftruncate(), fallocate() never moves the end backward.
int move_end_forward(int fd, uint64_t to) { return allocate(fd, 0, to - 1, to); }

} // namespace wmcore
