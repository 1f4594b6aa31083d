// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many areas of memory we make the system hold. It has a limit for each process, and a process that meets it dies
// of the next thing that its engine or its C library wants to map. So every area is counted before it is made: those of
// mappings and spans up to a half of the limit, and those of a range that is split because its end is lost up to three
// quarters.
#pragma once

#include "faults.h"

#include <atomic>

namespace wmcore {

class Areas {
public:
  /// Counts areas for a mapping or a span. False: there are too many, and nothing was counted.
  static bool take(size_t count) { return add(count, max_areas()); }
  /// Counts the area that a lost end makes. Safe in a signal handler: atomics only, and max_areas() was called before.
  static bool take_for_loss() { return add(1, max_areas() + max_areas() / 2); }
  /// Counts an area that may be there already.
  static void take_in_any_case() { held.fetch_add(1); }
  static void give_back(size_t count) { held.fetch_sub(count); }

private:
  static bool add(size_t count, size_t most) {
    if (held.fetch_add(count) + count <= most)
      return true;
    held.fetch_sub(count);
    return false;
  }

  static inline std::atomic<size_t> held{0};
};

/// Counts the area that a range becomes when its end is lost, once. Safe in a signal handler.
inline bool count_split(FaultSlot &slot) {
  if (slot.split.load())
    return true;
  if (!Areas::take_for_loss())
    return false;
  if (slot.split.exchange(true)) // It is never set before it is counted: another thread has done both meanwhile.
    Areas::give_back(1);
  return true;
}

/// The same where a handler may have split the range: what there is has to be counted.
inline void recount_split(FaultSlot &slot) {
  if (!slot.split.exchange(true))
    Areas::take_in_any_case();
}

} // namespace wmcore
