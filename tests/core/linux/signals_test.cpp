// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Signals that only the kernel of another system, or of another processor, raises: each test runs in a child.
#include "../../../host/core/posix/native.h"
#include "../posix/escaping_handler.h"
#include "../support.h"

#include <sys/syscall.h>

using wmcore::Access;

namespace {

bool all_are_stores = false;

} // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chooses these names.
extern "C" Access __real__ZN6wmcore9access_ofERK9siginfo_tPKv(const siginfo_t &info, const void *context);
extern "C" Access __wrap__ZN6wmcore9access_ofERK9siginfo_tPKv(const siginfo_t &info, const void *context);
/// As on systems where protected pages raise SIGBUS, if a test says so.
Access __wrap__ZN6wmcore9access_ofERK9siginfo_tPKv(const siginfo_t &info, const void *context) {
  Access access = __real__ZN6wmcore9access_ofERK9siginfo_tPKv(info, context);
  access.may_be_store = all_are_stores;
  return access;
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {

void addresses_that_are_not_aligned() {
  install_handler();
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  // As the kernel reports them; a page of ours could not mend that.
  siginfo_t info = {};
  info.si_signo = SIGBUS;
  info.si_code = BUS_ADRALN;
  info.si_addr = wmcore_region_bytes(region);
  if (sigsetjmp(escape, 1) == 0) {
    syscall(SYS_rt_tgsigqueueinfo, getpid(), static_cast<pid_t>(syscall(SYS_gettid)), SIGBUS, &info);
    _exit(2);
  }
  _exit(calls == 1 ? 0 : 1);
}

/// A lost page of this access, met by what counts as a store. Exits with 0 if the older handler gets it.
void stores_go_to_the_older_handler(wmcore_access access) {
  install_handler();
  const TemporaryFile file(pattern(page_size()));
  const Mapping mapping = map(file.handle(), access);
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  const auto *byte = static_cast<const volatile uint8_t *>(wmcore_region_bytes(region));
  file.truncate(0);
  all_are_stores = true;
  if (sigsetjmp(escape, 1) == 0)
    _exit(*byte == 0 && calls == 0 ? 1 : 2);
  _exit(calls == 1 ? 0 : 3);
}

class SignalsDeathTest : public testing::Test {
protected:
  // A child that starts anew, not a fork of a process that has mapped already.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(SignalsDeathTest, AddressesThatAreNotAligned) {
  EXPECT_EXIT(addresses_that_are_not_aligned(), testing::ExitedWithCode(0), "");
}

TEST_F(SignalsDeathTest, StoresThatArePassedOn) {
  EXPECT_EXIT(stores_go_to_the_older_handler(WMCORE_READ), testing::ExitedWithCode(0), "");
}

TEST_F(SignalsDeathTest, StoresThatAreSurvived) {
  EXPECT_EXIT(stores_go_to_the_older_handler(WMCORE_WRITE), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(stores_go_to_the_older_handler(WMCORE_COPY), testing::ExitedWithCode(1), "");
}

} // namespace
