// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages of a file in place of memory: what is refused, what accesses do, and what is left behind.
#include "spans.h"

#include "../../../host/core/system.h"

#include <atomic>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>

namespace {

TEST_P(Spans, RefusesWhatIsNotAligned) {
  EXPECT_EQ(attach(mapping, 0, memory.first, 0), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, 0, memory.first, unit - 1), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, 0, memory.first, page_size()), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, 0, memory.first + 1, unit), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, 0, memory.first + page_size() / 2, unit), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, 1, memory.first, unit), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(attach(mapping, page_size(), memory.first, unit), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(memory.read(0, 2 * unit), Bytes(2 * unit, 0xee)) << "what is refused changes nothing";
}

TEST_P(Spans, RefusesWhatLiesOutsideTheMapping) {
  EXPECT_EQ(attach(mapping, 4 * unit, memory.first, unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(attach(mapping, 0, memory.first, 5 * unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(attach(mapping, 3 * unit, memory.first, 2 * unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(attach(mapping, 0 - unit, memory.first, unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(attach(mapping, uint64_t{1} << 63, memory.first, unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(attach(mapping, 0, memory.first, 0 - unit), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(memory.read(0, 5 * unit), Bytes(5 * unit, 0xee));
}

TEST_P(Spans, TheOffsetsAddUp) {
  const Mapping later = map(file.handle(), GetParam(), 100, unit + 5);
  EXPECT_EQ(attach(later, 0, memory.first, unit), WMCORE_INVALID_ARGUMENT);
  const Mapping shifted = map(file.handle(), GetParam(), 2 * unit, unit - 7);
  EXPECT_EQ(attach(shifted, 7, memory.first, 2 * unit), WMCORE_OK) << "the last one in part, rounded up";
  EXPECT_EQ(memory.read(0, 2 * unit), Bytes(bytes.begin() + unit, bytes.begin() + 3 * unit));
}

TEST_P(Spans, RefusesOverlaps) {
  ASSERT_EQ(attach(mapping, 0, memory.first + 2 * unit, 2 * unit), WMCORE_OK);
  EXPECT_EQ(attach(mapping, 0, memory.first + unit, 2 * unit), WMCORE_BUSY);
  EXPECT_EQ(attach(mapping, 0, memory.first + 3 * unit, unit), WMCORE_BUSY);
  EXPECT_EQ(attach(mapping, 0, memory.first + 3 * unit, 2 * unit), WMCORE_BUSY);
  EXPECT_EQ(attach(mapping, 0, memory.first + unit, 4 * unit), WMCORE_BUSY);
  EXPECT_EQ(attach(mapping, 0, memory.first, 2 * unit), WMCORE_OK) << "they touch";
  spans.clear();
  EXPECT_EQ(attach(mapping, 0, memory.first + unit, 2 * unit), WMCORE_OK) << "nothing is left";
}

TEST_P(Spans, NeedsAFileThatMayBeRead) {
  const Mapping anonymous = map(WMCORE_NO_FILE, GetParam(), unit);
  EXPECT_EQ(attach(anonymous, 0, memory.first, unit), WMCORE_UNSUPPORTED);
  wmcore_mapping *unreadable = nullptr;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_SHARED, 0, 0, &unreadable), WMCORE_OK);
  EXPECT_EQ(attach(Mapping(unreadable), 0, memory.first, unit), WMCORE_ACCESS_DENIED);
}

TEST_P(Spans, ShowTheFile) {
  ASSERT_EQ(attach(mapping, unit, memory.first, 2 * unit), WMCORE_OK);
  EXPECT_EQ(memory.read(0, 2 * unit), Bytes(bytes.begin() + unit, bytes.begin() + 3 * unit));
  EXPECT_EQ(memory.first[2 * unit], 0xee);
  ASSERT_EQ(pwrite(file.fd, "others", 6, unit + 10), 6);
  EXPECT_EQ(memory.read(10, 6), Bytes({'o', 't', 'h', 'e', 'r', 's'}));
  EXPECT_FALSE(wmcore_span_faulted(spans[0].get()));
}

TEST_P(Spans, KeepStoresWhereTheyBelong) {
  ASSERT_EQ(attach(mapping, 0, memory.first, unit), WMCORE_OK);
  memory.first[7] = 'X';
  EXPECT_EQ(memory.first[7], 'X');
  EXPECT_EQ(file.read(7, 1)[0], GetParam() == WMCORE_WRITE ? 'X' : bytes[7]);
  EXPECT_EQ(wmcore_span_flush(spans[0].get(), 0, unit), WMCORE_OK);
  uint8_t through_mapping = 0;
  EXPECT_EQ(wmcore_read(mapping.get(), 7, 1, &through_mapping), WMCORE_OK);
  EXPECT_EQ(through_mapping, GetParam() == WMCORE_WRITE ? 'X' : bytes[7]);
}

TEST_P(Spans, AReadOnlyFileIsNeverWritten) {
  const TemporaryFile locked(bytes, Rights::read);
  if (GetParam() == WMCORE_WRITE)
    return; // Cannot be mapped, see mapping_test.
  const Mapping own = map(locked.handle(), GetParam());
  ASSERT_EQ(attach(own, 0, memory.first, unit), WMCORE_OK);
  // What V8 does to all memory when it grows.
  ASSERT_EQ(mprotect(memory.first, unit, PROT_READ | PROT_WRITE), 0);
  memory.first[0] = 'X';
  EXPECT_EQ(locked.read(0, 1)[0], bytes[0]);
}

TEST_P(Spans, OutliveTheirMapping) {
  Mapping own = map(file.handle(), GetParam());
  ASSERT_EQ(attach(own, 0, memory.first, unit), WMCORE_OK);
  own.reset();
  EXPECT_EQ(memory.read(0, unit), Bytes(bytes.begin(), bytes.begin() + unit));
  EXPECT_EQ(wmcore_span_advise(spans[0].get(), 0, unit, WMCORE_DONT_NEED), WMCORE_OK);
  EXPECT_EQ(memory.read(0, unit), Bytes(bytes.begin(), bytes.begin() + unit));
}

TEST_P(Spans, DetachToZeros) {
  ASSERT_EQ(attach(mapping, 0, memory.first + unit, 2 * unit), WMCORE_OK);
  memory.first[unit] = 'X';
  spans.clear();
  EXPECT_EQ(memory.read(unit, 2 * unit), Bytes(2 * unit));
  EXPECT_EQ(memory.first[0], 0xee);
  EXPECT_EQ(memory.first[3 * unit], 0xee);
  memory.first[unit] = 'Y';
  EXPECT_NE(file.read(0, 1)[0], 'Y');
}

TEST_P(Spans, LostPagesAreZerosAndMarked) {
  ASSERT_EQ(attach(mapping, 0, memory.first, 4 * unit), WMCORE_OK);
  file.truncate(unit + 1);
  EXPECT_EQ(memory.first[unit], bytes[unit]);
  EXPECT_FALSE(wmcore_span_faulted(spans[0].get()));
  EXPECT_EQ(memory.first[3 * unit], 0);
  EXPECT_TRUE(wmcore_span_faulted(spans[0].get()));
  memory.first[2 * unit] = 'X';
  EXPECT_EQ(file.size(), unit + 1);
  EXPECT_EQ(wmcore_span_flush(spans[0].get(), 0, unit), WMCORE_OK);
  const wmcore_status lost = GetParam() == WMCORE_WRITE ? WMCORE_FAULT : WMCORE_OK;
  EXPECT_EQ(wmcore_span_flush(spans[0].get(), 0, 4 * unit), lost);
  // They stay what the guest has seen.
  file.truncate(4 * unit);
  EXPECT_EQ(wmcore_span_flush(spans[0].get(), 0, 4 * unit), lost);
  EXPECT_EQ(memory.first[2 * unit], 'X');
  EXPECT_TRUE(wmcore_span_faulted(spans[0].get()));
  spans.clear();
  EXPECT_EQ(memory.read(0, 4 * unit), Bytes(4 * unit));
}

TEST_P(Spans, AFileThatGrowsUnderThemIsSeen) {
  wmcore_mapping *large = nullptr;
  const uint32_t protection =
      GetParam() == WMCORE_READ ? WMCORE_PROTECT_READ : WMCORE_PROTECT_READ | WMCORE_PROTECT_WRITE;
  const wmcore_sharing sharing = GetParam() == WMCORE_COPY ? WMCORE_PRIVATE : WMCORE_SHARED;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 10 * unit, sharing, protection, 0, &large), WMCORE_OK);
  const Mapping own(large);
  ASSERT_EQ(attach(own, 0, memory.first, 10 * unit), WMCORE_OK);
  file.truncate(10 * unit);
  ASSERT_EQ(pwrite(file.fd, "grown", 5, 9 * unit), 5);
  EXPECT_EQ(memory.read(9 * unit, 5), Bytes({'g', 'r', 'o', 'w', 'n'}));
  EXPECT_FALSE(wmcore_span_faulted(spans[0].get()));
}

TEST_P(Spans, RangesOfFlushAndAdvise) {
  ASSERT_EQ(attach(mapping, 0, memory.first, unit), WMCORE_OK);
  wmcore_span *span = spans[0].get();
  EXPECT_EQ(wmcore_span_flush(span, unit, 0), WMCORE_OK);
  EXPECT_EQ(wmcore_span_flush(span, unit, 1), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(wmcore_span_flush(span, 1, UINT64_MAX), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(wmcore_span_flush(span, 3, 4), WMCORE_OK);
  EXPECT_EQ(wmcore_span_advise(span, unit, 1, WMCORE_NORMAL), WMCORE_OUT_OF_RANGE);
  EXPECT_EQ(wmcore_span_advise(span, 5, UINT64_MAX, WMCORE_WILL_NEED), WMCORE_OK);
}

TEST_P(Spans, AbandonedOnesTouchNothing) {
  ASSERT_EQ(attach(mapping, 0, memory.first, unit), WMCORE_OK);
  wmcore_span_abandon(spans[0].get());
  // Somebody else's memory by now.
  ASSERT_NE(mmap(memory.first, unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
            MAP_FAILED);
  memory.first[5] = 'Z';
  spans.clear();
  EXPECT_EQ(memory.first[5], 'Z');
  EXPECT_EQ(attach(mapping, 0, memory.first, unit), WMCORE_OK) << "and hold nothing";
}

TEST_P(Spans, ChildrenDoNotGetThem) {
  ASSERT_EQ(attach(mapping, 0, memory.first, unit), WMCORE_OK);
  const pid_t child = fork();
  if (child == 0) {
    // In the child there is nothing at the address, so that it cannot keep the file or write to it.
    _exit(msync(memory.first, unit, MS_ASYNC) == 0 ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(memory.first[1], bytes[1]);
}

TEST_P(Spans, ManyThreadsAttachOverEachOther) {
  std::atomic<int> attached{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; number++)
    threads.emplace_back([&] {
      const Mapping own = map(file.handle(), GetParam());
      for (int round = 0; round < 200; round++) {
        wmcore_span *span = nullptr;
        const wmcore_status status = wmcore_span_attach(own.get(), 0, memory.first, unit, &span);
        if (status == WMCORE_BUSY)
          continue;
        ASSERT_EQ(status, WMCORE_OK);
        EXPECT_EQ(attached.fetch_add(1), 0) << "two at one place";
        attached.fetch_sub(1);
        wmcore_span_detach(span);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

INSTANTIATE_TEST_SUITE_P(Accesses, Spans, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY), name_of_access);

TEST(ManySpans, TenThousandAndTheLimit) {
  const Bytes bytes = pattern(unit);
  const TemporaryFile file(bytes);
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  constexpr uint64_t count = 20000;
  const uint64_t size = 2 * count * unit;
  auto *memory = static_cast<uint8_t *>(wmcore_memory_reserve(size));
  ASSERT_NE(memory, nullptr);
  ASSERT_TRUE(wmcore_memory_commit(memory, size));
  std::vector<Span> spans;
  wmcore_status status = WMCORE_OK;
  for (uint64_t number = 0; number < count && !status; number++) {
    wmcore_span *span = nullptr;
    status = wmcore_span_attach(mapping.get(), 0, memory + 2 * number * unit, unit, &span);
    if (!status)
      spans.emplace_back(span);
  }
  // A span counts as two areas of the half that we take.
  if (wmcore::max_areas() / 2 < count) {
    EXPECT_EQ(status, WMCORE_NO_MEMORY) << "before the system has no areas left";
  }
  EXPECT_GE(spans.size(), 10000U);
  memory[0] = 'X';
  EXPECT_EQ(memory[2 * (spans.size() - 1) * unit], 'X') << "all of them show one file";
  // The rest of the process still gets memory.
  void *other = mmap(nullptr, unit, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(other, MAP_FAILED);
  munmap(other, unit);
  file.truncate(0);
  EXPECT_EQ(memory[2 * (spans.size() - 1) * unit], 0);
  spans.clear();
  wmcore_memory_release(memory, size);
}

} // namespace
