// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Failures of the system that a test asks for. The core calls Windows through the table of imports of the program, in
// which a function of ours stands before each of these; they fail only while a test says so, and only in its thread.
// The core and the product know nothing of it.
#pragma once

#include <functional>
#include <windows.h>

/// What the core asks the system for to place, replace and take away pages.
#define INJECTED_FUNCTIONS(X)                                                                                          \
  X(VirtualAlloc2)                                                                                                     \
  X(MapViewOfFile3) X(UnmapViewOfFile2) X(VirtualFree) X(VirtualAlloc) X(CreateFileMappingW) X(GetFileSizeEx)

namespace injection {

#define AS_NAME(name) name##_,
enum Function { INJECTED_FUNCTIONS(AS_NAME) functions };
#undef AS_NAME

const char *name_of(Function function);

/// Fails calls of one function, from the `first` one on, counted from 1.
struct Plan {
  Function function = functions;
  int first = 1;
  DWORD error = ERROR_COMMITMENT_LIMIT;
  bool only_once = true;
  /// Called instead of the system after each call of the function that was made to fail.
  std::function<void()> after = nullptr;
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
  /// Whether the core wanted the process to end, which it does not while a plan is followed.
  bool failed_fast() const;
};

} // namespace injection
