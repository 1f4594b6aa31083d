// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../injection.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

using namespace injection;

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chooses these names.
#define WRAP(result, failure, name, parameters, arguments)                                                             \
  extern "C" result __real_##name parameters;                                                                          \
  extern "C" result __wrap_##name parameters;                                                                          \
  result __wrap_##name parameters { return fails(name##_) ? failure : __real_##name arguments; }

WRAP(void *, reinterpret_cast<void *>(-1), mmap, (void *at, size_t size, int how, int flags, int fd, off_t offset),
     (at, size, how, flags, fd, offset))
WRAP(int, -1, munmap, (void *at, size_t size), (at, size))
WRAP(int, -1, madvise, (void *at, size_t size, int advice), (at, size, advice))
WRAP(int, -1, mprotect, (void *at, size_t size, int how), (at, size, how))
WRAP(int, -1, msync, (void *at, size_t size, int how), (at, size, how))
WRAP(int, -1, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, -1, fallocate, (int fd, int mode, off_t from, off_t size), (fd, mode, from, size))
WRAP(ssize_t, -1, pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRAP(int, -1, fstat, (int fd, struct stat *result), (fd, result))
WRAP(int, -1, fstatfs, (int fd, struct statfs *result), (fd, result))
WRAP(int, -1, fcntl, (int fd, int command, long value), (fd, command, value))
WRAP(int, -1, open, (const char *path, int flags, int mode), (path, flags, mode))
WRAP(off_t, -1, lseek, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(int, -1, getrlimit, (__rlimit_resource_t what, struct rlimit *result), (what, result))
WRAP(int, -1, sigaction, (int signal, const struct sigaction *wanted, struct sigaction *result),
     (signal, wanted, result))
WRAP(int, -1, mincore, (void *at, size_t size, unsigned char *result), (at, size, result))
WRAP(int, -1, mlock, (const void *at, size_t size), (at, size))
WRAP(int, -1, munlock, (const void *at, size_t size), (at, size))
WRAP(int, -1, sync_file_range, (int fd, off_t from, off_t size, unsigned flags), (fd, from, size, flags))
WRAP(long, -1, syscall, (long number, long a, long b, long c, long d, long e, long f), (number, a, b, c, d, e, f))
// NOLINTEND(bugprone-reserved-identifier)

void *operator new(size_t size) {
  void *result = fails(allocation_) ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (!result)
    throw std::bad_alloc();
  return result;
}
void *operator new(size_t size, const std::nothrow_t & /*nothrow*/) noexcept {
  return fails(allocation_) ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t /*size*/) noexcept { std::free(memory); }
