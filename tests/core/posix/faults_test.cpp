// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A file that is cut while it is mapped: every operation says so, in every thread, and nobody dies.
#include "../support.h"

#include <atomic>
#include <csignal>
#include <sys/mman.h>
#include <thread>

namespace {

const uint64_t page = page_size();

class Faults : public testing::TestWithParam<wmcore_access> {
protected:
  const Bytes bytes = pattern(10 * page);
  const TemporaryFile file{bytes};
  const Mapping mapping = map(file.handle(), GetParam());

  wmcore_status read(uint64_t offset, uint64_t length) {
    buffer.resize(length);
    return wmcore_read(mapping.get(), offset, length, buffer.data());
  }
  Bytes buffer;
};

TEST_P(Faults, FirstAndLaterAccesses) {
  file.truncate(2 * page + 100);
  for (int round = 0; round < 2; round++) {
    EXPECT_EQ(read(5 * page, 1), WMCORE_FAULT);
    EXPECT_EQ(read(0, 10 * page), WMCORE_FAULT);
    EXPECT_EQ(read(0, 3 * page), WMCORE_OK);
    EXPECT_EQ(buffer[2 * page + 99], bytes[2 * page + 99]);
    EXPECT_EQ(buffer[2 * page + 100], 0);
    EXPECT_EQ(read(3 * page, 0), WMCORE_OK);
    bool clean = true;
    EXPECT_EQ(wmcore_check(mapping.get(), 3 * page, 1, &clean), WMCORE_FAULT);
    EXPECT_FALSE(clean);
  }
}

TEST_P(Faults, PagesThatWereReadBefore) {
  EXPECT_EQ(read(0, 10 * page), WMCORE_OK);
  file.truncate(0);
  EXPECT_EQ(read(9 * page, page), WMCORE_FAULT);
  EXPECT_EQ(read(0, 1), WMCORE_FAULT);
}

TEST_P(Faults, Writes) {
  file.truncate(page);
  const wmcore_status expected = GetParam() == WMCORE_READ ? WMCORE_READ_ONLY : WMCORE_FAULT;
  EXPECT_EQ(wmcore_write(mapping.get(), 5 * page, 1, "x"), expected);
  EXPECT_EQ(wmcore_move(mapping.get(), 0, 5 * page, 1), expected);
  EXPECT_EQ(wmcore_move(mapping.get(), 5 * page, 0, 1), expected);
  EXPECT_EQ(file.size(), page);
}

TEST_P(Faults, SearchesThatReachLostPages) {
  file.truncate(page);
  uint64_t position = 0;
  const Bytes absent(3, 0xff);
  EXPECT_EQ(wmcore_find(mapping.get(), absent.data(), 3, 0, 10 * page, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_find(mapping.get(), absent.data(), 3, 0, page, &position), WMCORE_OK);
  EXPECT_EQ(position, WMCORE_NOT_FOUND);
  EXPECT_EQ(wmcore_find(mapping.get(), bytes.data() + 100, 50, 0, 10 * page, &position), WMCORE_OK);
  EXPECT_EQ(position, 100U);
  EXPECT_EQ(wmcore_rfind(mapping.get(), bytes.data() + 100, 50, 0, 10 * page, &position), WMCORE_FAULT);
}

TEST_P(Faults, PagesThatComeBack) {
  file.truncate(0);
  EXPECT_EQ(read(0, 10 * page), WMCORE_FAULT);
  file.truncate(5 * page);
  EXPECT_EQ(read(0, 5 * page), WMCORE_OK);
  EXPECT_EQ(buffer, Bytes(5 * page));
  EXPECT_EQ(read(0, 5 * page + 1), WMCORE_FAULT);
  file.truncate(10 * page);
  ASSERT_EQ(pwrite(file.fd, "back", 4, static_cast<off_t>(7 * page)), 4);
  EXPECT_EQ(read(7 * page, 4), WMCORE_OK);
  EXPECT_EQ(std::string(buffer.begin(), buffer.end()), "back");
  bool clean = false;
  EXPECT_EQ(wmcore_check(mapping.get(), 0, 10 * page, &clean), WMCORE_OK);
  EXPECT_TRUE(clean);
  if (GetParam() == WMCORE_WRITE) {
    EXPECT_EQ(wmcore_write(mapping.get(), 8 * page, 1, "w"), WMCORE_OK);
    EXPECT_EQ(file.read(8 * page, 1), Bytes{'w'});
  }
}

TEST_P(Faults, BytesOfARegion) {
  wmcore_region *lent = nullptr;
  ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
  const Region region(lent);
  volatile uint8_t *view = wmcore_region_bytes(lent);
  const uint32_t before = *wmcore_fault_count();
  EXPECT_EQ(view[9 * page], bytes[9 * page]);
  EXPECT_EQ(*wmcore_fault_count(), before);
  file.truncate(page);
  view[5 * page] = 1;
  EXPECT_EQ(view[9 * page], 0);
  EXPECT_EQ(*wmcore_fault_count(), before + 1) << "one fault for all that was lost";
  EXPECT_EQ(view[page - 1], bytes[page - 1]);
}

INSTANTIATE_TEST_SUITE_P(Access, Faults, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY));

TEST(FaultsPosix, MappedBeforeTheFileGrows) {
  const TemporaryFile file({});
  wmcore_mapping *opened = nullptr;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 4 * page, WMCORE_SHARED,
                              WMCORE_PROTECT_READ | WMCORE_PROTECT_WRITE, 0, &opened),
            WMCORE_OK);
  const Mapping mapping(opened);
  EXPECT_EQ(wmcore_write(mapping.get(), 0, 1, "x"), WMCORE_FAULT);
  file.truncate(2 * page);
  EXPECT_EQ(wmcore_write(mapping.get(), 0, 1, "x"), WMCORE_OK);
  EXPECT_EQ(wmcore_write(mapping.get(), 2 * page, 1, "x"), WMCORE_FAULT);
  EXPECT_EQ(wmcore_flush(mapping.get(), 0, 2 * page), WMCORE_OK);
  EXPECT_EQ(wmcore_flush(mapping.get(), 0, 4 * page), WMCORE_FAULT);
  EXPECT_EQ(file.read(0, 2), (Bytes{'x', 0}));
}

