// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "handlers.h"
#include "native.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wmcore {

namespace {

/// The distinct handlers that were ever installed. An entry is written once, before its number is published.
constexpr size_t most_known = 64;
struct sigaction known[most_known];
size_t known_count = 0; // Only the installing thread uses it; one at a time.

/// The active handlers, the newest in the lowest byte, each as its number among the known ones, from 1.
std::atomic<uint64_t> in_force{0};
constexpr unsigned byte = 8;
constexpr size_t most_in_force = sizeof(uint64_t);

bool is_nobody(const struct sigaction &action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN);
}

bool is_same(const struct sigaction &one, const struct sigaction &other) {
  // Both members of the union have the size of a pointer.
  return one.sa_sigaction == other.sa_sigaction && one.sa_flags == other.sa_flags;
}

/// The number of a handler among the known ones, or 0 if the table is full.
size_t number_of(const struct sigaction &action) {
  for (size_t index = 0; index < known_count; index++)
    if (is_same(known[index], action))
      return index + 1;
  if (known_count == most_known)
    return 0;
  known[known_count++] = action;
  return known_count;
}

/// A call of call_handlers() that has not returned. The handler that it called may pass the signal to ours again, if it
/// was installed after ours and chains to it.
struct Call {
  std::atomic<long> thread{0};
  std::atomic<uintptr_t> frame{0};
};
Call calls[64];

/// The depth of this thread's calls, and a free entry for one more, or null.
size_t enter(long thread, uintptr_t frame, Call *&place) {
  size_t depth = 0;
  for (Call &call : calls) {
    long owner = call.thread.load();
    if (owner == thread) {
      // Stacks grow downward: the frame of an outer call lies above. A lower one was left by longjmp().
      if (call.frame.load() > frame)
        depth++;
      else
        call.thread.store(owner = 0);
    }
    if (!place && owner == 0 && call.thread.compare_exchange_strong(owner, thread)) {
      call.frame.store(frame);
      place = &call;
    }
  }
  return depth;
}

void call(const struct sigaction &handler, int signal, siginfo_t *info, void *context) {
  if ((handler.sa_flags & SA_SIGINFO) != 0) {
    handler.sa_sigaction(signal, info, context);
  } else if (handler.sa_handler == SIG_IGN && access_of(*info, context).sent) {
    // A signal that a process sent can be ignored. A true fault cannot: the kernel would kill the process too.
  } else if (handler.sa_handler == SIG_DFL || handler.sa_handler == SIG_IGN) {
    struct sigaction fatal = {};
    fatal.sa_handler = SIG_DFL;
    ::sigaction(signal, &fatal, nullptr); // sigaction and raise are async-signal-safe.
    ::raise(signal);                      // Delivered when this handler returns, as is the fault itself.
  } else {
    handler.sa_handler(signal);
  }
}

} // namespace

bool remember_handler(const struct sigaction &installed) {
  const size_t number = number_of(installed);
  if (number == 0)
    return false;
  const uint64_t before = in_force.load();
  uint64_t rest = before;
  if (is_nobody(installed))
    rest = 0; // All handlers were removed.
  for (size_t depth = 0; depth < most_in_force; depth++)
    if (((before >> (depth * byte)) & 0xff) == number)
      rest = depth + 1 < most_in_force ? before >> ((depth + 1) * byte) : 0; // The handlers after it were removed.
  in_force.store(rest << byte | number);
  return true;
}

void call_handlers(int signal, siginfo_t *info, void *context) {
  const long thread = thread_number();
  Call *place = nullptr;
  size_t depth = enter(thread, reinterpret_cast<uintptr_t>(__builtin_frame_address(0)), place);
  const uint64_t all = in_force.load();
  while (depth > 0 && (depth >= most_in_force || ((all >> (depth * byte)) & 0xff) == 0))
    depth--; // The oldest one was installed before ours, and chains to no other.
  call(known[((all >> (depth * byte)) & 0xff) - 1], signal, info, context);
  if (place)
    place->thread.store(0);
}

} // namespace wmcore
