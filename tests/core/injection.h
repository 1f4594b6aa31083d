// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Failures of the system that a test asks for: functions of ours stand before those of the system that the core calls.
// They fail only while a test says so, and only in its thread.
#pragma once

#include "injected.h" // Of this system: INJECTED_FUNCTIONS, Error, default_error and set_error().

#include <functional>

namespace injection {

#define AS_NAME(name) name##_,
enum Function { INJECTED_FUNCTIONS(AS_NAME) functions };
#undef AS_NAME

const char *name_of(Function function);

/// Fails calls of one function, from the `first` one on, counted from 1.
struct Plan {
  Function function = functions;
  int first = 1;
  Error error = default_error;
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

/// Whether this call fails: a function of ours asks it.
bool fails(Function function);
/// Whether this thread follows a plan.
bool is_followed();

} // namespace injection
