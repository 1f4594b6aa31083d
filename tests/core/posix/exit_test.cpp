// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A process that ends while its threads map: nothing that they use is destroyed under them.
#include "../support.h"

#include <thread>

namespace {

/// As a host with a pool of threads that nobody waits for.
void end_while_threads_map() {
  static const TemporaryFile &file = *new TemporaryFile(pattern(1 << 20)); // Open until the end.
  const int fd = file.fd;
  for (int number = 0; number < 4; number++)
    std::thread([fd] {
      constexpr size_t kept = 700; // More than one chunk of the fault table holds.
      std::vector<Mapping> mappings(kept);
      for (size_t index = 0;; index = (index + 1) % kept) {
        wmcore_mapping *opened = nullptr;
        mappings[index].reset();
        if (wmcore_open(fd, WMCORE_ALL_RIGHTS, 0, WMCORE_READ, 0, &opened) == WMCORE_OK)
          mappings[index].reset(opened);
        uint64_t position = 0;
        wmcore_find(opened, "needle", 6, 0, 4096, &position);
      }
    }).detach();
  usleep(20'000);
  exit(0); // Not _exit: destructors of static objects run.
}

TEST(ExitDeathTest, WhileThreadsMap) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (int round = 0; round < 10; round++)
    EXPECT_EXIT(end_while_threads_map(), testing::ExitedWithCode(0), "");
}

} // namespace
