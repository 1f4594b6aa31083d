// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that grow while others append to them: nothing that anybody wrote is cut off, whatever fails.
#include "../injection.h"
#include "../support.h"

namespace {

using injection::Injected;

const uint64_t page = page_size();

class Growing : public testing::Test {
protected:
  const TemporaryFile file{pattern(100)};
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  const std::string line = "a line that another process appends\n";

  void append() const {
    EXPECT_EQ(pwrite(file.fd, line.data(), line.size(), static_cast<off_t>(file.size())),
              static_cast<ssize_t>(line.size()));
  }
  std::string tail(uint64_t from) const {
    const Bytes bytes = file.read(from, file.size() - from);
    return {bytes.begin(), bytes.end()};
  }
  wmcore_status resize(injection::Plan plan) {
    const Injected active(std::move(plan));
    return wmcore_resize(mapping.get(), 10 * page);
  }
};

TEST_F(Growing, AFullDiskCutsNothing) {
  EXPECT_EQ(resize({injection::fallocate_, 1, ENOSPC, true, [&](int) { append(); }}), WMCORE_NO_SPACE);
  EXPECT_EQ(tail(100), line);
  EXPECT_EQ(wmcore_length(mapping.get()), 100U);
}

TEST_F(Growing, AFullDiskCutsNothingWhereNothingCanBeAllocated) {
  // The call fails, and after it the first block that has to be written; others append in between.
  const Injected active({injection::fallocate_, 1, EOPNOTSUPP, true, nullptr});
  ASSERT_EQ(wmcore_resize(mapping.get(), 10 * page), WMCORE_OK) << "zeros instead";
  EXPECT_EQ(file.size(), 10 * page);
  EXPECT_EQ(file.read(0, 100), pattern(100));
}

TEST_F(Growing, WhatOthersAppendMeanwhileStays) {
  int appended = 0;
  EXPECT_EQ(resize({injection::fallocate_, 100, 0, true,
                    [&](int number) {
                      // More than the size that is asked for, between the two calls.
                      if (number == 2) {
                        file.truncate(20 * page);
                        append();
                        appended++;
                      }
                    }}),
            WMCORE_OK);
  EXPECT_EQ(appended, 1);
  EXPECT_EQ(file.size(), 20 * page + line.size());
  EXPECT_EQ(tail(20 * page), line);
}

TEST_F(Growing, ALimitOfTheProcess) {
  EXPECT_EQ(resize({injection::fallocate_, 1, EFBIG, true, nullptr}), WMCORE_NO_SPACE);
  EXPECT_EQ(file.size(), 100U);
}

TEST_F(Growing, HasBlocks) {
  ASSERT_EQ(resize({}), WMCORE_OK);
  struct stat status = {};
  ASSERT_EQ(fstat(file.fd, &status), 0);
  EXPECT_GE(static_cast<uint64_t>(status.st_blocks) * 512, 10 * page);
}

} // namespace
