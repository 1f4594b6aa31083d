// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Search in both directions: at the speed of memory for common needles, and in linear time for any needle. The kernels
// for short needles compare each candidate from its start, which takes quadratic time for long needles. So a long
// needle is found by a short window of it, and a search that meets too many candidates continues with a rolling hash.
#include "search_kernels.h"
#include "wasi_mmap_core.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <random>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace {

enum class Direction { forward, backward };

/// The kernels take needles up to this length as a whole: at worst four of the widest comparisons for each byte.
constexpr size_t window_length = 256;

template <Direction direction>
const uint8_t *kernel(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  const wmcore::SearchKernels &kernels = wmcore::search_kernels();
  const auto search = direction == Direction::forward ? kernels.find : kernels.find_last;
  return reinterpret_cast<const uint8_t *>(
      search(reinterpret_cast<const char *>(bytes), length, reinterpret_cast<const char *>(needle), needle_length));
}

/// Polynomial hashes modulo the prime 2^61 - 1, at a random point that no caller can know. (Modulo 2^64 some strings
/// collide at every point.)
class RollingHash {
public:
  explicit RollingHash(size_t length) {
    for (size_t index = 1; index < length; index++)
      leading = multiply(leading, point());
  }
  uint64_t append(uint64_t hash, uint8_t byte) const { return reduce(multiply(hash, point()) + byte); }
  uint64_t remove_first(uint64_t hash, uint8_t byte) const { return reduce(hash + prime - multiply(leading, byte)); }

private:
  static constexpr uint64_t prime = (uint64_t{1} << 61) - 1;

  static uint64_t reduce(uint64_t value) {
    value = (value & prime) + (value >> 61);
    return value >= prime ? value - prime : value;
  }
  static uint64_t multiply(uint64_t left, uint64_t right) {
#if defined(_MSC_VER)
    const uint64_t low = left * right;
    const uint64_t high = __umulh(left, right);
#else
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    const auto low = static_cast<uint64_t>(product);
    const auto high = static_cast<uint64_t>(product >> 64);
#endif
    return reduce((low & prime) + (high << 3 | low >> 61));
  }
  static uint64_t point() {
    static const uint64_t value = [] {
      std::random_device random;
      return (uint64_t{random()} << 32 | random()) % (prime - 512) + 256;
    }();
    return value;
  }

  uint64_t leading = 1; ///< The weight of the first byte of a window.
};

/// Rabin and Karp's search: linear whatever the bytes are, without memory of its own.
template <Direction direction>
const uint8_t *hash_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  if (length < needle_length)
    return nullptr;
  constexpr bool forward = direction == Direction::forward;
  // Counted from the start of the search.
  const auto byte = [&](size_t index) { return forward ? bytes[index] : bytes[length - 1 - index]; };
  const RollingHash rolling(needle_length);
  uint64_t wanted = 0;
  uint64_t hash = 0;
  for (size_t index = 0; index < needle_length; index++) {
    wanted = rolling.append(wanted, forward ? needle[index] : needle[needle_length - 1 - index]);
    hash = rolling.append(hash, byte(index));
  }
  for (size_t start = 0;; start++) {
    if (hash == wanted) {
      const uint8_t *candidate = forward ? bytes + start : bytes + (length - needle_length - start);
      if (std::memcmp(candidate, needle, needle_length) == 0)
        return candidate;
    }
    if (start + needle_length == length)
      return nullptr;
    hash = rolling.append(rolling.remove_first(hash, byte(start)), byte(start + needle_length));
  }
}

/// The number of equal bytes of a candidate, in whole blocks: the cost of the comparison.
size_t equal_bytes(const uint8_t *candidate, const uint8_t *needle, size_t length) {
  constexpr size_t block = 256;
  size_t done = 0;
  while (done < length) {
    const size_t count = std::min(block, length - done);
    if (std::memcmp(candidate + done, needle + done, count) != 0)
      break;
    done += count;
  }
  return done;
}

