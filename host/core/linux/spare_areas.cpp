// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/spare_areas.h"
#include "../system.h"

#include <atomic>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wmcore {

namespace {

constexpr size_t count = 8;

/// A readable page between two unreadable ones: a separate area until its protection changes.
struct Spare {
  std::atomic<void *> page{nullptr}; ///< Never unmapped.
  std::atomic<bool> held{false};
};

Spare spares[count];
std::atomic<size_t> held{0};

long protect(void *page, int protection) { return ::syscall(SYS_mprotect, page, page_size(), protection); }

void *make_pages() {
  void *pages = ::mmap(nullptr, 3 * page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : static_cast<uint8_t *>(pages) + page_size();
}

} // namespace

bool has_spare_areas() { return held.load(std::memory_order_relaxed) == count; }

void hold_spare_areas() {
  for (Spare &spare : spares) {
    if (spare.held.load())
      continue;
    if (!spare.page.load())
      spare.page.store(make_pages());
    if (!spare.page.load() || protect(spare.page.load(), PROT_READ) != 0)
      return;
    held.fetch_add(1);
    spare.held.store(true);
  }
}

bool give_up_spare_area() {
  for (Spare &spare : spares)
    if (spare.held.exchange(false)) {
      held.fetch_sub(1);
      // Safe: no code uses the page. It merges into one area with its neighbours.
      return protect(spare.page.load(), PROT_NONE) == 0;
    }
  return false;
}

} // namespace wmcore
