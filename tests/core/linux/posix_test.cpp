// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What only systems of POSIX have: its terms, other kinds of files, and limits of a process.
#include "../support.h"

#include <sys/resource.h>

namespace {

wmmap_status posix_status(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                          uint64_t offset) {
  wmmap_mapping *mapping = nullptr;
  const wmmap_status status = wmmap_open_posix(file, length, sharing, protection, offset, &mapping);
  wmmap_close(mapping);
  return status;
}

wmmap_status open_status(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset) {
  wmmap_mapping *mapping = nullptr;
  const wmmap_status status = wmmap_open(file, length, access, offset, &mapping);
  wmmap_close(mapping);
  return status;
}

TEST(Open, RefusesWhatIsNoRegularFile) {
  TemporaryFile file(pattern(10));
  const wmmap_file fd = file.handle();
  file.close();
  EXPECT_EQ(open_status(fd, 0, WMMAP_READ, 0), WMMAP_BAD_DESCRIPTOR);
  EXPECT_EQ(open_status(-2, 1, WMMAP_READ, 0), WMMAP_BAD_DESCRIPTOR);
  EXPECT_EQ(open_status(INTPTR_MAX, 1, WMMAP_READ, 0), WMMAP_BAD_DESCRIPTOR);
  const int directory = open(".", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(open_status(directory, 0, WMMAP_READ, 0), WMMAP_UNSUPPORTED);
  close(directory);
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  EXPECT_EQ(open_status(pipes[0], 1, WMMAP_READ, 0), WMMAP_UNSUPPORTED);
  close(pipes[0]);
  close(pipes[1]);
}

TEST(OpenPosix, RightsOfTheDescriptor) {
  const TemporaryFile read_only(pattern(10), Rights::read);
  EXPECT_EQ(posix_status(read_only.handle(), 0, WMMAP_SHARED, WMMAP_PROTECT_WRITE, 0), WMMAP_ACCESS_DENIED);
  EXPECT_EQ(posix_status(read_only.handle(), 0, WMMAP_PRIVATE, WMMAP_PROTECT_WRITE, 0), WMMAP_OK);
}

TEST(OpenPosix, LengthsPastTheEnd) {
  const TemporaryFile file(pattern(10));
  EXPECT_EQ(posix_status(file.handle(), 100'000, WMMAP_SHARED, WMMAP_PROTECT_READ, 5'000), WMMAP_OK);
  EXPECT_EQ(posix_status(file.handle(), 0, WMMAP_SHARED, WMMAP_PROTECT_READ, 10), WMMAP_PAST_END);
  for (const uint64_t large : {uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(posix_status(file.handle(), large, WMMAP_SHARED, WMMAP_PROTECT_READ, 1), WMMAP_INVALID_ARGUMENT);
  EXPECT_EQ(posix_status(file.handle(), 1, WMMAP_SHARED, WMMAP_PROTECT_READ, INT64_MAX), WMMAP_INVALID_ARGUMENT);
  EXPECT_EQ(posix_status(file.handle(), uint64_t{1} << 60, WMMAP_SHARED, WMMAP_PROTECT_READ, 0), WMMAP_NO_MEMORY);
}

TEST(OpenPosix, NothingIsBothWritableAndExecutable) {
  const TemporaryFile file(pattern(10));
  for (const wmmap_sharing sharing : {WMMAP_SHARED, WMMAP_PRIVATE})
    EXPECT_EQ(posix_status(file.handle(), 0, sharing, WMMAP_PROTECT_WRITE | WMMAP_PROTECT_EXECUTE, 0),
              WMMAP_UNSUPPORTED);
}

TEST(OpenPosix, AccessWithTheSameEffect) {
  const TemporaryFile file(pattern(10));
  const auto access = [&](wmmap_sharing sharing, uint32_t protection) {
    wmmap_mapping *mapping = nullptr;
    EXPECT_EQ(wmmap_open_posix(file.handle(), 0, sharing, protection, 0, &mapping), WMMAP_OK);
    return wmmap_get_access(Mapping(mapping).get());
  };
  EXPECT_EQ(access(WMMAP_SHARED, WMMAP_PROTECT_READ), WMMAP_READ);
  EXPECT_EQ(access(WMMAP_PRIVATE, WMMAP_PROTECT_READ), WMMAP_READ);
  EXPECT_EQ(access(WMMAP_SHARED, WMMAP_PROTECT_WRITE), WMMAP_WRITE);
  EXPECT_EQ(access(WMMAP_PRIVATE, WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE), WMMAP_COPY);
  EXPECT_EQ(access(WMMAP_SHARED, 0), WMMAP_READ);
}

TEST(OpenPosix, NothingCanBeReadWithoutTheRight) {
  const TemporaryFile file(pattern(10));
  wmmap_mapping *opened = nullptr;
  ASSERT_EQ(wmmap_open_posix(file.handle(), 0, WMMAP_SHARED, 0, 0, &opened), WMMAP_OK);
  const Mapping mapping(opened);
  uint8_t byte = 0;
  uint64_t position = 0;
  wmmap_region *region = nullptr;
  EXPECT_EQ(wmmap_read(mapping.get(), 0, 1, &byte), WMMAP_ACCESS_DENIED);
  EXPECT_EQ(wmmap_find(mapping.get(), &byte, 1, 0, 10, &position), WMMAP_ACCESS_DENIED);
  EXPECT_EQ(wmmap_region_lend(mapping.get(), &region), WMMAP_ACCESS_DENIED);
  EXPECT_EQ(wmmap_write(mapping.get(), 0, 1, &byte), WMMAP_READ_ONLY);
}

TEST(OpenPosix, PrivatePagesCannotBeResized) {
  const TemporaryFile file(pattern(100));
  wmmap_mapping *opened = nullptr;
  ASSERT_EQ(wmmap_open_posix(file.handle(), 0, WMMAP_PRIVATE, WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE, 0, &opened),
            WMMAP_OK);
  EXPECT_EQ(wmmap_resize(Mapping(opened).get(), 10), WMMAP_NOT_RESIZABLE);
  EXPECT_EQ(file.read(0, 200), pattern(100));
}

TEST(Named, OnlyWindowsHasNames) {
  wmmap_mapping *mapping = nullptr;
  EXPECT_EQ(wmmap_open_named("name", 0, WMMAP_WRITE, &mapping), WMMAP_INVALID_ARGUMENT);
  EXPECT_EQ(wmmap_open_named("name", 1, WMMAP_WRITE, &mapping), WMMAP_UNSUPPORTED);
}

TEST(Limits, LeaveDescriptorsToTheProcess) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {200, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const TemporaryFile file(pattern(100));
  std::vector<Mapping> mappings;
  wmmap_status status = WMMAP_OK;
  while (status == WMMAP_OK && mappings.size() < 300) {
    wmmap_mapping *mapping = nullptr;
    status = wmmap_open(file.handle(), 0, WMMAP_READ, 0, &mapping);
    if (mapping)
      mappings.emplace_back(mapping);
  }
  EXPECT_EQ(status, WMMAP_NO_MEMORY);
  EXPECT_GT(mappings.size(), 100U);
  const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(other, 0);
  close(other);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Limits, LeaveMappingsToTheProcess) {
  std::vector<Mapping> mappings;
  wmmap_status status = WMMAP_OK;
  while (status == WMMAP_OK && mappings.size() < 200000) {
    wmmap_mapping *mapping = nullptr;
    // Neighbours of different protection are not merged by the system.
    status = wmmap_open(WMMAP_NO_FILE, 1, mappings.size() % 2 == 0 ? WMMAP_READ : WMMAP_WRITE, 0, &mapping);
    if (mapping)
      mappings.emplace_back(mapping);
  }
  EXPECT_EQ(status, WMMAP_NO_MEMORY);
  EXPECT_GT(mappings.size(), 10000U);
}

} // namespace
