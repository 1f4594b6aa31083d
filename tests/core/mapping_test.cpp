// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../../host/core/region.h"
#include "support.h"

#include <cstring>
#include <tuple>

namespace {

wmcore_status open_status(wmcore_file file, uint64_t length, wmcore_access access, uint64_t offset,
                          uint32_t rights = WMCORE_ALL_RIGHTS) {
  wmcore_mapping *mapping = nullptr;
  const wmcore_status status = wmcore_open(file, rights, length, access, offset, &mapping);
  EXPECT_EQ(mapping != nullptr, status == WMCORE_OK);
  wmcore_close(mapping);
  return status;
}

constexpr uint64_t huge[] = {uint64_t{1} << 32, uint64_t{1} << 53, uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX};

TEST(Open, RightsOfTheDescriptor) {
  const TemporaryFile read_only(pattern(10), Rights::read);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMCORE_READ, 0), WMCORE_OK);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMCORE_COPY, 0), WMCORE_OK);
  EXPECT_EQ(open_status(read_only.handle(), 0, WMCORE_WRITE, 0), WMCORE_ACCESS_DENIED);
  const TemporaryFile write_only(pattern(10), Rights::write);
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY})
    EXPECT_EQ(open_status(write_only.handle(), 0, access, 0), WMCORE_ACCESS_DENIED);
}

TEST(Open, RightsOfTheCaller) {
  const TemporaryFile file(pattern(10));
  for (const uint32_t rights : {0U, 1U, 2U, 3U, 4U, ~0U}) {
    const bool read = (rights & WMCORE_RIGHT_READ) != 0;
    const bool write = read && (rights & WMCORE_RIGHT_WRITE) != 0;
    EXPECT_EQ(open_status(file.handle(), 0, WMCORE_READ, 0, rights), read ? WMCORE_OK : WMCORE_ACCESS_DENIED);
    EXPECT_EQ(open_status(file.handle(), 0, WMCORE_COPY, 0, rights), read ? WMCORE_OK : WMCORE_ACCESS_DENIED);
    EXPECT_EQ(open_status(file.handle(), 0, WMCORE_WRITE, 0, rights), write ? WMCORE_OK : WMCORE_ACCESS_DENIED);
    EXPECT_EQ(open_status(WMCORE_NO_FILE, 1, WMCORE_WRITE, 0, rights), WMCORE_OK);
  }
}

