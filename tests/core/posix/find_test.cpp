// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Searches in steps, through files that are mostly holes, and budgets.
#include "../support.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace {

constexpr uint64_t mib = uint64_t{1} << 20;

struct Found {
  uint64_t position;
  int steps;
};

Found find_in_steps(const Mapping &mapping, const std::string &needle, uint64_t start = 0, uint64_t end = UINT64_MAX) {
  Found found{0, 0};
  for (bool done = false; !done; found.steps++)
    EXPECT_EQ(wmcore_find_step(mapping.get(), needle.data(), needle.size(), &start, end, &found.position, &done),
              WMCORE_OK);
  return found;
}

Found rfind_in_steps(const Mapping &mapping, const std::string &needle, uint64_t start = 0, uint64_t end = UINT64_MAX) {
  Found found{0, 0};
  for (bool done = false; !done; found.steps++)
    EXPECT_EQ(wmcore_rfind_step(mapping.get(), needle.data(), needle.size(), start, &end, &found.position, &done),
              WMCORE_OK);
  return found;
}

void store(const TemporaryFile &file, uint64_t offset, const std::string &bytes) {
  const Mapping mapping = map(file.handle(), WMCORE_WRITE, bytes.size(), offset);
  EXPECT_EQ(wmcore_write(mapping.get(), 0, bytes.size(), bytes.data()), WMCORE_OK);
}

class SparseFile : public testing::TestWithParam<wmcore_access> {};

TEST_P(SparseFile, PlacesAtEveryEdge) {
  const TemporaryFile file({});
  const uint64_t size = 512 * mib;
  file.truncate(size);
  const std::string needle = std::string("needle") + std::string(300, 'x') + std::string("end");
  std::mt19937 random(1);
  std::vector<uint64_t> places;
  // Over the edges of steps, at the start and the end, and next to each other.
  for (const uint64_t edge : {uint64_t{0}, 64 * mib, 128 * mib, 192 * mib + 4096, 256 * mib, 320 * mib, size})
    for (const size_t before : {size_t{0}, size_t{1}, needle.size() / 2, needle.size()}) {
      const uint64_t at = std::min(edge - std::min(edge, before), size - needle.size());
      if (places.empty() || at >= places.back() + needle.size())
        places.push_back(at);
    }
  for (const uint64_t place : places)
    store(file, place, needle);
  const Mapping mapping = map(file.handle(), GetParam(), 0, 0);
  for (size_t index = 0; index < places.size(); index++) {
    EXPECT_EQ(find_in_steps(mapping, needle, index == 0 ? 0 : places[index - 1] + 1).position, places[index]);
    const uint64_t end = places[index] + needle.size();
    EXPECT_EQ(rfind_in_steps(mapping, needle, 0, end).position, places[index]);
    uint64_t position = 0;
    EXPECT_EQ(wmcore_find(mapping.get(), needle.data(), needle.size(), places[index], end, &position), WMCORE_OK);
    EXPECT_EQ(position, places[index]);
    EXPECT_EQ(find_in_steps(mapping, needle, places[index], end - 1).position, WMCORE_NOT_FOUND);
    EXPECT_EQ(rfind_in_steps(mapping, needle, places[index] + 1, end).position, WMCORE_NOT_FOUND);
  }
  EXPECT_EQ(find_in_steps(mapping, "absent").position, WMCORE_NOT_FOUND);
  EXPECT_EQ(rfind_in_steps(mapping, "absent").position, WMCORE_NOT_FOUND);
}

TEST_P(SparseFile, NeedlesWithZeros) {
  const TemporaryFile file({});
  file.truncate(300 * mib);
  store(file, 200 * mib, "data");
  const Mapping mapping = map(file.handle(), GetParam());
  const std::string zeros(5000, '\0');
  // They reach from the hole before into the data, and from it into the hole after.
  EXPECT_EQ(find_in_steps(mapping, zeros + "data").position, 200 * mib - 5000);
  EXPECT_EQ(rfind_in_steps(mapping, zeros + "data").position, 200 * mib - 5000);
  EXPECT_EQ(find_in_steps(mapping, "ata" + zeros).position, 200 * mib + 1);
  EXPECT_EQ(rfind_in_steps(mapping, "ata" + zeros).position, 200 * mib + 1);
  EXPECT_EQ(find_in_steps(mapping, zeros).position, 0U);
  EXPECT_EQ(rfind_in_steps(mapping, zeros).position, 300 * mib - 5000);
  EXPECT_EQ(find_in_steps(mapping, zeros, 7).position, 7U);
}

