// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "cuts.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <new>
#include <set>
#include <vector>

namespace wmcore {

namespace {

using Clock = std::chrono::steady_clock;

struct Known {
  std::mutex mutex;
  std::set<uintptr_t> cuts;
  size_t unnoted = 0;      ///< Cuts that there was no memory to note. They count for good.
  size_t left = 0;         ///< Spans that ended since the system was asked.
  Clock::time_point asked; ///< When it was.
  Clock::duration took{0}; ///< How long that took.

  size_t count() const { return cuts.size() + unnoted; }
  /// Asking takes a millisecond for a thousand areas. So it must have something to find, or be rare.
  bool worth_asking() const { return left >= 64 + cuts.size() / 16 || Clock::now() - asked > 20 * took; }
};

/// Never destroyed: threads may still map while the process ends.
Known &known() {
  static Known &only = *new Known;
  return only;
}

/// Forgets the cuts where no area begins any more.
void ask_system(Known &all) {
  std::vector<uintptr_t> starts;
  all.asked = Clock::now();
  const bool told = find_areas(starts);
  all.took = Clock::now() - all.asked;
  all.left = 0;
  for (auto cut = all.cuts.begin(); told && cut != all.cuts.end();)
    cut = std::binary_search(starts.begin(), starts.end(), *cut) ? std::next(cut) : all.cuts.erase(cut);
}

} // namespace

bool Cuts::cover(uintptr_t start, uint64_t length) {
  Known &all = known();
  const std::scoped_lock lock(all.mutex);
  all.cuts.erase(all.cuts.lower_bound(start), all.cuts.upper_bound(start + length));
  const size_t most = max_areas() / 4;
  if (all.count() > most && all.worth_asking())
    ask_system(all);
  return all.count() <= most;
}

void Cuts::leave(uintptr_t start, uint64_t length) {
  if (max_areas() == SIZE_MAX)
    return;
  Known &all = known();
  const std::scoped_lock lock(all.mutex);
  all.left += 1;
  try {
    all.cuts.insert({start, start + length});
  } catch (const std::bad_alloc &) {
    all.unnoted += 2;
  }
}

} // namespace wmcore
