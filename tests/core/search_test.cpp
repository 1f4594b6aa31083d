// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../../host/core/search_kernels.h"
#include "support.h"

#include <algorithm>
#include <random>

namespace {

constexpr ptrdiff_t none = -1;

ptrdiff_t first(const Bytes &bytes, const Bytes &needle) {
  const uint8_t *found = wmcore_search(bytes.data(), bytes.size(), needle.data(), needle.size());
  return found ? found - bytes.data() : none;
}

ptrdiff_t last(const Bytes &bytes, const Bytes &needle) {
  const uint8_t *found = wmcore_search_reverse(bytes.data(), bytes.size(), needle.data(), needle.size());
  return found ? found - bytes.data() : none;
}

/// The definition, and the oracle of the tests below.
ptrdiff_t expected_first(const Bytes &bytes, const Bytes &needle) {
  const auto found = std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end());
  return found == bytes.end() && !needle.empty() ? none : found - bytes.begin();
}

ptrdiff_t expected_last(const Bytes &bytes, const Bytes &needle) {
  const auto found = std::find_end(bytes.begin(), bytes.end(), needle.begin(), needle.end());
  return found == bytes.end() && !needle.empty() ? none : found - bytes.begin();
}

TEST(Search, Edges) {
  const Bytes bytes = pattern(500);
  EXPECT_EQ(first(bytes, {}), 0);
  EXPECT_EQ(last(bytes, {}), 500);
  EXPECT_EQ(first({}, {1}), none);
  EXPECT_EQ(last({}, {1}), none);
  EXPECT_EQ(first(bytes, pattern(501)), none);
  EXPECT_EQ(last(bytes, pattern(501)), none);
  EXPECT_EQ(first(bytes, bytes), 0);
  EXPECT_EQ(last(bytes, bytes), 0);
  EXPECT_EQ(first(bytes, {7}), 7);
  EXPECT_EQ(last(bytes, {7}), 258);
  EXPECT_EQ(first(bytes, {255}), none);
  EXPECT_EQ(last(bytes, {255}), none);
}

