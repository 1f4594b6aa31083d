// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decisions of the folder darwin that need nothing of Darwin, with the values that Darwin passes.
#include "../../../host/core/darwin/access.h"
#include "../../../host/core/darwin/device.h"
#include "../support.h"

namespace {

using wmcore::Access;
using wmcore::access_of_exception;
using wmcore::access_of_syndrome;

constexpr uint32_t data_abort = 0x24U << 26;
constexpr uint32_t length_bit = 1U << 25; // Set for every instruction of 32 bits.
constexpr uint32_t store = 1U << 6;

/// The syndrome of a data abort of user code.
constexpr uint32_t abort_with(uint32_t status, uint32_t more = 0) { return data_abort | length_bit | more | status; }

TEST(DarwinArm64, PagesThatAreMissing) {
  // Translation faults, access flag faults and permission faults, of every level.
  for (const uint32_t status : {0x04U, 0x05U, 0x06U, 0x07U, 0x09U, 0x0aU, 0x0bU, 0x0dU, 0x0eU, 0x0fU}) {
    const Access load = access_of_syndrome(abort_with(status));
    EXPECT_TRUE(load.faulted && !load.may_be_store && !load.sent) << status;
    const Access stored = access_of_syndrome(abort_with(status, store));
    EXPECT_TRUE(stored.faulted && stored.may_be_store && !stored.sent) << status;
  }
}

TEST(DarwinArm64, CacheMaintenanceIsNoStore) {
  EXPECT_FALSE(access_of_syndrome(abort_with(0x07, store | 1U << 8)).may_be_store);
}

TEST(DarwinArm64, WhatNoPageCanMend) {
  const Access misaligned = access_of_syndrome(abort_with(0x21, store));
  EXPECT_FALSE(misaligned.faulted || misaligned.may_be_store || misaligned.sent);
  EXPECT_FALSE(access_of_syndrome(abort_with(0x10)).faulted) << "an external abort";
  EXPECT_FALSE(access_of_syndrome(abort_with(0x00)).faulted) << "an address of the wrong size";
  EXPECT_FALSE(access_of_syndrome(0x20U << 26 | 0x07).faulted) << "an instruction that cannot be fetched";
}

TEST(DarwinArm64, SignalsThatAProgramSent) {
  const Access call = access_of_syndrome(0x15U << 26 | length_bit | 0x80);
  EXPECT_TRUE(call.sent && !call.faulted && !call.may_be_store) << "kill() ends in a system call";
  EXPECT_TRUE(access_of_syndrome(0).sent);
}

TEST(DarwinX64, PagesThatAreMissing) {
  for (const uint32_t present : {0U, 1U}) { // Bit 0: the page is there, but protected.
    const Access load = access_of_exception(14, 4 | present);
    EXPECT_TRUE(load.faulted && !load.may_be_store && !load.sent);
    const Access stored = access_of_exception(14, 4 | 2 | present);
    EXPECT_TRUE(stored.faulted && stored.may_be_store && !stored.sent);
  }
}

TEST(DarwinX64, WhatNoPageCanMend) {
  const Access misaligned = access_of_exception(17, 2);
  EXPECT_FALSE(misaligned.faulted || misaligned.may_be_store || misaligned.sent);
  const Access call = access_of_exception(0x80, 6); // The error code of an earlier fault may be left.
  EXPECT_TRUE(call.sent && !call.faulted && !call.may_be_store);
}

class Flush : public testing::TestWithParam<int> {};

TEST_P(Flush, FallsBackWhereTheCommandIsUnknown) {
  int plain_calls = 0;
  const auto plain = [&] {
    plain_calls++;
    return EIO;
  };
  EXPECT_EQ(wmcore::flush_fully([] { return GetParam(); }, plain), EIO);
  EXPECT_EQ(plain_calls, 1);
}
INSTANTIATE_TEST_SUITE_P(Errors, Flush, testing::Values(ENOTSUP, EOPNOTSUPP, ENOTTY, EINVAL, ENOSYS));

TEST(Flush, AFailureOfTheDeviceIsNoUnknownCommand) {
  const auto plain = []() -> int {
    ADD_FAILURE() << "fsync() could hide it";
    return 0;
  };
  for (const int error : {0, EIO, ENOSPC, EBADF, ENXIO, EINTR})
    EXPECT_EQ(wmcore::flush_fully([error] { return error; }, plain), error);
}

TEST(ExtendUnlessLonger, NeverCuts) {
  const TemporaryFile file(pattern(100));
  EXPECT_EQ(wmcore::extend_unless_longer(file.fd, 5000), 0);
  EXPECT_EQ(file.size(), 5000U);
  for (const uint64_t to : {uint64_t{4999}, uint64_t{5000}, uint64_t{0}})
    EXPECT_EQ(wmcore::extend_unless_longer(file.fd, to), 0);
  EXPECT_EQ(file.size(), 5000U);
  EXPECT_EQ(file.read(0, 100), pattern(100));
}

TEST(ExtendUnlessLonger, TellsTheErrorOfTheSystem) {
  const TemporaryFile file(pattern(10), Rights::read);
  EXPECT_EQ(wmcore::extend_unless_longer(-1, 100), EBADF);
  EXPECT_EQ(wmcore::extend_unless_longer(file.fd, 100), EINVAL) << "no right to write";
  EXPECT_EQ(file.size(), 10U);
}

} // namespace
