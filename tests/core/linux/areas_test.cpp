// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// No sequence of operations makes the system hold more areas of memory than were counted, and where it holds as many
// as it allows, lost pages are survived all the same.
#include "../support.h"
#include "areas.h"

#include <sys/resource.h>

namespace {

const uint64_t page = page_size();

class Areas : public testing::TestWithParam<wmcore_access> {};

TEST_P(Areas, AdviceSplitsNothing) {
  const TemporaryFile file(pattern(200 * page));
  for (const wmcore_file source : {file.handle(), WMCORE_NO_FILE}) {
    const Mapping mapping = map(source, GetParam(), 200 * page);
    const size_t before = count_areas();
    for (const wmcore_advice advice :
         {WMCORE_RANDOM, WMCORE_SEQUENTIAL, WMCORE_NORMAL, WMCORE_WILL_NEED, WMCORE_DONT_NEED})
      for (uint64_t at = 0; at < 200; at += 2)
        ASSERT_EQ(wmcore_advise(mapping.get(), at * page, page, advice), WMCORE_OK);
    EXPECT_LE(count_areas(), before);
  }
}

// Pages that come back get the advice of their neighbours, or they would be an area of their own.
TEST_P(Areas, ComeBackWithTheAdviceOfTheRest) {
  const TemporaryFile file(pattern(100 * page));
  const Mapping mapping = map(file.handle(), GetParam());
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  const Region held(region);
  ASSERT_EQ(wmcore_advise(mapping.get(), 5, 1, WMCORE_RANDOM), WMCORE_OK);
  Bytes bytes(100 * page);
  for (const uint64_t length : {1, 0, 7, 3, 20, 19, 50, 99, 100}) {
    file.truncate(length * page);
    EXPECT_EQ(wmcore_read(mapping.get(), 0, 100 * page, bytes.data()), length == 100 ? WMCORE_OK : WMCORE_FAULT);
    EXPECT_LE(count_areas(wmcore_region_bytes(region), 100 * page), length == 100 ? 1U : 2U) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Access, Areas, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY));

/// Maps a file until that is refused.
std::vector<Mapping> map_all(const TemporaryFile &file) {
  std::vector<Mapping> mappings;
  for (wmcore_status status = WMCORE_OK; status == WMCORE_OK;) {
    wmcore_mapping *mapping = nullptr;
    // Neighbours of different access are not merged by the system.
    status = wmcore_open(file.handle(), WMCORE_ALL_RIGHTS, 0, mappings.size() % 2 == 0 ? WMCORE_READ : WMCORE_COPY, 0,
                         &mapping);
    EXPECT_TRUE(status == WMCORE_OK || status == WMCORE_NO_MEMORY);
    if (mapping)
      mappings.emplace_back(mapping);
  }
  return mappings;
}

/// Gives every mapping a descriptor.
class ManyDescriptors {
public:
  ManyDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit all = {before.rlim_max, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &all);
    enough = before.rlim_max > 2 * area_limit();
  }
  ~ManyDescriptors() { setrlimit(RLIMIT_NOFILE, &before); }
  bool enough = false;

private:
  rlimit before = {};
};

TEST(ManyAreas, EveryMappingLosesItsEnd) {
  const ManyDescriptors descriptors;
  const size_t others = count_areas();
  const TemporaryFile file(pattern(3 * page));
  std::vector<Mapping> mappings = map_all(file);
  if (descriptors.enough) {
    EXPECT_GE(mappings.size(), area_limit() / 2 - 1);
  }
  EXPECT_LE(count_areas(), others + area_limit() / 2 + 100);
  file.truncate(page + 1);
  Bytes bytes(3 * page);
  for (const Mapping &mapping : mappings)
    ASSERT_EQ(wmcore_read(mapping.get(), 0, 3 * page, bytes.data()), WMCORE_FAULT);
  EXPECT_LE(count_areas(), others + area_limit() / 4 * 3 + 100) << "a quarter is left to the rest of the process";
  // All of them come back, those too that became zeros as a whole.
  file.truncate(3 * page);
  for (const Mapping &mapping : mappings)
    ASSERT_EQ(wmcore_read(mapping.get(), 0, 3 * page, bytes.data()), WMCORE_OK);
  EXPECT_EQ(bytes[page], pattern(page + 1)[page]);
  EXPECT_EQ(bytes[page + 1], 0);
  // What came back is not counted any more.
  mappings.pop_back();
  mappings.push_back(map(file.handle(), WMCORE_READ));
}

/// All areas that the system lets a process have but for those of mappings.
class Everything {
public:
  Everything() {
    // Every second page has another protection, and so is an area.
    const size_t pages = area_limit() + 10;
    memory = static_cast<uint8_t *>(mmap(nullptr, pages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(memory, MAP_FAILED);
    length = pages * page;
    for (size_t at = 1; at < pages && mprotect(memory + at * page, page, PROT_READ) == 0; at += 2) {
    }
    // The last ones one by one.
    while (singles < 8 && mmap(nullptr, page, singles % 2 == 0 ? PROT_READ : PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1,
                               0) != MAP_FAILED)
      singles++;
  }
  ~Everything() { munmap(memory, length); }
  Everything(const Everything &) = delete;
  Everything &operator=(const Everything &) = delete;

private:
  uint8_t *memory = nullptr;
  uint64_t length = 0;
  size_t singles = 0;
};

TEST(ManyAreas, LossesWhereTheSystemHasNoneLeft) {
  const TemporaryFile file(pattern(4 * page));
  std::vector<Mapping> mappings;
  std::vector<Region> lent;
  for (int index = 0; index < 40; index++) {
    mappings.push_back(map(file.handle(), index % 2 == 0 ? WMCORE_READ : WMCORE_COPY));
    wmcore_region *region = nullptr;
    ASSERT_EQ(wmcore_region_lend(mappings.back().get(), &region), WMCORE_OK);
    lent.emplace_back(region);
  }
  Bytes bytes(4 * page);
  size_t faults = 0;
  size_t zeros = 0;
  {
    const Everything everything;
    file.truncate(2 * page);
    for (const Mapping &mapping : mappings)
      faults += wmcore_read(mapping.get(), 0, 4 * page, bytes.data()) == WMCORE_FAULT;
    for (const Region &region : lent)
      zeros += *const_cast<volatile uint8_t *>(wmcore_region_bytes(region.get()) + 3 * page) == 0;
  }
  EXPECT_EQ(faults, mappings.size());
  EXPECT_EQ(zeros, lent.size());
  file.truncate(4 * page);
  for (const Mapping &mapping : mappings) {
    EXPECT_EQ(wmcore_read(mapping.get(), 0, 4 * page, bytes.data()), WMCORE_OK);
    EXPECT_EQ(bytes[page], pattern(page + 1)[page]);
  }
}

// Stores in place of lost pages would fill the host's memory.
TEST(LostPages, KeepNothingThatWasStored) {
  const uint64_t length = uint64_t{64} << 20;
  const TemporaryFile file(pattern(page));
  file.truncate(length);
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  wmcore_region *const region = wmcore_region_hold(mapping.get());
  const Region held(region);
  file.truncate(page);
  const Bytes source(length - page, 'x');
  EXPECT_EQ(wmcore_write(mapping.get(), page, source.size(), source.data()), WMCORE_FAULT);
  std::vector<unsigned char> resident(length / page);
  ASSERT_EQ(mincore(wmcore_region_bytes(region), length, resident.data()), 0);
  size_t count = 0;
  for (const unsigned char one : resident)
    count += one & 1U;
  EXPECT_LE(count, 1U);
}

} // namespace
