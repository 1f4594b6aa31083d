// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading pages, locking them in memory, and the start of a flush.
#include "support.h"

namespace {

const uint64_t page = page_size();
constexpr wmcore_access all[] = {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY};

TEST(Residency, RangesThatAreNotInside) {
  const TemporaryFile file(pattern(3 * page));
  for (const wmcore_access access : all) {
    const Mapping mapping = map(file.handle(), access);
    for (const uint64_t large : {3 * page + 1, uint64_t{1} << 63, UINT64_MAX}) {
      uint64_t bytes = 7;
      EXPECT_EQ(wmcore_start_flush(mapping.get(), large, 0), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(wmcore_start_flush(mapping.get(), 1, large), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(wmcore_populate(mapping.get(), large, 0), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(wmcore_populate(mapping.get(), 1, large), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(wmcore_resident(mapping.get(), large, 0, &bytes), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(wmcore_resident(mapping.get(), 1, large, &bytes), WMCORE_OUT_OF_RANGE);
      EXPECT_EQ(bytes, 7U);
    }
  }
}

TEST(Residency, ChangesNoByte) {
  const TemporaryFile file(pattern(3 * page + 5));
  for (const wmcore_access access : all) {
    const Mapping mapping = map(file.handle(), access, 2 * page, page / 2);
    const Bytes before = read_all(mapping);
    EXPECT_EQ(wmcore_populate(mapping.get(), 0, 2 * page), WMCORE_OK);
    EXPECT_EQ(wmcore_populate(mapping.get(), 2 * page, 0), WMCORE_OK);
    EXPECT_EQ(wmcore_start_flush(mapping.get(), 1, page), WMCORE_OK);
    EXPECT_EQ(wmcore_start_flush(mapping.get(), 2 * page, 0), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_advise(mapping.get(), 0, 2 * page, WMCORE_DONT_NEED), WMCORE_OK);
    EXPECT_EQ(wmcore_munlock(mapping.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_munlock(mapping.get()), WMCORE_OK);
    EXPECT_EQ(read_all(mapping), before);
  }
  EXPECT_EQ(file.read(0, 3 * page + 5), pattern(3 * page + 5));
}

TEST(Residency, MemoryWithoutAFile) {
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 2 * page);
  EXPECT_EQ(wmcore_populate(mapping.get(), 0, 2 * page), WMCORE_OK);
  EXPECT_EQ(wmcore_start_flush(mapping.get(), 0, 2 * page), WMCORE_OK);
  EXPECT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
  EXPECT_EQ(read_all(mapping), Bytes(2 * page));
}

TEST(Residency, AResizeEndsALock) {
  const TemporaryFile file(pattern(3 * page));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  ASSERT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
  ASSERT_EQ(wmcore_resize(mapping.get(), 4 * page), WMCORE_OK);
  EXPECT_EQ(wmcore_munlock(mapping.get()), WMCORE_OK);
  ASSERT_EQ(wmcore_mlock(mapping.get()), WMCORE_OK);
  ASSERT_EQ(wmcore_resize(mapping.get(), page), WMCORE_OK);
  EXPECT_EQ(read_all(mapping), pattern(page));
}

TEST(Residency, LockedBytesAreCharged) {
  const TemporaryFile file(pattern(8 * page)); // A process may lock only 64 KiB on older systems.
  wmcore_budget *budget = wmcore_budget_create(12 * page);
  {
    const Mapping first = map(file.handle(), WMCORE_WRITE);
    const Mapping second = map(file.handle(), WMCORE_READ);
    ASSERT_EQ(wmcore_charge(first.get(), budget), WMCORE_OK);
    ASSERT_EQ(wmcore_charge(second.get(), budget), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(first.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(second.get()), WMCORE_NO_MEMORY);
    EXPECT_EQ(wmcore_munlock(first.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(second.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(first.get()), WMCORE_NO_MEMORY);
    EXPECT_EQ(wmcore_munlock(second.get()), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(first.get()), WMCORE_OK);
    ASSERT_EQ(wmcore_resize(first.get(), 9 * page), WMCORE_OK);
    EXPECT_EQ(wmcore_mlock(second.get()), WMCORE_OK) << "a resize gives the bytes back";
  }
  const Mapping third = map(file.handle(), WMCORE_READ);
  ASSERT_EQ(wmcore_charge(third.get(), budget), WMCORE_OK);
  const uint64_t peak = wmcore_budget_peak(budget);
  EXPECT_GE(peak, 9 * page);
  EXPECT_LE(peak, 12 * page);
  EXPECT_EQ(wmcore_mlock(third.get()), WMCORE_OK) << "so does the end of a mapping";
  EXPECT_EQ(wmcore_budget_peak(budget), peak) << "less is taken now";
  wmcore_budget_release(budget);
}

TEST(Residency, Sizes) {
  EXPECT_EQ(wmcore_page_size(), page_size());
  EXPECT_EQ(wmcore_granularity() % wmcore_page_size(), 0U);
}

} // namespace