TEST(FaultsResize, BringsPagesBack) {
  const TemporaryFile file(pattern(4 * page));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  file.truncate(10);
  Bytes buffer(4 * page);
  EXPECT_EQ(wmcore_read(mapping.get(), 0, 4 * page, buffer.data()), WMCORE_FAULT);
  ASSERT_EQ(wmcore_resize(mapping.get(), 2 * page), WMCORE_OK);
  Bytes expected = pattern(10);
  expected.resize(2 * page);
  EXPECT_EQ(read_all(mapping), expected);
}

// More mappings than one chunk of the fault table holds, opened and closed in another order.
TEST(FaultsMany, EveryMappingKnowsItsOwn) {
  const TemporaryFile whole(pattern(2 * page));
  const TemporaryFile cut(pattern(2 * page));
  std::vector<Mapping> good;
  std::vector<Mapping> bad;
  for (int index = 0; index < 600; index++) {
    good.push_back(map(whole.handle(), WMCORE_READ));
    bad.push_back(map(cut.handle(), index % 2 == 0 ? WMCORE_READ : WMCORE_COPY));
  }
  for (size_t index = 0; index < 600; index += 3)
    good[index].reset();
  cut.truncate(page);
  uint8_t byte = 0;
  for (const Mapping &mapping : bad)
    EXPECT_EQ(wmcore_read(mapping.get(), page, 1, &byte), WMCORE_FAULT);
  for (const Mapping &mapping : good)
    if (mapping) {
      EXPECT_EQ(wmcore_read(mapping.get(), page, 1, &byte), WMCORE_OK);
    }
}

