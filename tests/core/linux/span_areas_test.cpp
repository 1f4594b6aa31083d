// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory areas of spans: what is counted, and what is left behind.
#include "../../../host/core/system.h"
#include "areas.h"
#include "spans.h"

#include <chrono>
#include <cstdlib>
#include <sys/mman.h>
#include <thread>

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

/// Attaches neighbouring spans and ends every second one first: their memory is touched while it has no neighbours, so
/// the system never joins all of it again. Returns how many could be attached.
size_t leave_areas(const Mapping &mapping, uint8_t *memory, size_t count) {
  std::vector<Span> attached;
  for (size_t number = 0; number < count; number++) {
    wmcore_span *span = nullptr;
    if (wmcore_span_attach(mapping.get(), 0, memory + number * unit, unit, &span))
      break;
    attached.emplace_back(span);
  }
  for (size_t number = 0; number < attached.size(); number += 2) {
    attached[number].reset();
    memory[number * unit] = 'x';
  }
  return attached.size();
}

// A guest could otherwise use up the areas of the process, whose engine dies of it.
TEST(SpansThatEnded, CountAsTheAreasThatTheyLeave) {
  const TemporaryFile file{pattern(unit)};
  const Mapping mapping = map(file.handle(), WMCORE_COPY);
  const size_t others = count_areas();
  const size_t count = wmcore::max_areas() + 10;
  std::vector<uint8_t *> memories;
  size_t first = 0;
  for (int round = 0; round < 3; round++) {
    auto *memory = static_cast<uint8_t *>(wmcore_memory_reserve(count * unit));
    ASSERT_NE(memory, nullptr);
    ASSERT_TRUE(wmcore_memory_commit(memory, count * unit));
    memories.push_back(memory);
    const size_t attached = leave_areas(mapping, memory, count);
    first = round == 0 ? attached : first;
    EXPECT_LE(attached, first);
    EXPECT_LE(count_areas(), others + wmcore::max_areas() * 5 / 4 + 2 * memories.size() + 64);
  }
  EXPECT_GT(first, wmcore::max_areas() * 9 / 20);
  for (uint8_t *memory : memories)
    wmcore_memory_release(memory, count * unit);
  // What they left has gone with the memory. The system is not asked too often.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  auto *memory = static_cast<uint8_t *>(wmcore_memory_reserve(count * unit));
  ASSERT_TRUE(wmcore_memory_commit(memory, count * unit));
  EXPECT_GT(leave_areas(mapping, memory, count), first * 9 / 10);
  wmcore_memory_release(memory, count * unit);
}

/// Whether memory as engines allocate it, which children of fork() inherit, is one area again after spans.
bool becomes_one_area() {
  const TemporaryFile file{pattern(unit)};
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  const uint64_t size = 8 * unit;
  auto *memory = static_cast<uint8_t *>(
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  std::fill(memory, memory + size, uint8_t{1});
  const size_t before = count_areas(memory, size);
  wmcore_let_children_inherit_guests();
  bool whole = true;
  for (uint64_t place = 1; place < 7; place += 2) {
    wmcore_span *span = nullptr;
    whole &= wmcore_span_attach(mapping.get(), 0, memory + place * unit, unit, &span) == WMCORE_OK;
    whole &= count_areas(memory, size) > before;
    whole &= wmcore_span_detach(span) && count_areas(memory, size) == before;
  }
  return whole;
}

// In a process of its own: the call is for good.
TEST(MemoryOfAnEngine, BecomesOneAreaAgain) {
  EXPECT_EXIT(std::_Exit(becomes_one_area() ? 0 : 1), testing::ExitedWithCode(0), "");
}

} // namespace
