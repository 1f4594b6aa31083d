// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages of a file in place of memory that was reserved as placeholders, with each division of that memory.
#include "spans.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace {

using wmcore::Division;

struct Detach {
  void operator()(wmcore_span *span) const { wmcore_span_detach(span); }
};
using Span = std::unique_ptr<wmcore_span, Detach>;

bool all_are(const uint8_t *bytes, uint64_t length, uint8_t value) {
  return std::all_of(bytes, bytes + length, [&](uint8_t byte) { return byte == value; });
}

bool is_free(const uint8_t *address) {
  MEMORY_BASIC_INFORMATION found = {};
  return VirtualQuery(address, &found, sizeof found) && found.State == MEM_FREE;
}

class WindowsSpans : public testing::TestWithParam<SpanCase> {
protected:
  void SetUp() override {
    found = wmcore::division();
    ASSERT_NE(found, Division::none);
    EXPECT_EQ(wmcore_span_granularity(), unit);
    wmcore::set_division(std::get<Division>(GetParam()));
    reserve();
  }
  void TearDown() override {
    if (memory)
      release();
    wmcore::set_division(found);
  }

  void reserve() {
    memory = static_cast<uint8_t *>(wmcore_memory_reserve(size));
    ASSERT_NE(memory, nullptr);
    grow(8);
  }
  void grow(uint64_t units) {
    ASSERT_TRUE(wmcore_memory_commit(memory + grown * unit, units * unit));
    ASSERT_TRUE(all_are(memory + grown * unit, units * unit, 0));
    std::fill_n(memory + grown * unit, units * unit, filler);
    grown += units;
  }
  void release() {
    wmcore_memory_release(memory, size);
    EXPECT_TRUE(is_free(memory) && is_free(memory + size - 1));
    memory = nullptr;
    grown = 0;
  }

  Span attach(const Mapping &mapping, uint64_t offset, uint64_t first, uint64_t units) {
    wmcore_span *span = nullptr;
    EXPECT_EQ(wmcore_span_attach(mapping.get(), offset, memory + first * unit, units * unit, &span), WMCORE_OK);
    return Span(span);
  }
  static Mapping map_it(const TemporaryFile &file) { return map(file.handle(), std::get<wmcore_access>(GetParam())); }
  bool is_file(uint64_t first, uint64_t units, uint64_t offset) const {
    return std::equal(memory + first * unit, memory + (first + units) * unit,
                      bytes.begin() + static_cast<long>(offset));
  }

  static constexpr uint64_t size = 1000 * unit;
  Division found = Division::none;
  const Bytes bytes = pattern(16 * unit);
  const TemporaryFile file{bytes};
  uint8_t *memory = nullptr;
  uint64_t grown = 0;
};

TEST(WindowsNoSpans, AreReported) {
  const bool some = wmcore::division() != Division::none;
  EXPECT_EQ(wmcore_span_granularity(), some ? unit : 0);
  void *memory = wmcore_memory_reserve(unit);
  EXPECT_EQ(memory != nullptr, some);
  if (memory)
    wmcore_memory_release(memory, unit);
}

TEST_P(WindowsSpans, PagesComeAndGo) {
  const Mapping mapping = map_it(file);
  for (uint64_t first = 0; first < 8; first++) {
    Span span = attach(mapping, unit, first, 8 - first);
    EXPECT_TRUE(is_file(first, 8 - first, unit));
    EXPECT_TRUE(all_are(memory, first * unit, filler));
    memory[first * unit + 5] = 77;
    const bool shared = std::get<wmcore_access>(GetParam()) == WMCORE_WRITE;
    EXPECT_EQ(file.read(unit + 5, 1)[0], shared ? 77 : bytes[unit + 5]);
    memory[first * unit + 5] = bytes[unit + 5];
    EXPECT_FALSE(wmcore_span_faulted(span.get()));
    span.reset();
    EXPECT_TRUE(all_are(memory + first * unit, (8 - first) * unit, 0));
    std::fill_n(memory + first * unit, (8 - first) * unit, filler);
  }
}

