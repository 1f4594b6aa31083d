// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The memory of the host that the mappings of some guests may take.
#pragma once

#include "wasi_mmap_core.h"

#include <atomic>

struct wmcore_budget {
  explicit wmcore_budget(uint64_t most) : most(most) {}

  void hold() { holders.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete this;
  }

  /// Counts bytes. Returns false, and counts nothing, if there would be too many.
  bool take(uint64_t bytes) {
    uint64_t before = used.load();
    do {
      if (bytes > most - before)
        return false;
    } while (!used.compare_exchange_weak(before, before + bytes));
    uint64_t highest = peak.load(std::memory_order_relaxed);
    while (highest < before + bytes && !peak.compare_exchange_weak(highest, before + bytes)) {
    }
    return true;
  }
  void give_back(uint64_t bytes) { used.fetch_sub(bytes); }
  uint64_t taken() const { return used.load(std::memory_order_relaxed); }
  /// The most that was ever taken.
  uint64_t most_taken() const { return peak.load(std::memory_order_relaxed); }

private:
  ~wmcore_budget() = default;

  const uint64_t most;
  std::atomic<uint64_t> used{0};
  std::atomic<uint64_t> peak{0};
  std::atomic<size_t> holders{1};
};

namespace wmcore {

/// The bytes that one mapping takes from a budget, if it has one.
class Charge {
public:
  Charge() = default;
  ~Charge() {
    if (!budget)
      return;
    budget->give_back(bytes);
    budget->release();
  }
  Charge(const Charge &) = delete;
  Charge &operator=(const Charge &) = delete;

  bool has_budget() const { return budget != nullptr; }
  /// Sets the budget to charge. Called at most once.
  void set_budget(wmcore_budget *of) {
    of->hold();
    budget = of;
  }

  uint64_t get() const { return bytes; }
  /// Changes the bytes that are taken. Returns false, and changes nothing, if the budget has too few.
  bool set(uint64_t wanted) {
    if (!budget)
      return true;
    if (wanted > bytes && !budget->take(wanted - bytes))
      return false;
    if (wanted < bytes)
      budget->give_back(bytes - wanted);
    bytes = wanted;
    return true;
  }

private:
  wmcore_budget *budget = nullptr;
  uint64_t bytes = 0;
};

} // namespace wmcore
