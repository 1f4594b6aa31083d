// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The handler that was there before ours. It must be installed before the first mapping of the process, so each test
// runs in a child that maps for the first time.
#include "../support.h"

#include <csetjmp>
#include <csignal>
#include <sys/mman.h>

namespace {

sigjmp_buf escape;
volatile sig_atomic_t calls = 0;

void previous_handler(int /*signal*/, siginfo_t * /*info*/, void * /*context*/) {
  calls = calls + 1;
  siglongjmp(escape, 1); // Safe: jumps out of a plain load below, which holds nothing.
}

void foreign_fault_reaches_the_previous_handler() {
  struct sigaction action = {};
  action.sa_sigaction = previous_handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), WMMAP_READ);
  void *foreign = mmap(nullptr, page_size(), PROT_READ, MAP_SHARED, file.fd, 0);
  file.truncate(0);
  if (sigsetjmp(escape, 1) == 0)
    (void)*static_cast<volatile uint8_t *>(foreign);
  uint8_t byte = 0;
  const wmmap_status ours = wmmap_read(mapping.get(), 0, 1, &byte);
  _exit(calls == 1 && ours == WMMAP_FAULT ? 0 : 1);
}

void ignored_signals_stay_ignored() {
  signal(SIGBUS, SIG_IGN);
  const TemporaryFile file(pattern(10));
  const Mapping mapping = map(file.handle(), WMMAP_READ);
  raise(SIGBUS);
  _exit(0);
}

class ChainDeathTest : public testing::Test {
protected:
  // A child that starts anew, not a fork of a process that has mapped already.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ChainDeathTest, ForeignFaults) {
  EXPECT_EXIT(foreign_fault_reaches_the_previous_handler(), testing::ExitedWithCode(0), "");
}

TEST_F(ChainDeathTest, IgnoredSignals) { EXPECT_EXIT(ignored_signals_stay_ignored(), testing::ExitedWithCode(0), ""); }

} // namespace
