// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "cuts.h"
#include "areas.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace wmcore {

namespace {

using Clock = std::chrono::steady_clock;

struct Known {
  std::mutex mutex;
  std::map<uintptr_t, size_t> cuts; ///< With the number of ranges that are being placed there.
  size_t enough = 1024;             ///< With more than so many the system is asked.
  size_t left = 0;                  ///< Ranges that were left since it was asked.
  Clock::time_point asked;          ///< When it was.
  Clock::duration took{0};          ///< How long that took.

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
  if (!told)
    return;
  for (auto cut = all.cuts.begin(); cut != all.cuts.end();)
    if (cut->second == 0 && !std::binary_search(starts.begin(), starts.end(), cut->first)) {
      cut = all.cuts.erase(cut);
      Areas::give_back(1);
    } else {
      ++cut;
    }
  all.left = 0;
  all.enough = 2 * all.cuts.size() + 1024;
}

bool add_one(Known &all, uintptr_t address) {
  const auto [cut, fresh] = all.cuts.try_emplace(address, 0);
  if (fresh && !Areas::take(1)) {
    all.cuts.erase(cut);
    return false;
  }
  cut->second += 1;
  return true;
}

bool add_both(Known &all, uintptr_t start, uintptr_t end) {
  if (!add_one(all, start))
    return false;
  if (add_one(all, end))
    return true;
  const auto cut = all.cuts.find(start);
  cut->second -= 1; // Stays known, which is a cut too many until the system is asked.
  return false;
}

} // namespace

bool Cuts::add(uintptr_t start, uintptr_t end) {
  if (max_areas() == SIZE_MAX)
    return true;
  try {
    Known &all = known();
    const std::scoped_lock lock(all.mutex);
    if (all.cuts.size() > all.enough)
      ask_system(all);
    if (add_both(all, start, end))
      return true;
    if (!all.worth_asking())
      return false;
    ask_system(all);
    return add_both(all, start, end);
  } catch (const std::bad_alloc &) {
    return false;
  }
}

void Cuts::settle(uintptr_t start, uintptr_t end) {
  if (max_areas() == SIZE_MAX)
    return;
  Known &all = known();
  const std::scoped_lock lock(all.mutex);
  for (const uintptr_t address : {start, end})
    all.cuts.find(address)->second -= 1;
}

void Cuts::leave() {
  Known &all = known();
  const std::scoped_lock lock(all.mutex);
  all.left += 1;
}

bool Cuts::take_area() {
  if (Areas::take(1))
    return true;
  Known &all = known();
  const std::scoped_lock lock(all.mutex);
  if (!all.worth_asking())
    return false;
  ask_system(all);
  return Areas::take(1);
}

} // namespace wmcore