TEST_P(WindowsSpans, OverMemoryThatGrewInPieces) {
  for (uint64_t units = 1; units < 6; units++)
    grow(units);
  const Mapping mapping = map_it(file);
  for (int round = 0; round < 3; round++) {
    const Span middle = attach(mapping, 0, 11, 2);
    Span around = attach(mapping, 2 * unit, 5, 6), past = attach(mapping, 0, 13, 8);
    EXPECT_TRUE(is_file(11, 2, 0) && is_file(5, 6, 2 * unit) && is_file(13, 8, 0));
    grow(1);
    around.reset();
    const Span again = attach(mapping, 0, 5, 6);
    EXPECT_TRUE(is_file(5, 6, 0) && is_file(11, 2, 0));
    EXPECT_TRUE(all_are(memory, 5 * unit, filler) && all_are(memory + 21 * unit, 2 * unit, filler));
  }
  const Span all = attach(mapping, 0, 3, 16);
  EXPECT_TRUE(is_file(3, 16, 0));
}

TEST_P(WindowsSpans, PastTheEndOfTheFileIsMemoryThatIsLost) {
  for (const uint64_t tail : {uint64_t{1}, uint64_t{4096}, uint64_t{5000}, unit - 1}) {
    const TemporaryFile partial(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(unit + tail)));
    const Mapping mapping = map_it(partial);
    Span span = attach(mapping, 0, 2, 2);
    EXPECT_TRUE(std::equal(memory + 2 * unit, memory + 3 * unit + tail, bytes.begin()));
    const uint64_t rest = (tail + 4095) / 4096 * 4096;
    EXPECT_TRUE(all_are(memory + 3 * unit + tail, rest - tail, 0)) << "the rest of the last page";
    EXPECT_FALSE(wmcore_span_faulted(span.get()));
    if (rest < unit) {
      memory[4 * unit - 1] = 1;
      EXPECT_TRUE(wmcore_span_faulted(span.get()));
      EXPECT_TRUE(all_are(memory + 3 * unit + rest, unit - rest - 1, 0));
    }
    span.reset();
    EXPECT_TRUE(all_are(memory + 2 * unit, 2 * unit, 0));
    EXPECT_EQ(partial.size(), unit + tail);
  }
}

TEST_P(WindowsSpans, AFileThatGrowsIsShownWherePagesAreNotLost) {
  const uint64_t page = 4096;
  const TemporaryFile growing(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(unit + 5000)));
  const auto grow_file = [&](uint64_t to) {
    const uint64_t from = growing.size();
    growing.write(from, Bytes(bytes.begin() + static_cast<long>(from), bytes.begin() + static_cast<long>(to)));
  };
  const auto shows = [&](uint64_t from, uint64_t to) {
    return std::equal(memory + 2 * unit + from, memory + 2 * unit + to, bytes.begin() + static_cast<long>(from));
  };
  const Mapping mapping = map_it(growing);
  Span span = attach(mapping, 0, 2, 2);
  memory[2 * unit] = bytes[0];
  grow_file(unit + 20000);
  EXPECT_TRUE(shows(0, unit + 20000)) << "once, and the last page of the file too";
  EXPECT_TRUE(all_are(memory + 3 * unit + 20000, 5 * page - 20000, 0));
  EXPECT_FALSE(wmcore_span_faulted(span.get()));
  grow_file(unit + 7 * page);
  memory[3 * unit + 10 * page] = 1;
  EXPECT_TRUE(wmcore_span_faulted(span.get())) << "a page past the end";
  EXPECT_TRUE(shows(0, unit + 7 * page)) << "again";
  grow_file(2 * unit);
  EXPECT_TRUE(shows(0, unit + 7 * page) && all_are(memory + 3 * unit + 7 * page, 3 * page, 0))
      << "all past it are lost";
  EXPECT_EQ(memory[3 * unit + 10 * page], 1);
  EXPECT_TRUE(all_are(memory + 3 * unit + 11 * page, 5 * page, 0));
  EXPECT_EQ(growing.read(unit + 10 * page, 1)[0], bytes[unit + 10 * page]);
  memory[3 * unit + 6 * page] = 77;
  const bool shared = std::get<wmcore_access>(GetParam()) == WMCORE_WRITE;
  EXPECT_EQ(growing.read(unit + 6 * page, 1)[0], shared ? 77 : bytes[unit + 6 * page]);
  span.reset();
  EXPECT_TRUE(all_are(memory + 2 * unit, 2 * unit, 0) && all_are(memory, 2 * unit, filler));
}

