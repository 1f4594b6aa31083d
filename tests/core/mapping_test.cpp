// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../../host/core/region.h"
#include "support.h"

#include <cstring>
#include <tuple>

namespace {

wmmap_status open_status(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset) {
  wmmap_mapping *mapping = nullptr;
  const wmmap_status status = wmmap_open(file, length, access, offset, &mapping);
  EXPECT_EQ(mapping != nullptr, status == WMMAP_OK);
  wmmap_close(mapping);
  return status;
}

constexpr uint64_t huge[] = {uint64_t{1} << 32, uint64_t{1} << 53, uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX};

TEST(Open, RightsOfTheDescriptor) {
  const TemporaryFile read_only(pattern(10), Rights::read);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMMAP_READ, 0), WMMAP_OK);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMMAP_COPY, 0), WMMAP_OK);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMMAP_WRITE, 0), WMMAP_ACCESS_DENIED);
  const TemporaryFile write_only(pattern(10), Rights::write);
  for (const wmmap_access access : {WMMAP_READ, WMMAP_WRITE, WMMAP_COPY})
    EXPECT_EQ(open_status(write_only.handle(), 0, access, 0), WMMAP_ACCESS_DENIED);
}

TEST(Open, RangesOfTheFile) {
  const TemporaryFile file(pattern(10'000));
  const TemporaryFile empty({});
  for (const wmmap_access access : {WMMAP_READ, WMMAP_WRITE, WMMAP_COPY}) {
    EXPECT_EQ(open_status(empty.handle(), 0, access, 0), WMMAP_EMPTY_FILE);
    EXPECT_EQ(open_status(empty.handle(), 1, access, 0), WMMAP_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 0, access, 10'000), WMMAP_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 10'001, access, 0), WMMAP_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 9'999, access, 2), WMMAP_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 9'998, access, 2), WMMAP_OK);
    for (const uint64_t large : huge) {
      EXPECT_EQ(open_status(file.handle(), large, access, 0), WMMAP_PAST_END);
      EXPECT_EQ(open_status(file.handle(), large, access, large), WMMAP_PAST_END);
      EXPECT_EQ(open_status(file.handle(), 0, access, large), WMMAP_PAST_END);
      EXPECT_EQ(open_status(file.handle(), 1, access, large), WMMAP_PAST_END);
    }
  }
  EXPECT_EQ(file.size(), 10'000U);
}

TEST(Mapping, RangesCannotOverflow) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMMAP_WRITE);
  uint8_t buffer[1] = {1};
  for (const uint64_t large : huge) {
    EXPECT_EQ(wmmap_read(mapping.get(), large, 1, buffer), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_read(mapping.get(), 1, large, buffer), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_write(mapping.get(), large, large, buffer), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_move(mapping.get(), large, 0, 1), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_move(mapping.get(), 0, large, 1), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_move(mapping.get(), 0, 0, large), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_flush(mapping.get(), large, large), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_advise(mapping.get(), large, 1, WMMAP_NORMAL), WMMAP_OUT_OF_RANGE);
    EXPECT_EQ(wmmap_advise(mapping.get(), 1, large, WMMAP_NORMAL), WMMAP_OK);
    EXPECT_EQ(wmmap_check(mapping.get(), large, large, nullptr), WMMAP_OUT_OF_RANGE);
    uint64_t position = 0;
    EXPECT_EQ(wmmap_find(mapping.get(), "a", 1, large, large, &position), WMMAP_OK);
    EXPECT_EQ(position, WMMAP_NOT_FOUND);
    EXPECT_EQ(wmmap_rfind(mapping.get(), "a", 1, 0, large, &position), WMMAP_OK);
    EXPECT_EQ(position, 97U);
  }
  for (const uint64_t large : {uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(wmmap_resize(mapping.get(), large), WMMAP_INVALID_ARGUMENT);
  EXPECT_EQ(wmmap_resize(mapping.get(), uint64_t{1} << 53), WMMAP_NO_MEMORY);
  EXPECT_EQ(file.read(0, 200), pattern(100));
  // The empty range at the end is inside.
  EXPECT_EQ(wmmap_read(mapping.get(), 100, 0, nullptr), WMMAP_OK);
  EXPECT_EQ(wmmap_write(mapping.get(), 100, 0, nullptr), WMMAP_OK);
  EXPECT_EQ(wmmap_move(mapping.get(), 100, 100, 0), WMMAP_OK);
  EXPECT_EQ(wmmap_flush(mapping.get(), 100, 0), WMMAP_OK);
}

TEST(Mapping, AnyOffset) {
  const Bytes bytes = pattern(200'000);
  const TemporaryFile file(bytes);
  for (const uint64_t offset : {uint64_t{1}, page_size() - 1, page_size(), page_size() + 1, uint64_t{65'535},
                                uint64_t{65'536}, uint64_t{65'537}, uint64_t{199'999}}) {
    const Mapping mapping = map(file.handle(), WMMAP_WRITE, 0, offset);
    EXPECT_EQ(read_all(mapping), Bytes(bytes.begin() + static_cast<ptrdiff_t>(offset), bytes.end()));
    EXPECT_EQ(wmmap_flush(mapping.get(), 0, wmmap_length(mapping.get())), WMMAP_OK);
  }
}

TEST(Mapping, OutlivesTheDescriptor) {
  TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMMAP_READ);
  file.close();
  EXPECT_EQ(read_all(mapping), pattern(100));
  uint64_t size = 0;
  EXPECT_EQ(wmmap_file_size(mapping.get(), &size), WMMAP_OK);
  EXPECT_EQ(size, 100U);
}

TEST(Mapping, AccessDecidesWhoSeesAWrite) {
  const TemporaryFile file(pattern(100));
  const Mapping read = map(file.handle(), WMMAP_READ);
  const Mapping write = map(file.handle(), WMMAP_WRITE);
  const Mapping copy = map(file.handle(), WMMAP_COPY);
  EXPECT_EQ(wmmap_write(read.get(), 0, 1, "x"), WMMAP_READ_ONLY);
  EXPECT_EQ(wmmap_write(read.get(), 1'000, 1, "x"), WMMAP_READ_ONLY);
  EXPECT_EQ(wmmap_write(copy.get(), 0, 1, "x"), WMMAP_OK);
  EXPECT_EQ(file.read(0, 100), pattern(100));
  EXPECT_EQ(wmmap_write(write.get(), 1, 1, "y"), WMMAP_OK);
  EXPECT_EQ(file.read(1, 1), Bytes{'y'});
  EXPECT_EQ(read_all(read)[1], 'y');
  EXPECT_EQ(read_all(copy)[0], 'x');
  EXPECT_EQ(read_all(copy)[1], 1);
}

TEST(Mapping, MoveOverlaps) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMMAP_COPY);
  Bytes twin = pattern(100);
  for (const auto &[to, from, length] : {std::tuple{10, 0, 50}, std::tuple{0, 10, 90}, std::tuple{7, 7, 93}}) {
    EXPECT_EQ(wmmap_move(mapping.get(), static_cast<uint64_t>(to), static_cast<uint64_t>(from),
                         static_cast<uint64_t>(length)),
              WMMAP_OK);
    std::memmove(twin.data() + to, twin.data() + from, static_cast<size_t>(length));
    EXPECT_EQ(read_all(mapping), twin);
  }
}

TEST(Mapping, FindIsCutToTheMapping) {
  const TemporaryFile file(pattern(10'000));
  const Mapping mapping = map(file.handle(), WMMAP_READ, 5'000, 1);
  uint64_t position = 0;
  const Bytes needle = pattern(20);
  const auto find = [&](auto search, size_t length, uint64_t start, uint64_t end) {
    EXPECT_EQ(search(mapping.get(), needle.data(), length, start, end, &position), WMMAP_OK);
    return position;
  };
  EXPECT_EQ(find(wmmap_find, 20, 0, UINT64_MAX), 250U);
  EXPECT_EQ(find(wmmap_find, 20, 251, UINT64_MAX), 501U);
  EXPECT_EQ(find(wmmap_find, 20, 0, 269), WMMAP_NOT_FOUND);
  EXPECT_EQ(find(wmmap_find, 20, 0, 270), 250U);
  EXPECT_EQ(find(wmmap_rfind, 20, 0, UINT64_MAX), 4'768U);
  EXPECT_EQ(find(wmmap_rfind, 20, 4'769, UINT64_MAX), WMMAP_NOT_FOUND);
  EXPECT_EQ(find(wmmap_find, 0, 5'000, UINT64_MAX), 5'000U);
  EXPECT_EQ(find(wmmap_find, 0, 5'001, UINT64_MAX), WMMAP_NOT_FOUND);
  EXPECT_EQ(find(wmmap_rfind, 0, 10, 20), 20U);
  EXPECT_EQ(find(wmmap_find, 0, 20, 10), WMMAP_NOT_FOUND);
}

TEST(Resize, RefusesBeforeItTouchesTheFile) {
  const TemporaryFile file(pattern(100));
  for (const wmmap_access access : {WMMAP_READ, WMMAP_COPY})
    EXPECT_EQ(wmmap_resize(map(file.handle(), access).get(), 10), WMMAP_NOT_RESIZABLE);
  EXPECT_EQ(wmmap_resize(map(file.handle(), WMMAP_WRITE).get(), 0), WMMAP_INVALID_ARGUMENT);
  EXPECT_EQ(file.read(0, 200), pattern(100));
}

TEST(Resize, TheFileEndsWithTheMapping) {
  const TemporaryFile file(pattern(10'000));
  const Mapping mapping = map(file.handle(), WMMAP_WRITE, 1'000, 3'000);
  ASSERT_EQ(wmmap_resize(mapping.get(), 500), WMMAP_OK);
  EXPECT_EQ(file.size(), 3'500U);
  ASSERT_EQ(wmmap_resize(mapping.get(), 100'000), WMMAP_OK);
  EXPECT_EQ(file.size(), 103'000U);
  Bytes expected = pattern(3'500);
  expected.resize(103'000);
  EXPECT_EQ(read_all(mapping), Bytes(expected.begin() + 3'000, expected.end()));
  ASSERT_EQ(wmmap_write(mapping.get(), 99'999, 1, "z"), WMMAP_OK);
  EXPECT_EQ(file.read(102'999, 1), Bytes{'z'});
}

TEST(Resize, HeldRegionsKeepTheirPages) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMMAP_WRITE);
  const Region region(wmmap_region_hold(mapping.get()));
  ASSERT_EQ(wmmap_resize(mapping.get(), 50'000), WMMAP_OK);
  wmmap_region_bytes(region.get())[5] = 'h';
  EXPECT_EQ(wmmap_region_length(region.get()), 100U);
  EXPECT_EQ(read_all(mapping)[5], 'h');
}

TEST(Resize, WithoutItsPagesAMappingIsAFault) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMMAP_WRITE);
  const Region region(wmmap_region_hold(mapping.get()));
  region->unmap(); // What is left where a system changed the file without pages, and then had none.
  uint8_t byte = 0;
  uint64_t position = 0;
  wmmap_region *lent = nullptr;
  bool clean = true;
  EXPECT_EQ(wmmap_length(mapping.get()), 100U);
  EXPECT_EQ(wmmap_read(mapping.get(), 0, 1, &byte), WMMAP_FAULT);
  EXPECT_EQ(wmmap_write(mapping.get(), 0, 1, &byte), WMMAP_FAULT);
  EXPECT_EQ(wmmap_move(mapping.get(), 1, 0, 1), WMMAP_FAULT);
  EXPECT_EQ(wmmap_find(mapping.get(), &byte, 1, 0, 100, &position), WMMAP_FAULT);
  EXPECT_EQ(wmmap_rfind(mapping.get(), &byte, 0, 0, 100, &position), WMMAP_FAULT);
  EXPECT_EQ(wmmap_flush(mapping.get(), 0, 100), WMMAP_FAULT);
  EXPECT_EQ(wmmap_advise(mapping.get(), 0, 100, WMMAP_WILL_NEED), WMMAP_OK);
  EXPECT_EQ(wmmap_region_lend(mapping.get(), &lent), WMMAP_FAULT);
  EXPECT_EQ(wmmap_check(mapping.get(), 0, 1, &clean), WMMAP_FAULT);
  EXPECT_FALSE(clean);
  ASSERT_EQ(region->map(), WMMAP_OK);
  EXPECT_EQ(read_all(mapping), pattern(100));
}

TEST(NoFile, ZeroFilledAndPrivate) {
  EXPECT_EQ(open_status(WMMAP_NO_FILE, 0, WMMAP_WRITE, 0), WMMAP_INVALID_ARGUMENT);
  for (const uint64_t large : {uint64_t{1} << 53, uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(open_status(WMMAP_NO_FILE, large, WMMAP_WRITE, 0), WMMAP_NO_MEMORY);
  const Mapping mapping = map(WMMAP_NO_FILE, WMMAP_WRITE, 100, 12'345);
  EXPECT_EQ(read_all(mapping), Bytes(100));
  EXPECT_EQ(wmmap_write(mapping.get(), 99, 1, "x"), WMMAP_OK);
  EXPECT_EQ(wmmap_resize(mapping.get(), 20'000), WMMAP_OK);
  EXPECT_EQ(read_all(mapping)[99], 'x');
  EXPECT_EQ(wmmap_advise(mapping.get(), 0, 20'000, WMMAP_DONT_NEED), WMMAP_OK);
  EXPECT_EQ(read_all(mapping)[99], 'x');
  uint64_t size = 0;
  EXPECT_EQ(wmmap_file_size(mapping.get(), &size), WMMAP_OK);
  EXPECT_EQ(size, 20'000U);
  EXPECT_EQ(wmmap_resize(map(WMMAP_NO_FILE, WMMAP_COPY, 10).get(), 20), WMMAP_NOT_RESIZABLE);
}

TEST(Regions, AStoreIntoALentReadRegionStaysPrivate) {
  const TemporaryFile file(pattern(100), Rights::read);
  const Mapping mapping = map(file.handle(), WMMAP_READ);
  wmmap_region *lent = nullptr;
  ASSERT_EQ(wmmap_region_lend(mapping.get(), &lent), WMMAP_OK);
  const Region region(lent);
  wmmap_region_bytes(lent)[0] = 'x';
  EXPECT_EQ(read_all(mapping), pattern(100));
  EXPECT_EQ(file.read(0, 100), pattern(100));
}

TEST(Regions, GoWithTheirLastHolder) {
  const size_t before = wmmap_live_regions();
  const TemporaryFile file(pattern(100));
  Mapping mapping = map(file.handle(), WMMAP_READ);
  wmmap_region *lent = nullptr;
  ASSERT_EQ(wmmap_region_lend(mapping.get(), &lent), WMMAP_OK);
  EXPECT_EQ(wmmap_live_regions(), before + 2);
  mapping.reset();
  EXPECT_EQ(wmmap_live_regions(), before + 1);
  EXPECT_EQ(wmmap_region_bytes(lent)[99], 99);
  wmmap_region_release(lent);
  EXPECT_EQ(wmmap_live_regions(), before);
}

TEST(Status, NamesAreThoseOfTheContract) {
  EXPECT_STREQ(wmmap_status_name(WMMAP_OK), "ok");
  EXPECT_STREQ(wmmap_status_name(WMMAP_ACCESS_DENIED), "access-denied");
  EXPECT_STREQ(wmmap_status_name(WMMAP_IO), "io");
}

} // namespace
