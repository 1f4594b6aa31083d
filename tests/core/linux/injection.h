// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Failures of the system that a test asks for. The linker puts these functions in place of the system's (--wrap, see
// host/CMakeLists.txt), in the core and in the tests alike; they fail only while a test says so, and only in its
// thread.
#pragma once

#include <cerrno>
#include <functional>

/// What the core asks the system for.
// clang-format off: it never comes to an end with this macro.
#define INJECTED_FUNCTIONS(X) \
  X(mmap) X(munmap) X(madvise) X(mprotect) X(msync) X(ftruncate) X(fallocate) X(pwrite) X(fstat) X(fstatfs) X(fcntl) \
  X(open) X(lseek) X(getrlimit) X(sigaction) X(syscall) X(allocation)
// clang-format on

namespace injection {

#define AS_NAME(name) name##_,
enum Function { INJECTED_FUNCTIONS(AS_NAME) functions };
#undef AS_NAME

const char *name_of(Function function);

/// Fails calls of one function, from the `first` one on, counted from 1.
struct Plan {
  Function function = functions;
  int first = 1;
  int error = ENOMEM;
  bool only_once = true;
  /// Called before each call of the function, in place of another process.
  std::function<void(int number)> before = nullptr;
};

/// Follows a plan until it goes.
class Injected {
public:
  explicit Injected(Plan plan);
  ~Injected();
  Injected(const Injected &) = delete;
  Injected &operator=(const Injected &) = delete;

  /// How many calls were made to fail.
  int failures() const;
};

/// Lets the test itself call the system while a plan is followed.
class Paused {
public:
  Paused();
  ~Paused();
  Paused(const Paused &) = delete;
  Paused &operator=(const Paused &) = delete;
};

} // namespace injection