TEST_P(WindowsSpans, LostPagesAreZerosFromThenOn) {
  const Mapping mapping = map_it(file);
  Span span = attach(mapping, 0, 1, 4), other = attach(mapping, 0, 6, 1);
  const uint32_t before = *wmcore_fault_count();
  fail_storage(memory + 3 * unit + 100);
  EXPECT_EQ(*wmcore_fault_count(), before + 1);
  EXPECT_TRUE(all_are(memory + unit, 4 * unit, 0));
  EXPECT_TRUE(wmcore_span_faulted(span.get()));
  EXPECT_FALSE(wmcore_span_faulted(other.get()));
  memory[2 * unit] = 9;
  EXPECT_EQ(memory[2 * unit], 9);
  EXPECT_EQ(file.read(unit, 1)[0], bytes[unit]);
  EXPECT_EQ(wmcore_span_flush(span.get(), 0, unit),
            std::get<wmcore_access>(GetParam()) == WMCORE_WRITE ? WMCORE_FAULT : WMCORE_OK);
  EXPECT_TRUE(all_are(memory, unit, filler) && all_are(memory + 5 * unit, unit, filler) && is_file(6, 1, 0));
  span.reset();
  EXPECT_TRUE(all_are(memory + unit, 4 * unit, 0));
  span = attach(mapping, unit, 1, 4);
  EXPECT_TRUE(is_file(1, 4, unit) && !wmcore_span_faulted(span.get()));
}

TEST_P(WindowsSpans, ThreadsMeetALostPageTogether) {
  const Mapping mapping = map_it(file);
  for (int round = 0; round < 20; round++) {
    Span span = attach(mapping, 0, 0, 8);
    std::atomic<bool> go{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 3; number++)
      threads.emplace_back([&, number] {
        while (!go)
          std::this_thread::yield();
        if (number == 0)
          fail_storage(memory + unit);
        for (uint64_t at = 0; at < 8 * unit; at += 4096) {
          const uint8_t byte = static_cast<volatile uint8_t *>(memory)[at];
          wrong += byte != 0 && byte != bytes[at];
        }
      });
    go = true;
    for (std::thread &thread : threads)
      thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(wmcore_span_faulted(span.get()) && all_are(memory, 8 * unit, 0));
  }
}

TEST_P(WindowsSpans, AHoleIsReservedAndFilledByTheNextAccess) {
  const Mapping mapping = map_it(file);
  Span span = attach(mapping, 0, 2, 3);
  // As where no memory was left in place of the pages.
  ASSERT_TRUE(wmcore::vacate(memory + 2 * unit, 3 * unit));
  EXPECT_FALSE(wmcore::is_filled(memory + unit, 2 * unit));
  EXPECT_EQ(VirtualAlloc(memory + 3 * unit, unit, MEM_RESERVE, PAGE_NOACCESS), nullptr) << "nobody else gets it";
  EXPECT_EQ(static_cast<volatile uint8_t *>(memory)[3 * unit + 5], 0);
  EXPECT_TRUE(wmcore::is_filled(memory, 8 * unit));
  EXPECT_TRUE(all_are(memory + 2 * unit, 3 * unit, 0));
  ASSERT_TRUE(wmcore::vacate(memory + 2 * unit, 3 * unit));
  span.reset();
  EXPECT_TRUE(all_are(memory + 2 * unit, 3 * unit, 0));
  EXPECT_TRUE(all_are(memory, 2 * unit, filler) && all_are(memory + 5 * unit, 3 * unit, filler));
}

TEST_P(WindowsSpans, ReleaseFreesMemoryWithAllThatLiesThere) {
  Mapping mapping = map_it(file);
  for (int round = 0; round < 50; round++) {
    Span span = attach(mapping, 0, 1, 2), other = attach(mapping, 0, 5, 1);
    other.reset();
    wmcore_span_abandon(span.get());
    release();
    span.reset();
    reserve();
  }
  EXPECT_FALSE(file.truncate(0)) << "the mapping has its own view";
  mapping.reset();
  EXPECT_TRUE(file.truncate(0)) << "no view is left";
}

INSTANTIATE_TEST_SUITE_P(Accesses, WindowsSpans, span_cases(), name_of);

} // namespace
