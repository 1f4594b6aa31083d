// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"
#include "device.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/sysctl.h>

namespace wmcore {

FileMapping mapping_of(int /*fd*/, int /*flags*/) { return {page_size(), /*coherent=*/false}; }

uint64_t max_descriptors() {
  // The limit of the process may be infinite, or larger than what the kernel gives.
  uint64_t most = UINT64_MAX;
  int number = 0;
  size_t size = sizeof number;
  if (::sysctlbyname("kern.maxfilesperproc", &number, &size, nullptr, 0) == 0 && number > 0)
    most = static_cast<uint64_t>(number);
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    most = std::min<uint64_t>(most, limit.rlim_cur);
  return most;
}

bool is_path_only(int flags) { return (flags & O_EVTONLY) != 0; }

int allocate_past_end(int fd, uint64_t from, uint64_t to) {
  // From where the file's blocks end now. The end of the file stays.
  fstore_t store = {};
  store.fst_flags = F_ALLOCATEALL;
  store.fst_posmode = F_PEOFPOSMODE;
  store.fst_length = static_cast<off_t>(to - from);
  return ::fcntl(fd, F_PREALLOCATE, &store) == 0 ? 0 : errno;
}

bool is_unsupported(int error) { return is_unknown_command(error); }

int move_end_forward(int fd, uint64_t to) { return extend_unless_longer(fd, to); }

int flush_device(int fd) {
  // msync() and fsync() leave bytes in the cache of the device.
  return flush_fully([fd] { return ::fcntl(fd, F_FULLFSYNC) == 0 ? 0 : errno; },
                     [fd] { return ::fsync(fd) == 0 ? 0 : errno; });
}

} // namespace wmcore
