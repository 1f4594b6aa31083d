// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory areas of spans: what is counted, and what is left behind.
#include "areas.h"
#include "spans.h"

namespace {

class SpanAreas : public Spans {};

TEST_P(SpanAreas, LeaveNoAreasBehind) {
  const auto areas = [&] { return count_areas(memory.first, memory.size); };
  const size_t before = areas();
  const size_t live = wmcore_live_regions();
  for (int round = 0; round < 3; round++) {
    for (uint64_t place = 0; place < 16; place += 2)
      ASSERT_EQ(attach(mapping, 0, memory.first + place * unit, unit), WMCORE_OK);
    EXPECT_GT(areas(), before);
    spans.clear();
    EXPECT_EQ(areas(), before);
  }
  EXPECT_EQ(wmcore_live_regions(), live);
}

// Linux does not merge areas that were touched for the first time after they had been divided.
TEST_P(SpanAreas, LeaveNoAreasBehindInMemoryThatNobodyHadTouched) {
  auto *fresh = static_cast<uint8_t *>(wmcore_memory_reserve(20 * unit));
  ASSERT_TRUE(wmcore_memory_commit(fresh, 20 * unit));
  const size_t before = count_areas(fresh, 20 * unit);
  for (const bool lost : {false, true}) {
    for (uint64_t place = 1; place < 19; place += 2)
      ASSERT_EQ(attach(mapping, 0, fresh + place * unit, unit), WMCORE_OK);
    for (uint64_t place = 0; place < 20; place += 2)
      fresh[place * unit] = 'x';
    if (lost)
      file.truncate(page_size());
    for (uint64_t place = 1; place < 19; place += 2)
      EXPECT_EQ(fresh[(place + 1) * unit - 1], lost ? 0 : bytes[unit - 1]);
    spans.clear();
    EXPECT_EQ(count_areas(fresh, 20 * unit), before);
  }
  wmcore_memory_release(fresh, 20 * unit);
}

TEST_P(SpanAreas, CountTheirAreas) {
  const size_t others = count_areas();
  for (uint64_t place = 0; place < 20; place++)
    ASSERT_EQ(attach(mapping, 0, memory.first + place * unit, unit), WMCORE_OK);
  for (const Span &span : spans)
    for (const wmcore_advice advice : {WMCORE_RANDOM, WMCORE_SEQUENTIAL, WMCORE_DONT_NEED})
      ASSERT_EQ(wmcore_span_advise(span.get(), page_size(), page_size(), advice), WMCORE_OK);
  file.truncate(page_size());
  for (uint64_t place = 0; place < 20; place++)
    EXPECT_EQ(memory.first[(place + 1) * unit - 1], 0);
  EXPECT_LE(count_areas(), others + 3 * spans.size());
}

INSTANTIATE_TEST_SUITE_P(Accesses, SpanAreas, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY), name_of_access);

} // namespace
