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

uint64_t page_of(int fd) {
  struct statfs file_system = {};
  if (::fstatfs(fd, &file_system) == 0 && file_system.f_type == HUGETLBFS_MAGIC)
    return static_cast<uint64_t>(file_system.f_bsize);
  return page_size();
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
