// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The linker puts functions of ours in place of these (--wrap, see CMakeLists.txt), in the core and in the tests alike.
#pragma once

#include <cerrno>

/// The functions of the system that the core calls.
// clang-format off: it never comes to an end with this macro.
#define INJECTED_FUNCTIONS(X) \
  X(mmap) X(munmap) X(madvise) X(mprotect) X(msync) X(ftruncate) X(fallocate) X(pwrite) X(fstat) X(fstatfs) X(fcntl) \
  X(open) X(lseek) X(getrlimit) X(sigaction) X(syscall) X(mincore) X(mlock) X(munlock) X(sync_file_range) \
  X(allocation)
// clang-format on

namespace injection {

using Error = int;
constexpr Error default_error = ENOMEM;
inline void set_error(Error error) { errno = error; }

} // namespace injection
