// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What searches have to find: Knuth, Morris and Pratt's, in linear time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace fuzz {

using Bytes = std::vector<uint8_t>;
constexpr size_t none = SIZE_MAX;

/// Where the needle first begins, in linear time.
template <typename Iterator> size_t first(Iterator bytes, size_t length, Iterator needle, size_t needle_length) {
  if (needle_length == 0)
    return 0;
  std::vector<size_t> border(needle_length, 0); // Of every beginning of the needle.
  for (size_t index = 1, known = 0; index < needle_length; index++) {
    while (known > 0 && needle[static_cast<ptrdiff_t>(index)] != needle[static_cast<ptrdiff_t>(known)])
      known = border[known - 1];
    known += needle[static_cast<ptrdiff_t>(index)] == needle[static_cast<ptrdiff_t>(known)];
    border[index] = known;
  }
  for (size_t index = 0, known = 0; index < length; index++) {
    while (known > 0 && bytes[static_cast<ptrdiff_t>(index)] != needle[static_cast<ptrdiff_t>(known)])
      known = border[known - 1];
    known += bytes[static_cast<ptrdiff_t>(index)] == needle[static_cast<ptrdiff_t>(known)];
    if (known == needle_length)
      return index + 1 - needle_length;
  }
  return none;
}

inline size_t expected_first(const uint8_t *bytes, size_t length, const Bytes &needle) {
  return first(bytes, length, needle.data(), needle.size());
}

inline size_t expected_last(const uint8_t *bytes, size_t length, const Bytes &needle) {
  using Back = std::reverse_iterator<const uint8_t *>;
  const size_t at = first(Back(bytes + length), length, Back(needle.data() + needle.size()), needle.size());
  return at == none ? none : length - at - needle.size();
}

} // namespace fuzz