TEST(Open, RightsComeBeforeTheSize) {
  const TemporaryFile empty({});
  EXPECT_EQ(open_status(empty.handle(), 0, WMCORE_READ, 0, 0), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(open_status(empty.handle(), 1, WMCORE_WRITE, 1, WMCORE_RIGHT_READ), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(open_status(empty.handle(), 0, WMCORE_READ, 0, WMCORE_RIGHT_READ), WMCORE_EMPTY_FILE);
}

TEST(Open, RangesOfTheFile) {
  const TemporaryFile file(pattern(10'000));
  const TemporaryFile empty({});
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    EXPECT_EQ(open_status(empty.handle(), 0, access, 0), WMCORE_EMPTY_FILE);
    EXPECT_EQ(open_status(empty.handle(), 1, access, 0), WMCORE_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 0, access, 10'000), WMCORE_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 10'001, access, 0), WMCORE_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 9'999, access, 2), WMCORE_PAST_END);
    EXPECT_EQ(open_status(file.handle(), 9'998, access, 2), WMCORE_OK);
    for (const uint64_t large : huge) {
      EXPECT_EQ(open_status(file.handle(), large, access, 0), WMCORE_PAST_END);
      EXPECT_EQ(open_status(file.handle(), large, access, large), WMCORE_PAST_END);
      EXPECT_EQ(open_status(file.handle(), 0, access, large), WMCORE_PAST_END);
      EXPECT_EQ(open_status(file.handle(), 1, access, large), WMCORE_PAST_END);
    }
  }
  EXPECT_EQ(file.size(), 10'000U);
}

TEST(Mapping, RangesCannotOverflow) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  uint8_t buffer[1] = {1};
  for (const uint64_t large : huge) {
    EXPECT_EQ(wmcore_read(mapping.get(), large, 1, buffer), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_read(mapping.get(), 1, large, buffer), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_write(mapping.get(), large, large, buffer), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_move(mapping.get(), large, 0, 1), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_move(mapping.get(), 0, large, 1), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_move(mapping.get(), 0, 0, large), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_flush(mapping.get(), large, large), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_advise(mapping.get(), large, 1, WMCORE_NORMAL), WMCORE_OUT_OF_RANGE);
    EXPECT_EQ(wmcore_advise(mapping.get(), 1, large, WMCORE_NORMAL), WMCORE_OK);
    EXPECT_EQ(wmcore_check(mapping.get(), large, large, nullptr), WMCORE_OUT_OF_RANGE);
    uint64_t position = 0;
    EXPECT_EQ(wmcore_find(mapping.get(), "a", 1, large, large, &position), WMCORE_OK);
    EXPECT_EQ(position, WMCORE_NOT_FOUND);
    EXPECT_EQ(wmcore_rfind(mapping.get(), "a", 1, 0, large, &position), WMCORE_OK);
    EXPECT_EQ(position, 97U);
  }
  for (const uint64_t large : {uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(wmcore_resize(mapping.get(), large), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_resize(mapping.get(), uint64_t{1} << 53), WMCORE_NO_MEMORY);
  EXPECT_EQ(file.read(0, 200), pattern(100));
  // The empty range at the end is inside.
  EXPECT_EQ(wmcore_read(mapping.get(), 100, 0, nullptr), WMCORE_OK);
  EXPECT_EQ(wmcore_write(mapping.get(), 100, 0, nullptr), WMCORE_OK);
  EXPECT_EQ(wmcore_move(mapping.get(), 100, 100, 0), WMCORE_OK);
  EXPECT_EQ(wmcore_flush(mapping.get(), 100, 0), WMCORE_OK);
}

TEST(Mapping, AnyOffset) {
  const Bytes bytes = pattern(200'000);
  const TemporaryFile file(bytes);
  for (const uint64_t offset : {uint64_t{1}, page_size() - 1, page_size(), page_size() + 1, uint64_t{65'535},
                                uint64_t{65'536}, uint64_t{65'537}, uint64_t{199'999}}) {
    const Mapping mapping = map(file.handle(), WMCORE_WRITE, 0, offset);
    EXPECT_EQ(read_all(mapping), Bytes(bytes.begin() + static_cast<ptrdiff_t>(offset), bytes.end()));
    EXPECT_EQ(wmcore_flush(mapping.get(), 0, wmcore_length(mapping.get())), WMCORE_OK);
  }
}

TEST(Mapping, OutlivesTheDescriptor) {
  TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  file.close();
  EXPECT_EQ(read_all(mapping), pattern(100));
  uint64_t size = 0;
  EXPECT_EQ(wmcore_file_size(mapping.get(), &size), WMCORE_OK);
  EXPECT_EQ(size, 100U);
}

TEST(Mapping, AccessDecidesWhoSeesAWrite) {
  const TemporaryFile file(pattern(100));
  const Mapping read = map(file.handle(), WMCORE_READ);
  const Mapping write = map(file.handle(), WMCORE_WRITE);
  const Mapping copy = map(file.handle(), WMCORE_COPY);
  EXPECT_EQ(wmcore_write(read.get(), 0, 1, "x"), WMCORE_READ_ONLY);
  EXPECT_EQ(wmcore_write(read.get(), 1'000, 1, "x"), WMCORE_READ_ONLY);
  EXPECT_EQ(wmcore_write(copy.get(), 0, 1, "x"), WMCORE_OK);
  EXPECT_EQ(file.read(0, 100), pattern(100));
  EXPECT_EQ(wmcore_write(write.get(), 1, 1, "y"), WMCORE_OK);
  EXPECT_EQ(file.read(1, 1), Bytes{'y'});
  EXPECT_EQ(read_all(read)[1], 'y');
  EXPECT_EQ(read_all(copy)[0], 'x');
  EXPECT_EQ(read_all(copy)[1], 1);
}

TEST(Mapping, MoveOverlaps) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_COPY);
  Bytes twin = pattern(100);
  for (const auto &[to, from, length] : {std::tuple{10, 0, 50}, std::tuple{0, 10, 90}, std::tuple{7, 7, 93}}) {
    EXPECT_EQ(wmcore_move(mapping.get(), static_cast<uint64_t>(to), static_cast<uint64_t>(from),
                          static_cast<uint64_t>(length)),
              WMCORE_OK);
    std::memmove(twin.data() + to, twin.data() + from, static_cast<size_t>(length));
    EXPECT_EQ(read_all(mapping), twin);
  }
}

TEST(Mapping, FindIsCutToTheMapping) {
  const TemporaryFile file(pattern(10'000));
  const Mapping mapping = map(file.handle(), WMCORE_READ, 5'000, 1);
  uint64_t position = 0;
  const Bytes needle = pattern(20);
  const auto find = [&](auto search, size_t length, uint64_t start, uint64_t end) {
    EXPECT_EQ(search(mapping.get(), needle.data(), length, start, end, &position), WMCORE_OK);
    return position;
  };
  EXPECT_EQ(find(wmcore_find, 20, 0, UINT64_MAX), 250U);
  EXPECT_EQ(find(wmcore_find, 20, 251, UINT64_MAX), 501U);
  EXPECT_EQ(find(wmcore_find, 20, 0, 269), WMCORE_NOT_FOUND);
  EXPECT_EQ(find(wmcore_find, 20, 0, 270), 250U);
  EXPECT_EQ(find(wmcore_rfind, 20, 0, UINT64_MAX), 4'768U);
  EXPECT_EQ(find(wmcore_rfind, 20, 4'769, UINT64_MAX), WMCORE_NOT_FOUND);
  EXPECT_EQ(find(wmcore_find, 0, 5'000, UINT64_MAX), 5'000U);
  EXPECT_EQ(find(wmcore_find, 0, 5'001, UINT64_MAX), WMCORE_NOT_FOUND);
  EXPECT_EQ(find(wmcore_rfind, 0, 10, 20), 20U);
  EXPECT_EQ(find(wmcore_find, 0, 20, 10), WMCORE_NOT_FOUND);
}

TEST(Resize, RefusesBeforeItTouchesTheFile) {
  const TemporaryFile file(pattern(100));
  for (const wmcore_access access : {WMCORE_READ, WMCORE_COPY})
    EXPECT_EQ(wmcore_resize(map(file.handle(), access).get(), 10), WMCORE_NOT_RESIZABLE);
  EXPECT_EQ(wmcore_resize(map(file.handle(), WMCORE_WRITE).get(), 0), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(file.read(0, 200), pattern(100));
}

TEST(Resize, TheFileEndsWithTheMapping) {
  const TemporaryFile file(pattern(10'000));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE, 1'000, 3'000);
  ASSERT_EQ(wmcore_resize(mapping.get(), 500), WMCORE_OK);
  EXPECT_EQ(file.size(), 3'500U);
  ASSERT_EQ(wmcore_resize(mapping.get(), 100'000), WMCORE_OK);
  EXPECT_EQ(file.size(), 103'000U);
  Bytes expected = pattern(3'500);
  expected.resize(103'000);
  EXPECT_EQ(read_all(mapping), Bytes(expected.begin() + 3'000, expected.end()));
  ASSERT_EQ(wmcore_write(mapping.get(), 99'999, 1, "z"), WMCORE_OK);
  EXPECT_EQ(file.read(102'999, 1), Bytes{'z'});
}

TEST(Resize, HeldRegionsKeepTheirPages) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  const Region region(wmcore_region_hold(mapping.get()));
  ASSERT_EQ(wmcore_resize(mapping.get(), 50'000), WMCORE_OK);
  wmcore_region_bytes(region.get())[5] = 'h';
  EXPECT_EQ(wmcore_region_length(region.get()), 100U);
  EXPECT_EQ(read_all(mapping)[5], 'h');
}

TEST(Resize, WithoutItsPagesAMappingIsAFault) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  const Region region(wmcore_region_hold(mapping.get()));
  region->unmap(); // What is left where a system changed the file without pages, and then had none.
  uint8_t byte = 0;
  uint64_t position = 0;
  wmcore_region *lent = nullptr;
  bool clean = true;
  EXPECT_EQ(wmcore_length(mapping.get()), 100U);
  EXPECT_EQ(wmcore_read(mapping.get(), 0, 1, &byte), WMCORE_FAULT);
  EXPECT_EQ(wmcore_write(mapping.get(), 0, 1, &byte), WMCORE_FAULT);
  EXPECT_EQ(wmcore_move(mapping.get(), 1, 0, 1), WMCORE_FAULT);
  EXPECT_EQ(wmcore_find(mapping.get(), &byte, 1, 0, 100, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_rfind(mapping.get(), &byte, 0, 0, 100, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_flush(mapping.get(), 0, 100), WMCORE_FAULT);
  EXPECT_EQ(wmcore_advise(mapping.get(), 0, 100, WMCORE_WILL_NEED), WMCORE_OK);
  EXPECT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_FAULT);
  EXPECT_EQ(wmcore_check(mapping.get(), 0, 1, &clean), WMCORE_FAULT);
  EXPECT_FALSE(clean);
  ASSERT_EQ(region->map(), WMCORE_OK);
  EXPECT_EQ(read_all(mapping), pattern(100));
}

TEST(NoFile, ZeroFilledAndPrivate) {
  EXPECT_EQ(open_status(WMCORE_NO_FILE, 0, WMCORE_WRITE, 0), WMCORE_INVALID_ARGUMENT);
  for (const uint64_t large : {uint64_t{1} << 53, uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(open_status(WMCORE_NO_FILE, large, WMCORE_WRITE, 0), WMCORE_NO_MEMORY);
  const Mapping mapping = map(WMCORE_NO_FILE, WMCORE_WRITE, 100, 12'345);
  EXPECT_EQ(read_all(mapping), Bytes(100));
  EXPECT_EQ(wmcore_write(mapping.get(), 99, 1, "x"), WMCORE_OK);
  EXPECT_EQ(wmcore_resize(mapping.get(), 20'000), WMCORE_OK);
  EXPECT_EQ(read_all(mapping)[99], 'x');
  EXPECT_EQ(wmcore_advise(mapping.get(), 0, 20'000, WMCORE_DONT_NEED), WMCORE_OK);
  EXPECT_EQ(read_all(mapping)[99], 'x');
  uint64_t size = 0;
  EXPECT_EQ(wmcore_file_size(mapping.get(), &size), WMCORE_OK);
  EXPECT_EQ(size, 20'000U);
  EXPECT_EQ(wmcore_resize(map(WMCORE_NO_FILE, WMCORE_COPY, 10).get(), 20), WMCORE_NOT_RESIZABLE);
}

TEST(Regions, AStoreIntoALentReadRegionStaysPrivate) {
  const TemporaryFile file(pattern(100), Rights::read);
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  wmcore_region *lent = nullptr;
  ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
  const Region region(lent);
  wmcore_region_bytes(lent)[0] = 'x';
  EXPECT_EQ(read_all(mapping), pattern(100));
  EXPECT_EQ(file.read(0, 100), pattern(100));
}

TEST(Regions, GoWithTheirLastHolder) {
  const size_t before = wmcore_live_regions();
  const TemporaryFile file(pattern(100));
  Mapping mapping = map(file.handle(), WMCORE_READ);
  wmcore_region *lent = nullptr;
  ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
  EXPECT_EQ(wmcore_live_regions(), before + 2);
  mapping.reset();
  EXPECT_EQ(wmcore_live_regions(), before + 1);
  EXPECT_EQ(wmcore_region_bytes(lent)[99], 99);
  wmcore_region_release(lent);
  EXPECT_EQ(wmcore_live_regions(), before);
}

TEST(Status, NamesAreThoseOfTheContract) {
  EXPECT_STREQ(wmcore_status_name(WMCORE_OK), "ok");
  EXPECT_STREQ(wmcore_status_name(WMCORE_ACCESS_DENIED), "access-denied");
  EXPECT_STREQ(wmcore_status_name(WMCORE_IO), "io");
}

} // namespace
