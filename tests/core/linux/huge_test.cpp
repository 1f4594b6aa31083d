// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files whose pages are larger than the system's.
#include "../support.h"
#include "areas.h"

#include <sys/vfs.h>

namespace {

/// Sees to it that the system has some pages of that kind, and takes them back.
class HugePages : public testing::Test {
protected:
  static constexpr const char *setting = "/proc/sys/vm/nr_hugepages";

  void SetUp() override {
    std::ifstream(setting) >> before;
    if (before < 16)
      std::ofstream(setting) << 16;
    fd = memfd_create("huge", MFD_HUGETLB | MFD_CLOEXEC);
    struct statfs file_system = {};
    if (fd < 0 || fstatfs(fd, &file_system) != 0 || ftruncate(fd, 2 * file_system.f_bsize) != 0) {
      GTEST_SKIP() << "skips: the system has no huge pages";
    }
    page = static_cast<uint64_t>(file_system.f_bsize);
    void *all = mmap(nullptr, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
    if (all == MAP_FAILED) {
      GTEST_SKIP() << "skips: the system has no huge pages, and " << setting << " cannot be set";
    }
    munmap(all, 2 * page);
    struct stat status = {};
    ASSERT_EQ(fstat(fd, &status), 0);
    inode = status.st_ino;
  }
  void TearDown() override {
    close(fd);
    if (before < 16)
      std::ofstream(setting) << before;
  }

  int before = 0;
  int fd = -1;
  uint64_t page = 0;
  uint64_t inode = 0;
};

TEST_F(HugePages, LeaveNoAreasBehind) {
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY})
    for (const uint64_t offset : {uint64_t{0}, uint64_t{5000}, page - 1}) {
      Mapping mapping = map(fd, access, 100'000, offset);
      EXPECT_EQ(count_areas_of(inode), 1U);
      uint8_t byte = 1;
      EXPECT_EQ(wmcore_read(mapping.get(), 99'999, 1, &byte), WMCORE_OK);
      EXPECT_EQ(wmcore_flush(mapping.get(), 5000, 10), WMCORE_OK);
      EXPECT_EQ(wmcore_advise(mapping.get(), 5000, 10, WMCORE_RANDOM), WMCORE_OK);
      mapping.reset();
      EXPECT_EQ(count_areas_of(inode), 0U);
    }
}

TEST_F(HugePages, LostAndBroughtBack) {
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const Mapping mapping = map(fd, access);
    uint8_t byte = 1;
    ASSERT_EQ(ftruncate(fd, static_cast<off_t>(page)), 0);
    EXPECT_EQ(wmcore_read(mapping.get(), page + 5000, 1, &byte), WMCORE_FAULT);
    EXPECT_EQ(wmcore_read(mapping.get(), page - 1, 1, &byte), WMCORE_OK);
    ASSERT_EQ(ftruncate(fd, static_cast<off_t>(2 * page)), 0);
    EXPECT_EQ(wmcore_read(mapping.get(), page + 5000, 1, &byte), WMCORE_OK);
  }
  EXPECT_EQ(count_areas_of(inode), 0U);
}

TEST_F(HugePages, CannotBeSpans) {
  const uint64_t unit = wmcore_span_granularity();
  const Mapping mapping = map(fd, WMCORE_WRITE);
  void *memory = wmcore_memory_reserve(2 * unit);
  ASSERT_TRUE(wmcore_memory_commit(memory, 2 * unit));
  wmcore_span *span = nullptr;
  EXPECT_EQ(wmcore_span_attach(mapping.get(), 0, memory, unit, &span), WMCORE_UNSUPPORTED);
  static_cast<volatile uint8_t *>(memory)[0] = 1;
  wmcore_memory_release(memory, 2 * unit);
}

} // namespace