// What was stored through the mapping is found, though the file may have no block for it yet, or never.
TEST_P(SparseFile, StoresAreSeen) {
  const TemporaryFile file({});
  file.truncate(300 * mib);
  const Mapping mapping = map(file.handle(), GetParam());
  EXPECT_EQ(find_in_steps(mapping, "needle").position, WMCORE_NOT_FOUND);
  wmcore_region *region = nullptr;
  ASSERT_EQ(wmcore_region_lend(mapping.get(), &region), WMCORE_OK);
  std::memcpy(wmcore_region_bytes(region) + 150 * mib, "needle", 6);
  const uint64_t expected = GetParam() == WMCORE_READ ? WMCORE_NOT_FOUND : 150 * mib;
  EXPECT_EQ(find_in_steps(mapping, "needle").position, expected);
  EXPECT_EQ(rfind_in_steps(mapping, "needle").position, expected);
  wmcore_region_release(region);
}

TEST_P(SparseFile, HolesPastTheEndAreLost) {
  const TemporaryFile file({});
  file.truncate(300 * mib);
  store(file, mib, "needle");
  const Mapping mapping = map(file.handle(), GetParam());
  file.truncate(100 * mib);
  uint64_t position = 0;
  EXPECT_EQ(wmcore_find(mapping.get(), "needle", 6, 0, UINT64_MAX, &position), WMCORE_OK);
  EXPECT_EQ(position, mib);
  EXPECT_EQ(wmcore_find(mapping.get(), "absent", 6, 0, UINT64_MAX, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_rfind(mapping.get(), "needle", 6, 0, UINT64_MAX, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_rfind(mapping.get(), "needle", 6, 0, 100 * mib, &position), WMCORE_OK);
  EXPECT_EQ(position, mib);
}

TEST_P(SparseFile, OfTerabytes) {
#if !defined(__linux__)
  GTEST_SKIP() << "skips: this system does not tell where the holes of a file are, and a search reads all of it";
#endif
  const TemporaryFile file({});
#if defined(__SANITIZE_THREAD__)
  const uint64_t size = uint64_t{1} << 36; // It leaves a program few addresses.
#else
  const uint64_t size = uint64_t{12} << 40;
#endif
  if (ftruncate(file.fd, static_cast<off_t>(size)) != 0)
    GTEST_SKIP() << "skips: this file system has no file of 12 TiB";
  const Mapping mapping = map(file.handle(), GetParam());
  EXPECT_EQ(find_in_steps(mapping, "needle").position, WMCORE_NOT_FOUND);
  store(file, size / 3, "needle");
  EXPECT_EQ(find_in_steps(mapping, "needle").position, size / 3);
  EXPECT_EQ(rfind_in_steps(mapping, "needle").position, size / 3);
  EXPECT_EQ(rfind_in_steps(mapping, "absent").position, WMCORE_NOT_FOUND);
}

std::string name_of(const testing::TestParamInfo<wmcore_access> &info) {
  static const char *const names[] = {"Read", "Write", "Copy"};
  return names[info.param];
}

INSTANTIATE_TEST_SUITE_P(Accesses, SparseFile, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY), name_of);

TEST(FindSteps, AreBounded) {
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 300 * mib);
  EXPECT_EQ(find_in_steps(mapping, "absent").steps, 5);
  EXPECT_EQ(rfind_in_steps(mapping, "absent").steps, 5);
  ASSERT_EQ(wmcore_write(mapping.get(), 128 * mib - 3, 6, "needle"), WMCORE_OK);
  EXPECT_EQ(find_in_steps(mapping, "needle").position, 128 * mib - 3);
  EXPECT_EQ(rfind_in_steps(mapping, "needle").position, 128 * mib - 3);
}

