// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What only systems of POSIX have: its terms, other kinds of files, and limits of a process.
#include "../support.h"

#include <sys/resource.h>

namespace {

wmcore_status posix_status(wmcore_file file, uint64_t length, wmcore_sharing sharing, uint32_t protection,
                           uint64_t offset) {
  wmcore_mapping *mapping = nullptr;
  const wmcore_status status =
      wmcore_open_posix(file, WMCORE_ALL_RIGHTS, length, sharing, protection, offset, &mapping);
  wmcore_close(mapping);
  return status;
}

wmcore_status open_status(wmcore_file file, uint64_t length, wmcore_access access, uint64_t offset) {
  wmcore_mapping *mapping = nullptr;
  const wmcore_status status = wmcore_open(file, WMCORE_ALL_RIGHTS, length, access, offset, &mapping);
  wmcore_close(mapping);
  return status;
}

TEST(Open, RefusesWhatIsNoRegularFile) {
  TemporaryFile file(pattern(10));
  const wmcore_file fd = file.handle();
  file.close();
  EXPECT_EQ(open_status(fd, 0, WMCORE_READ, 0), WMCORE_BAD_DESCRIPTOR);
  EXPECT_EQ(open_status(-2, 1, WMCORE_READ, 0), WMCORE_BAD_DESCRIPTOR);
  EXPECT_EQ(open_status(INTPTR_MAX, 1, WMCORE_READ, 0), WMCORE_BAD_DESCRIPTOR);
  const int directory = open(".", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(open_status(directory, 0, WMCORE_READ, 0), WMCORE_UNSUPPORTED);
  close(directory);
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  EXPECT_EQ(open_status(pipes[0], 1, WMCORE_READ, 0), WMCORE_UNSUPPORTED);
  close(pipes[0]);
  close(pipes[1]);
}

TEST(OpenPosix, RightsOfTheDescriptor) {
  const TemporaryFile read_only(pattern(10), Rights::read);
  EXPECT_EQ(posix_status(read_only.handle(), 0, WMCORE_SHARED, WMCORE_PROTECT_WRITE, 0), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(posix_status(read_only.handle(), 0, WMCORE_PRIVATE, WMCORE_PROTECT_WRITE, 0), WMCORE_OK);
}

TEST(OpenPosix, LengthsPastTheEnd) {
  const TemporaryFile file(pattern(10));
  EXPECT_EQ(posix_status(file.handle(), 100'000, WMCORE_SHARED, WMCORE_PROTECT_READ, 5'000), WMCORE_OK);
  EXPECT_EQ(posix_status(file.handle(), 0, WMCORE_SHARED, WMCORE_PROTECT_READ, 10), WMCORE_PAST_END);
  for (const uint64_t large : {uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(posix_status(file.handle(), large, WMCORE_SHARED, WMCORE_PROTECT_READ, 1), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(posix_status(file.handle(), 1, WMCORE_SHARED, WMCORE_PROTECT_READ, INT64_MAX), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(posix_status(file.handle(), uint64_t{1} << 60, WMCORE_SHARED, WMCORE_PROTECT_READ, 0), WMCORE_NO_MEMORY);
}

TEST(OpenPosix, NothingIsBothWritableAndExecutable) {
  const TemporaryFile file(pattern(10));
  for (const wmcore_sharing sharing : {WMCORE_SHARED, WMCORE_PRIVATE})
    EXPECT_EQ(posix_status(file.handle(), 0, sharing, WMCORE_PROTECT_WRITE | WMCORE_PROTECT_EXECUTE, 0),
              WMCORE_UNSUPPORTED);
}

TEST(OpenPosix, AccessWithTheSameEffect) {
  const TemporaryFile file(pattern(10));
  const auto access = [&](wmcore_sharing sharing, uint32_t protection) {
    wmcore_mapping *mapping = nullptr;
    EXPECT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, sharing, protection, 0, &mapping), WMCORE_OK);
    return wmcore_get_access(Mapping(mapping).get());
  };
  EXPECT_EQ(access(WMCORE_SHARED, WMCORE_PROTECT_READ), WMCORE_READ);
  EXPECT_EQ(access(WMCORE_PRIVATE, WMCORE_PROTECT_READ), WMCORE_READ);
  EXPECT_EQ(access(WMCORE_SHARED, WMCORE_PROTECT_WRITE), WMCORE_WRITE);
  EXPECT_EQ(access(WMCORE_PRIVATE, WMCORE_PROTECT_READ | WMCORE_PROTECT_WRITE), WMCORE_COPY);
  EXPECT_EQ(access(WMCORE_SHARED, 0), WMCORE_READ);
}

TEST(OpenPosix, NothingCanBeReadWithoutTheRight) {
  const TemporaryFile file(pattern(10));
  wmcore_mapping *opened = nullptr;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_SHARED, 0, 0, &opened), WMCORE_OK);
  const Mapping mapping(opened);
  uint8_t byte = 0;
  uint64_t position = 0;
  wmcore_region *region = nullptr;
  EXPECT_EQ(wmcore_read(mapping.get(), 0, 1, &byte), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(wmcore_find(mapping.get(), &byte, 1, 0, 10, &position), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(wmcore_region_lend(mapping.get(), &region), WMCORE_ACCESS_DENIED);
  EXPECT_EQ(wmcore_write(mapping.get(), 0, 1, &byte), WMCORE_READ_ONLY);
}

TEST(OpenPosix, PrivatePagesCannotBeResized) {
  const TemporaryFile file(pattern(100));
  wmcore_mapping *opened = nullptr;
  ASSERT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_PRIVATE,
                              WMCORE_PROTECT_READ | WMCORE_PROTECT_WRITE, 0, &opened),
            WMCORE_OK);
  EXPECT_EQ(wmcore_resize(Mapping(opened).get(), 10), WMCORE_NOT_RESIZABLE);
  EXPECT_EQ(file.read(0, 200), pattern(100));
}

TEST(Named, OnlyWindowsHasNames) {
  wmcore_mapping *mapping = nullptr;
  EXPECT_EQ(wmcore_open_named("name", 0, WMCORE_WRITE, &mapping), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_open_named("name", 1, WMCORE_WRITE, &mapping), WMCORE_UNSUPPORTED);
}

TEST(Limits, LeaveDescriptorsToTheProcess) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {200, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const TemporaryFile file(pattern(100));
  std::vector<Mapping> mappings;
  wmcore_status status = WMCORE_OK;
  while (status == WMCORE_OK && mappings.size() < 300) {
    wmcore_mapping *mapping = nullptr;
    status = wmcore_open(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_READ, 0, &mapping);
    if (mapping)
      mappings.emplace_back(mapping);
  }
  EXPECT_EQ(status, WMCORE_NO_MEMORY);
  EXPECT_GT(mappings.size(), 100U);
  const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(other, 0);
  close(other);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Limits, LeaveMappingsToTheProcess) {
  std::vector<Mapping> mappings;
  wmcore_status status = WMCORE_OK;
  while (status == WMCORE_OK && mappings.size() < 200000) {
    wmcore_mapping *mapping = nullptr;
    // Neighbours of different protection are not merged by the system.
    status = wmcore_open(WMCORE_NO_FILE, WMCORE_ALL_RIGHTS, 1, mappings.size() % 2 == 0 ? WMCORE_READ : WMCORE_WRITE, 0,
                         &mapping);
    if (mapping)
      mappings.emplace_back(mapping);
  }
  EXPECT_EQ(status, WMCORE_NO_MEMORY);
  EXPECT_GT(mappings.size(), 10000U);
}

} // namespace
