// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handlers of others, from before ours and after it. Each test runs in a child that maps for the first time.
#include "../support.h"
#include "escaping_handler.h"

#include <sys/mman.h>
#include <sys/wait.h>

namespace {

void foreign_fault_reaches_the_previous_handler() {
  install_handler();
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  void *foreign = mmap(nullptr, page_size(), PROT_READ, MAP_SHARED, file.fd, 0);
  file.truncate(0);
  if (sigsetjmp(escape, 1) == 0)
    (void)*static_cast<volatile uint8_t *>(foreign);
  uint8_t byte = 0;
  const wmcore_status ours = wmcore_read(mapping.get(), 0, 1, &byte);
  _exit(calls == 1 && ours == WMCORE_FAULT ? 0 : 1);
}

void ignored_signals_stay_ignored() {
  signal(SIGBUS, SIG_IGN);
  const TemporaryFile file(pattern(10));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  raise(SIGBUS);
  _exit(0);
}

/// A fault that is not ours: of a mapping that nobody knows of.
bool foreign_fault_is_handled(const TemporaryFile &file) {
  file.truncate(page_size());
  void *foreign = mmap(nullptr, page_size(), PROT_READ, MAP_SHARED, file.fd, 0);
  file.truncate(0);
  if (sigsetjmp(escape, 1) == 0) {
    (void)*static_cast<volatile uint8_t *>(foreign);
    return false;
  }
  return true;
}

bool our_fault_is_survived(const Mapping &mapping) {
  uint8_t byte = 0;
  return wmcore_read(mapping.get(), 0, 1, &byte) == WMCORE_FAULT;
}

/// As libuv's for process.on('SIGBUS'): it returns, so that a fault is met again, for ever.
void handler_that_returns(int /*signal*/) { calls = calls + 1; }

void a_later_handler_that_knows_nothing_of_ours() {
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  for (int round = 0; round < 1000; round++) {
    signal(SIGBUS, handler_that_returns);
    if (wmcore_install_fault_handler() != WMCORE_OK)
      _exit(2);
    raise(SIGBUS);
    signal(SIGBUS, SIG_DFL); // As libuv's when the last listener goes.
    if (wmcore_install_fault_handler() != WMCORE_OK)
      _exit(3);
  }
  signal(SIGBUS, handler_that_returns);
  map(file.handle(), WMCORE_READ); // Every open is a guard.
  raise(SIGBUS);
  file.truncate(0);
  _exit(calls == 1001 && our_fault_is_survived(mapping) ? 0 : 1);
}

void nobody_is_left_behind_ours() {
  const TemporaryFile file(pattern(page_size()));
  signal(SIGBUS, handler_that_returns);
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  signal(SIGBUS, SIG_DFL);
  wmcore_install_fault_handler();
  raise(SIGBUS); // Ends the process, as it would without us.
  _exit(0);
}

struct sigaction behind; // The one that a handler replaced which was installed after ours, and calls.
volatile sig_atomic_t passed_on = 0;

void handler_that_passes_on(int signal, siginfo_t *info, void *context) {
  passed_on = passed_on + 1;
  behind.sa_sigaction(signal, info, context);
}

void a_later_handler_that_passes_on_to_ours() {
  install_handler();
  const TemporaryFile file(pattern(page_size()));
  const TemporaryFile other({});
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  install_handler(handler_that_passes_on, &behind);
  wmcore_install_fault_handler();
  // Ours, theirs, ours again and the oldest one, which jumps away: round after round.
  for (int round = 1; round <= 200; round++)
    if (!foreign_fault_is_handled(other) || calls != round || passed_on != round)
      _exit(2);
  file.truncate(0);
  _exit(our_fault_is_survived(mapping) && passed_on == 200 ? 0 : 1);
}

/// A protected page raises SIGBUS on some systems, which no zeros can mend.
void a_store_into_pages_for_reading() {
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  *const_cast<volatile uint8_t *>(wmcore_region_bytes(region)) = 1;
  _exit(0);
}

/// A host that closes what it does not know, and goes on opening files.
void our_descriptor_is_closed(bool another_file) {
  const Bytes bytes = pattern(2 * page_size());
  const TemporaryFile file(bytes);
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  for (int fd = 3; fd < 100; fd++)
    if (fd != file.fd)
      close(fd);
  const TemporaryFile larger(Bytes(100, 's')); // Takes the number.
  larger.truncate(10 * page_size());
  if (another_file && dup2(larger.fd, 3) != 3)
    _exit(2);
  if (!another_file)
    close(larger.fd);
  file.truncate(page_size());
  Bytes read(2 * page_size());
  if (wmcore_read(mapping.get(), 0, read.size(), read.data()) != WMCORE_FAULT ||
      wmcore_region_bytes(region)[page_size() - 1] != bytes[page_size() - 1])
    _exit(3);
  file.truncate(2 * page_size());
  // Nothing of another file appears in the mapping, and nothing happens to that file.
  if (wmcore_read(mapping.get(), page_size(), 1, read.data()) != WMCORE_FAULT ||
      wmcore_resize(mapping.get(), page_size()) != WMCORE_BAD_DESCRIPTOR)
    _exit(4);
  uint64_t size = 0;
  wmcore_region *lent = nullptr;
  if (wmcore_file_size(mapping.get(), &size) != WMCORE_BAD_DESCRIPTOR || wmcore_region_lend(mapping.get(), &lent))
    _exit(5);
  _exit(!another_file || larger.size() == 10 * page_size() ? 0 : 6);
}

class ChainDeathTest : public testing::Test {
protected:
  // A child that starts anew, not a fork of a process that has mapped already.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ChainDeathTest, ForeignFaults) {
  EXPECT_EXIT(foreign_fault_reaches_the_previous_handler(), testing::ExitedWithCode(0), "");
}

TEST_F(ChainDeathTest, LaterHandlers) {
  EXPECT_EXIT(a_later_handler_that_knows_nothing_of_ours(), testing::ExitedWithCode(0), "");
}

TEST_F(ChainDeathTest, HandlersThatHaveGone) {
  EXPECT_EXIT(nobody_is_left_behind_ours(), testing::KilledBySignal(SIGBUS), "");
}

TEST_F(ChainDeathTest, LaterHandlersThatPassOn) {
  EXPECT_EXIT(a_later_handler_that_passes_on_to_ours(), testing::ExitedWithCode(0), "");
}

TEST_F(ChainDeathTest, StoresIntoPagesForReading) {
  // A sanitizer makes an exit of the signal.
  const auto has_failed = [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != 0; };
  EXPECT_EXIT(a_store_into_pages_for_reading(), has_failed, "");
}

TEST_F(ChainDeathTest, DescriptorsThatAHostCloses) {
  EXPECT_EXIT(our_descriptor_is_closed(/*another_file=*/false), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(our_descriptor_is_closed(/*another_file=*/true), testing::ExitedWithCode(0), "");
}

TEST_F(ChainDeathTest, IgnoredSignals) { EXPECT_EXIT(ignored_signals_stay_ignored(), testing::ExitedWithCode(0), ""); }

} // namespace