TEST(FindSteps, HostileRanges) {
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 100);
  for (const uint64_t start : {uint64_t{0}, uint64_t{99}, uint64_t{100}, uint64_t{101}, UINT64_MAX})
    for (const uint64_t end : {uint64_t{0}, uint64_t{100}, UINT64_MAX}) {
      EXPECT_EQ(find_in_steps(mapping, "absent", start, end).steps, 1);
      EXPECT_EQ(rfind_in_steps(mapping, "absent", start, end).steps, 1);
      const uint64_t cut = std::min<uint64_t>(end, 100);
      EXPECT_EQ(find_in_steps(mapping, "", start, end).position, start <= cut ? start : WMCORE_NOT_FOUND);
      EXPECT_EQ(rfind_in_steps(mapping, "", start, end).position, start <= cut ? cut : WMCORE_NOT_FOUND);
    }
}

TEST(MoveSteps, LargeRangesThatOverlap) {
  const uint64_t length = 40 * mib;
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 50 * mib);
  Bytes expected = pattern(50 * mib);
  for (const auto &[to, from] : {std::pair<uint64_t, uint64_t>{5 * mib + 3, 7}, {7, 5 * mib + 3}, {9, 9}}) {
    ASSERT_EQ(wmcore_write(mapping.get(), 0, expected.size(), expected.data()), WMCORE_OK);
    ASSERT_EQ(wmcore_move(mapping.get(), to, from, length), WMCORE_OK);
    std::memmove(expected.data() + to, expected.data() + from, length);
    EXPECT_EQ(read_all(mapping), expected);
  }
}

struct Release {
  void operator()(wmcore_budget *budget) const { wmcore_budget_release(budget); }
};
using Budget = std::unique_ptr<wmcore_budget, Release>;

TEST(Budget, MemoryWithoutAFile) {
  const Budget budget(wmcore_budget_create(100 * mib));
  const Mapping one = map(WMCORE_NO_FILE, WMCORE_WRITE, 60 * mib);
  Mapping other = map(WMCORE_NO_FILE, WMCORE_COPY, 60 * mib);
  EXPECT_EQ(wmcore_charge(one.get(), budget.get()), WMCORE_OK);
  EXPECT_EQ(wmcore_charge(one.get(), budget.get()), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_charge(other.get(), budget.get()), WMCORE_NO_MEMORY);
  other.reset();
  EXPECT_EQ(wmcore_resize(one.get(), 90 * mib), WMCORE_OK);
  EXPECT_EQ(wmcore_resize(one.get(), 110 * mib), WMCORE_NO_MEMORY);
  EXPECT_EQ(wmcore_length(one.get()), 90 * mib);
  EXPECT_EQ(wmcore_resize(one.get(), mib), WMCORE_OK);
  other = map(WMCORE_NO_FILE, WMCORE_COPY, 90 * mib);
  EXPECT_EQ(wmcore_charge(other.get(), budget.get()), WMCORE_OK);
}

TEST(Budget, PrivatePagesOfAFile) {
  const Budget budget(wmcore_budget_create(mib));
  const TemporaryFile file(pattern(10 * mib));
  const Mapping mapping = map(file.handle(), WMCORE_COPY);
  ASSERT_EQ(wmcore_charge(mapping.get(), budget.get()), WMCORE_OK);
  const Bytes bytes(mib / 2);
  EXPECT_EQ(wmcore_write(mapping.get(), 100, bytes.size(), bytes.data()), WMCORE_OK);
  EXPECT_EQ(wmcore_write(mapping.get(), 5 * mib, mib / 2, bytes.data()), WMCORE_NO_MEMORY);
  EXPECT_EQ(wmcore_move(mapping.get(), 5 * mib, 7 * mib, mib / 2), WMCORE_NO_MEMORY);
  Bytes read(mib / 2);
  EXPECT_EQ(wmcore_read(mapping.get(), 5 * mib, read.size(), read.data()), WMCORE_OK);
  EXPECT_EQ(read, file.read(5 * mib, mib / 2)) << "what is refused changes nothing";
  EXPECT_EQ(wmcore_write(mapping.get(), 0, 1, "x"), WMCORE_OK);
}

TEST(Budget, PageTablesOfAFile) {
  const Budget budget(wmcore_budget_create(mib));
  const TemporaryFile file({});
  file.truncate(1024 * mib);
  const Mapping small = map(file.handle(), WMCORE_READ, 256 * mib);
  const Mapping large = map(file.handle(), WMCORE_READ, 1024 * mib);
  EXPECT_EQ(wmcore_charge(small.get(), budget.get()), WMCORE_OK);
  EXPECT_EQ(wmcore_charge(large.get(), budget.get()), WMCORE_NO_MEMORY);
}

} // namespace