TEST(FaultsThreads, MapFaultAndCloseAtOnce) {
  const TemporaryFile file(pattern(8 * page));
  std::atomic<bool> stop{false};
  std::atomic<int> faults{0};
  std::vector<std::thread> threads;
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY})
    threads.emplace_back([&, access] {
      Bytes buffer(8 * page);
      while (!stop) {
        wmcore_mapping *opened = nullptr;
        if (wmcore_open(file.handle(), WMCORE_ALL_RIGHTS, 8 * page, access, 0, &opened) != WMCORE_OK)
          continue; // Cut just now.
        const Mapping mapping(opened);
        for (int round = 0; round < 5; round++) {
          const wmcore_status status = wmcore_read(mapping.get(), 0, 8 * page, buffer.data());
          EXPECT_TRUE(status == WMCORE_OK || status == WMCORE_FAULT) << wmcore_status_name(status);
          faults += status == WMCORE_FAULT;
        }
      }
    });
  for (int round = 0; round < 2'000 || (faults == 0 && round < 200'000); round++)
    file.truncate(round % 2 == 0 ? page : 8 * page);
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_GT(faults, 0);
}

// However often a file is cut and mended while it is read, it is whole once it is left alone.
TEST(FaultsThreads, CutAndMended) {
  const TemporaryFile file(pattern(64 * page));
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const Mapping mapping = map(file.handle(), access);
    std::atomic<bool> stop{false};
    std::thread cutter([&] {
      while (!stop) {
        file.truncate(page);
        file.truncate(64 * page);
      }
    });
    Bytes buffer(page);
    int faults = 0;
    for (int round = 0; round < 3'000 || (faults < 20 && round < 300'000); round++)
      faults += wmcore_read(mapping.get(), 63 * page, page, buffer.data()) == WMCORE_FAULT;
    stop = true;
    cutter.join();
    Bytes all(64 * page);
    EXPECT_EQ(wmcore_read(mapping.get(), 0, all.size(), all.data()), WMCORE_OK);
    bool clean = false;
    EXPECT_EQ(wmcore_check(mapping.get(), 0, 1, &clean), WMCORE_OK);
    EXPECT_TRUE(clean);
  }
}

// What outlives its mapping needs pages, and no descriptor.
TEST(FaultsLent, WithoutTheirMapping) {
  const Bytes bytes = pattern(4 * page);
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const TemporaryFile file(bytes);
    Mapping mapping = map(file.handle(), access);
    wmcore_region *lent = nullptr;
    ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
    const Region region(lent);
    const int lowest = dup(0);
    mapping.reset();
    const int now = dup(0);
    EXPECT_LT(now, lowest) << "its descriptor is free again";
    close(lowest);
    close(now);
    volatile uint8_t *view = wmcore_region_bytes(lent);
    file.truncate(2 * page);
    EXPECT_EQ(view[3 * page], 0);
    EXPECT_EQ(view[2 * page], 0);
    EXPECT_EQ(view[2 * page - 1], bytes[2 * page - 1]);
    view[3 * page] = 1;
    EXPECT_EQ(file.size(), 2 * page);
  }
}

TEST(FaultsLent, MappingsCloseWhileTheirPagesAreLost) {
  const TemporaryFile file(pattern(64 * page));
  std::atomic<bool> stop{false};
  std::thread cutter([&] {
    while (!stop) {
      file.truncate(page);
      file.truncate(64 * page);
    }
  });
  for (int round = 0; round < 2'000; round++) {
    wmcore_mapping *opened = nullptr;
    if (wmcore_open(file.handle(), WMCORE_ALL_RIGHTS, 64 * page, WMCORE_WRITE, 0, &opened) != WMCORE_OK)
      continue;
    Mapping mapping(opened);
    wmcore_region *lent = nullptr;
    ASSERT_EQ(wmcore_region_lend(opened, &lent), WMCORE_OK);
    const Region region(lent);
    std::thread closer([&] { mapping.reset(); });
    for (uint64_t at = 0; at < 64; at++)
      (void)*const_cast<volatile uint8_t *>(wmcore_region_bytes(lent) + at * page);
    closer.join();
  }
  stop = true;
  cutter.join();
}

using FaultsDeathTest = testing::Test;

TEST(FaultsDeathTest, ForeignFaultsStillKill) {
  const TemporaryFile file(pattern(page));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  EXPECT_DEATH(raise(SIGBUS), "");
  EXPECT_DEATH(
      {
        void *foreign = mmap(nullptr, page, PROT_READ, MAP_SHARED, file.fd, 0);
        file.truncate(0);
        *static_cast<volatile uint8_t *>(foreign);
      },
      "");
}

} // namespace
