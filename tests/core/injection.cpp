// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "injection.h"

#include <atomic>
#include <thread>
#include <utility>

namespace injection {

namespace {

std::atomic<std::thread::id> follower{}; // The thread that follows the plan, if one does.
bool inside = false;                     // In what the test does before a call.
Plan plan;
int calls = 0;
int failed = 0;

} // namespace

bool is_followed() { return follower.load() == std::this_thread::get_id(); }

bool fails(Function function) {
  if (!is_followed() || inside || function != plan.function)
    return false;
  calls++;
  if (plan.before) {
    inside = true;
    plan.before(calls);
    inside = false;
  }
  if (calls < plan.first || (plan.only_once && calls > plan.first))
    return false;
  failed++;
  set_error(plan.error);
  return true;
}

const char *name_of(Function function) {
#define AS_TEXT(name) #name,
  static const char *const names[] = {INJECTED_FUNCTIONS(AS_TEXT) "nothing"};
#undef AS_TEXT
  return names[function];
}

Injected::Injected(Plan wanted) {
  plan = std::move(wanted);
  calls = failed = 0;
  follower = std::this_thread::get_id();
}

Injected::~Injected() { follower = std::thread::id(); }

int Injected::failures() const { return failed; }

Paused::Paused() { inside = true; }
Paused::~Paused() { inside = false; }

} // namespace injection