/// The part of a needle to find first: its head or its tail, whichever has more different bytes.
size_t choose_window(const uint8_t *needle, size_t needle_length) {
  const auto variety = [](const uint8_t *bytes) {
    std::bitset<256> seen;
    for (size_t index = 0; index < window_length; index++)
      seen.set(bytes[index]);
    return seen.count();
  };
  const size_t tail = needle_length - window_length;
  return variety(needle + tail) > variety(needle) ? tail : 0;
}

/// The positions at which a match may still start, and the direction of the search.
template <Direction direction> struct Candidates {
  static constexpr bool forward = direction == Direction::forward;

  size_t start = 0; ///< The first.
  size_t end;       ///< The last.
  size_t limit = end;

  /// Skips a position that does not match. Returns false if none is left.
  bool pass(size_t at) {
    if (at == (forward ? end : start))
      return false;
    if (forward)
      start = at + 1;
    else
      end = at - 1;
    return true;
  }
  size_t count() const { return end - start + 1; }
  size_t passed() const { return forward ? start : limit - end; }
};

template <Direction direction>
const uint8_t *window_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  constexpr size_t fixed_cost = 64; // The cost of a candidate, in compared bytes.
  constexpr size_t free_work = size_t{1} << 20;
  const size_t window = choose_window(needle, needle_length);
  Candidates<direction> candidates{0, length - needle_length};
  for (size_t work = 0; work <= candidates.passed() + free_work;) {
    const uint8_t *hit = kernel<direction>(bytes + candidates.start + window, candidates.count() - 1 + window_length,
                                           needle + window, window_length);
    if (!hit)
      return nullptr;
    const uint8_t *candidate = hit - window;
    const size_t equal = equal_bytes(candidate, needle, needle_length);
    if (equal == needle_length)
      return candidate;
    if (!candidates.pass(static_cast<size_t>(candidate - bytes)))
      return nullptr;
    work += equal + fixed_cost;
  }
  return hash_search<direction>(bytes + candidates.start, candidates.count() - 1 + needle_length, needle,
                                needle_length);
}

/// The first (or last) position of a byte.
template <Direction direction> const uint8_t *byte_search(const uint8_t *bytes, size_t length, uint8_t byte) {
  if (direction ==
      Direction::forward) // The C library's memchr() is the fastest measured; not every system has memrchr().
    return static_cast<const uint8_t *>(std::memchr(bytes, byte, length));
  return kernel<direction>(bytes, length, &byte, 1);
}

/// Searches for the first byte of the needle while it is rare, which is a little faster than the kernels; the kernels
/// take over where it is common.
template <Direction direction>
const uint8_t *short_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  constexpr size_t rare = 4096; // Bytes between two hits.
  const size_t skip = direction == Direction::forward ? 0 : needle_length - 1;
  Candidates<direction> candidates{0, length - needle_length};
  for (size_t hits = 0; hits * rare <= candidates.passed() + 4 * rare; hits++) {
    const uint8_t *hit = byte_search<direction>(bytes + candidates.start + skip, candidates.count(), needle[skip]);
    if (!hit)
      return nullptr;
    const uint8_t *candidate = hit - skip;
    if (std::memcmp(candidate, needle, needle_length) == 0)
      return candidate;
    if (!candidates.pass(static_cast<size_t>(candidate - bytes)))
      return nullptr;
  }
  return kernel<direction>(bytes + candidates.start, candidates.count() - 1 + needle_length, needle, needle_length);
}

template <Direction direction>
const uint8_t *search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  if (needle_length > length)
    return nullptr;
  if (needle_length == 0)
    return direction == Direction::forward ? bytes : bytes + length;
  if (needle_length <= window_length)
    return short_search<direction>(bytes, length, needle, needle_length);
  return window_search<direction>(bytes, length, needle, needle_length);
}

} // namespace

extern "C" {

const uint8_t *wmcore_search(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  return search<Direction::forward>(bytes, length, needle, needle_length);
}

const uint8_t *wmcore_search_reverse(const uint8_t *bytes, size_t length, const uint8_t *needle, size_t needle_length) {
  return search<Direction::backward>(bytes, length, needle, needle_length);
}

} // extern "C"
