// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../system.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wmcore {

namespace {

/// Smaller holes are not worth a system call.
constexpr uint64_t least_saving = uint64_t{1} << 24;

} // namespace

Holes::~Holes() {
  if (descriptor >= 0)
    ::close(descriptor);
}

void Holes::open(const File &file) {
  const int fd = static_cast<int>(file.handle);
  struct stat status = {};
  uint64_t size = 0;
  constexpr uint64_t block = 512; // The unit of st_blocks.
  if (file.size(size) != WMCORE_OK || ::fstat(fd, &status) != 0 ||
      static_cast<uint64_t>(status.st_blocks) * block + least_saving > size)
    return;
  // lseek() moves the file position, which our descriptor shares with the caller's, so this opens the file again. That
  // grants no right: the descriptor only locates data, and closes before the search returns.
  char name[64] = {};
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  descriptor = ::open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat again = {};
  if (descriptor >= 0 && (::fstat(descriptor, &again) != 0 || again.st_dev != status.st_dev ||
                          again.st_ino != status.st_ino || ::lseek(descriptor, 0, SEEK_HOLE) < 0)) {
    ::close(descriptor);
    descriptor = -1;
  }
}

uint64_t Holes::next_data(uint64_t from) const {
  const off_t found = ::lseek(descriptor, static_cast<off_t>(from), SEEK_DATA);
  if (found >= 0)
    return static_cast<uint64_t>(found);
  return errno == ENXIO ? none : from; // No data after `from`; otherwise the system cannot tell.
}

uint64_t Holes::next_hole(uint64_t from) const {
  const off_t found = ::lseek(descriptor, static_cast<off_t>(from), SEEK_HOLE);
  return found < 0 ? none : static_cast<uint64_t>(found);
}

} // namespace wmcore
