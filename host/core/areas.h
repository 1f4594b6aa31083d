// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts the memory areas that mappings and spans use. The system limits the areas of a process, and a process at the
// limit dies when its engine or its C library maps memory. So each area is counted before it exists: mappings and spans
// use up to a half of the limit, and ranges that are split because their end is lost use up to three quarters.
#pragma once

#include "faults.h"

#include <atomic>

namespace wmcore {

class Areas {
public:
  /// Counts areas for a mapping or a span. Returns false, and counts nothing, if there would be too many.
  static bool take(size_t count) { return add(count, max_areas()); }
  /// Counts the area that a lost end adds. Safe in a signal handler: atomics only, and max_areas() was called before.
  static bool take_for_loss() { return add(1, max_areas() + max_areas() / 2); }
  /// Counts an area that may exist already, beyond any limit.
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

/// Counts, once for each range, the area that its lost end adds. Safe in a signal handler.
inline bool count_split(FaultSlot &slot) {
  if (slot.split.load())
    return true;
  if (!Areas::take_for_loss())
    return false;
  if (slot.split.exchange(true)) // Another thread counted and set it meanwhile.
    Areas::give_back(1);
  return true;
}

/// Counts the split of a range that a handler may have split already.
inline void recount_split(FaultSlot &slot) {
  if (!slot.split.exchange(true))
    Areas::take_in_any_case();
}

} // namespace wmcore
