// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parts that POSIX alone has: pages that can be asked for, rights to none, and files that are cut.
#include "../support.h"

#include <atomic>
#include <thread>

namespace {

const uint64_t page = page_size();

uint64_t resident(const Mapping &mapping, uint64_t offset, uint64_t length) {
  uint64_t bytes = 0;
  EXPECT_EQ(wmcore_resident(mapping.get(), offset, length, &bytes), WMCORE_OK);
  return bytes;
}

TEST(ResidencyPosix, CountsTheBytesOfTheRange) {
  const TemporaryFile file(pattern(20 * page));
  const Mapping mapping = map(file.handle(), WMCORE_READ, 19 * page, 100);
  ASSERT_EQ(wmcore_populate(mapping.get(), 0, 19 * page), WMCORE_OK);
  EXPECT_EQ(resident(mapping, 0, 19 * page), 19 * page);
  EXPECT_EQ(resident(mapping, 5, page), page);
  EXPECT_EQ(resident(mapping, page - 100, 1), 1U);
  EXPECT_EQ(resident(mapping, 7, 0), 0U);
}

TEST(ResidencyPosix, PagesThatNobodyHasTouched) {
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 9000 * page);
  EXPECT_EQ(resident(mapping, 0, 9000 * page), 0U);
  ASSERT_EQ(wmcore_write(mapping.get(), 8000 * page + 5, 1, "x"), WMCORE_OK);
  EXPECT_EQ(resident(mapping, 8000 * page - 5, 3 * page), page);
  EXPECT_EQ(resident(mapping, 8000 * page + 5, 10), 10U);
  EXPECT_EQ(resident(mapping, 0, 9000 * page), page);
}

TEST(ResidencyPosix, StepsEnd) {
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 9000 * page);
  uint64_t offset = 3;
  uint64_t length = 9000 * page - 3;
  int steps = 0;
  for (; length > 0; steps++)
    ASSERT_EQ(wmcore_populate_step(mapping.get(), &offset, &length), WMCORE_OK);
  EXPECT_EQ(offset, 9000 * page);
  EXPECT_GT(steps, 1);
}

TEST(ResidencyPosix, WithoutARightToRead) {
  const TemporaryFile file(pattern(page));
  wmcore_mapping *opened = nullptr;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_SHARED, 0, 0, &opened), WMCORE_OK);
  const Mapping mapping(opened);
  uint64_t bytes = 0;
  EXPECT_EQ(wmcore_populate(opened, 0, 1), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(wmcore_resident(opened, 0, 1, &bytes), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(wmcore_mlock(opened), WMCORE_ACCESS_DENIED);
}

TEST(ResidencyPosix, LostPages) {
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const TemporaryFile file(pattern(4 * page));
    const Mapping mapping = map(file.handle(), access);
    file.truncate(page + 1);
    uint64_t bytes = 0;
    EXPECT_EQ(wmcore_resident(mapping.get(), 3 * page, 1, &bytes), WMCORE_FAULT); // Nobody has met the lost pages.
    EXPECT_EQ(wmcore_mlock(mapping.get()), WMCORE_FAULT);
    EXPECT_EQ(wmcore_populate(mapping.get(), 0, 2 * page), WMCORE_OK);
    EXPECT_EQ(wmcore_populate(mapping.get(), page, 2 * page), WMCORE_FAULT);
    EXPECT_EQ(wmcore_resident(mapping.get(), 3 * page, 1, &bytes), WMCORE_FAULT);
    EXPECT_EQ(wmcore_start_flush(mapping.get(), 2 * page, 1), access == WMCORE_WRITE ? WMCORE_FAULT : WMCORE_OK);
    file.truncate(4 * page);
    EXPECT_EQ(wmcore_populate(mapping.get(), 0, 4 * page), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
  }
}

TEST(ResidencyPosix, LockedPagesAreLostAndComeBack) {
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const TemporaryFile file(pattern(4 * page));
    const Mapping mapping = map(file.handle(), access);
    ASSERT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
    file.truncate(page);
    uint8_t byte = 0;
    EXPECT_EQ(wmcore_read(mapping.get(), 2 * page, 1, &byte), WMCORE_FAULT);
    file.truncate(4 * page);
    EXPECT_EQ(wmcore_read(mapping.get(), 2 * page, 1, &byte), WMCORE_OK);
    EXPECT_EQ(resident(mapping, 0, 4 * page), 4 * page);
    EXPECT_EQ(wmcore_munlock(mapping.get()), WMCORE_OK);
  }
}

// The calls that the header allows to overlap, while the file is cut and one thread stores bytes that none of them
// reads.
TEST(ResidencyPosix, CallsOverlap) {
  const TemporaryFile file(pattern(64 * page));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  std::atomic<bool> stop{false};
  const auto may_fault = [](wmcore_status status) {
    EXPECT_TRUE(status == WMCORE_OK || status == WMCORE_FAULT) << wmcore_status_name(status);
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < 2; number++)
    threads.emplace_back([&] {
      wmcore_step_aside(true);
      while (!stop) {
        uint8_t byte = 0;
        uint64_t number = 0;
        may_fault(wmcore_read(mapping.get(), 40 * page, 1, &byte));
        may_fault(wmcore_find(mapping.get(), "\xff\xff", 2, 0, 16 * page, &number));
        may_fault(wmcore_populate(mapping.get(), 30 * page, 34 * page));
        may_fault(wmcore_resident(mapping.get(), 0, 64 * page, &number));
        may_fault(wmcore_start_flush(mapping.get(), 0, page));
        may_fault(wmcore_check(mapping.get(), 0, 64 * page, nullptr));
      }
    });
  for (int round = 0; round < 500; round++) {
    file.truncate(round % 2 == 0 ? page : 64 * page);
    may_fault(wmcore_move(mapping.get(), 20 * page, 0, 10));
    may_fault(wmcore_advise(mapping.get(), 0, page, round % 2 == 0 ? WMCORE_RANDOM : WMCORE_NORMAL));
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  uint8_t byte = 0;
  EXPECT_EQ(wmcore_read(mapping.get(), 63 * page, 1, &byte), WMCORE_OK);
}

} // namespace
