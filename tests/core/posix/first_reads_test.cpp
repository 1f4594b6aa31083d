// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The first short reads of a mapping go to the file: they must not differ from those of its pages.
#include "../support.h"

namespace {

const uint64_t page = page_size();

Bytes read(const Mapping &mapping, uint64_t offset, size_t length) {
  Bytes bytes(length, 0xee);
  EXPECT_EQ(wmcore_read(mapping.get(), offset, length, bytes.data()), WMCORE_OK);
  return bytes;
}

TEST(FirstReads, AreThoseOfThePages) {
  const TemporaryFile file(pattern(3 * page + 7));
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const Mapping mapping = map(file.handle(), access, 2 * page, 100);
    for (int round = 0; round < 10; round++) {
      const uint64_t offset = static_cast<uint64_t>(round) * 200;
      const Bytes all = pattern(3 * page);
      const auto start = all.begin() + static_cast<off_t>(100 + offset);
      EXPECT_EQ(read(mapping, offset, 20), Bytes(start, start + 20));
    }
  }
}

TEST(FirstReads, SeeEveryChange) {
  const TemporaryFile file(pattern(page));
  const Mapping reader = map(file.handle(), WMCORE_READ);
  const Mapping writer = map(file.handle(), WMCORE_WRITE);
  const Mapping copy = map(file.handle(), WMCORE_COPY);
  ASSERT_EQ(pwrite(file.fd, "other", 5, 0), 5);
  EXPECT_EQ(read(reader, 0, 5), (Bytes{'o', 't', 'h', 'e', 'r'}));
  ASSERT_EQ(wmcore_write(writer.get(), 0, 4, "ours"), WMCORE_OK);
  EXPECT_EQ(read(reader, 0, 5), (Bytes{'o', 'u', 'r', 's', 'r'}));
  ASSERT_EQ(wmcore_write(copy.get(), 1, 2, "XY"), WMCORE_OK);
  EXPECT_EQ(read(copy, 0, 5), (Bytes{'o', 'X', 'Y', 's', 'r'}));
  EXPECT_EQ(read(reader, 0, 5), (Bytes{'o', 'u', 'r', 's', 'r'}));
}

TEST(FirstReads, PagesThatAreLost) {
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const TemporaryFile file(pattern(4 * page));
    const Mapping mapping = map(file.handle(), access);
    file.truncate(page + 10);
    Bytes tail = read(mapping, page + 8, 4);
    EXPECT_EQ(tail, (Bytes{static_cast<uint8_t>((page + 8) % 251), static_cast<uint8_t>((page + 9) % 251), 0, 0}));
    uint8_t byte = 0;
    EXPECT_EQ(wmcore_read(mapping.get(), 2 * page, 1, &byte), WMCORE_FAULT);
    EXPECT_EQ(wmcore_read(mapping.get(), 3 * page, 1, &byte), WMCORE_FAULT);
    EXPECT_EQ(read(mapping, 5, 1), (Bytes{5}));
  }
}

// A host that closes all descriptors closes ours, and the next file gets the number.
TEST(FirstReads, NeverOfAnotherFile) {
  const TemporaryFile file(pattern(page));
  const TemporaryFile other(Bytes(page, 'x'));
  const int next = dup(file.fd); // The number that the mapping's own descriptor gets.
  close(next);
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  ASSERT_EQ(dup2(other.fd, next), next);
  EXPECT_EQ(read(mapping, 1, 3), (Bytes{1, 2, 3}));
}

} // namespace