TEST(Search, ReadsNothingOutside) {
  const GuardedBytes guarded(2'000);
  for (size_t length = 1; length <= 700; length += length < 300 ? 1 : 17)
    for (uint8_t *start : {guarded.at_start(), guarded.at_end(length)}) {
      std::fill_n(start, length, uint8_t{'a'});
      for (const size_t needle_length : {1U, 2U, 3U, 4U, 5U, 31U, 64U, 65U, 200U, 256U, 257U, 300U, 600U}) {
        Bytes absent(needle_length, 'a');
        absent.back() = 'b';
        EXPECT_EQ(wmcore_search(start, length, absent.data(), needle_length), nullptr);
        EXPECT_EQ(wmcore_search_reverse(start, length, absent.data(), needle_length), nullptr);
        absent.back() = 'a';
        absent.front() = 'b';
        EXPECT_EQ(wmcore_search(start, length, absent.data(), needle_length), nullptr);
        EXPECT_EQ(wmcore_search_reverse(start, length, absent.data(), needle_length), nullptr);
      }
    }
}

TEST(Search, EveryPosition) {
  for (const size_t needle_length : {1U, 2U, 3U, 4U, 15U, 64U, 200U, 256U, 257U, 400U}) {
    Bytes needle(needle_length);
    for (size_t index = 0; index < needle_length; index++)
      needle[index] = static_cast<uint8_t>(100 + index % 90);
    for (size_t at = 0; at + needle_length <= 900; at++) {
      Bytes bytes(900, 100);
      std::copy(needle.begin(), needle.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
      ASSERT_EQ(first(bytes, needle), expected_first(bytes, needle)) << needle_length << " at " << at;
      ASSERT_EQ(last(bytes, needle), expected_last(bytes, needle)) << needle_length << " at " << at;
    }
  }
}

TEST(Search, RandomBytesAsTheStandardLibraryFindsThem) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (int round = 0; round < 20'000; round++) {
    const size_t letters = 1 + below(round % 2 == 0 ? 3 : 255);
    Bytes bytes(1 + below(1'500));
    for (uint8_t &byte : bytes)
      byte = static_cast<uint8_t>(below(letters));
    Bytes needle(below(round % 5 == 0 ? 700 : 20));
    const size_t from = bytes.size() > needle.size() ? below(bytes.size() - needle.size()) : 0;
    for (size_t index = 0; index < needle.size(); index++)
      needle[index] = from + index < bytes.size() ? bytes[from + index] : uint8_t{0};
    if (!needle.empty() && below(2) == 0)
      needle[below(needle.size())] ^= 1;
    ASSERT_EQ(first(bytes, needle), expected_first(bytes, needle)) << "round " << round;
    ASSERT_EQ(last(bytes, needle), expected_last(bytes, needle)) << "round " << round;
  }
}

// Another processor runs another kernel: all that this one can run have to answer alike, and stay inside.
TEST(SearchKernels, EveryOneFindsTheSame) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  const GuardedBytes guarded(1'000);
  for (const wmcore::SearchKernels &kernels : wmcore::supported_search_kernels())
    for (int round = 0; round < 10'000; round++) {
      Bytes bytes(1 + below(900));
      for (uint8_t &byte : bytes)
        byte = static_cast<uint8_t>('a' + below(round % 2 == 0 ? 2 : 20));
      const size_t length = 1 + below(std::min<size_t>(256, bytes.size()));
      const auto from = static_cast<ptrdiff_t>(below(bytes.size() - length + 1));
      Bytes needle(bytes.begin() + from, bytes.begin() + from + static_cast<ptrdiff_t>(length));
      if (below(2) == 0)
        needle[below(length)] ^= 1;
      uint8_t *copy = round % 3 == 0 ? guarded.at_start() : guarded.at_end(bytes.size());
      std::copy(bytes.begin(), bytes.end(), copy);
      const auto *text = reinterpret_cast<const char *>(copy);
      const auto *pattern = reinterpret_cast<const char *>(needle.data());
      const char *found = kernels.find(text, bytes.size(), pattern, length);
      const char *found_last = kernels.find_last(text, bytes.size(), pattern, length);
      ASSERT_EQ(found ? found - text : none, expected_first(bytes, needle)) << kernels.name << ", round " << round;
      ASSERT_EQ(found_last ? found_last - text : none, expected_last(bytes, needle))
          << kernels.name << ", round " << round;
    }
}

// Quadratic searches would need hours for these.
TEST(Search, HostileNeedles) {
  constexpr size_t length = 32 << 20;
  const Bytes same(length, 'a');
  for (const size_t needle_length : {size_t{256}, size_t{257}, size_t{5'000}, length / 2}) {
    for (const size_t odd : {size_t{0}, needle_length / 2, needle_length - 1}) {
      Bytes needle(needle_length, 'a');
      needle[odd] = 'b';
      EXPECT_EQ(first(same, needle), none);
      EXPECT_EQ(last(same, needle), none);
    }
    EXPECT_EQ(first(same, Bytes(needle_length, 'a')), 0);
    EXPECT_EQ(last(same, Bytes(needle_length, 'a')), static_cast<ptrdiff_t>(length - needle_length));
  }
  // A needle whose head and tail are everywhere, and that is there once.
  Bytes bytes(length);
  for (size_t index = 0; index < length; index++)
    bytes[index] = static_cast<uint8_t>(index % 256);
  Bytes needle(bytes.begin(), bytes.begin() + 100'000);
  needle[50'000] ^= 0x80;
  EXPECT_EQ(first(bytes, needle), none);
  EXPECT_EQ(last(bytes, needle), none);
  const ptrdiff_t at = 256 * 70'000;
  bytes[static_cast<size_t>(at) + 50'000] ^= 0x80;
  EXPECT_EQ(first(bytes, needle), at);
  EXPECT_EQ(last(bytes, needle), at);
}

} // namespace
