// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The search, and each of its kernels, against Knuth, Morris and Pratt's. Bytes and needle are made of repeated pieces,
// so that a short input says much of what is hard to search: periods, near misses, long runs. The fuzzer's limit of
// time for one input is the check that the search is linear.
#include "../../../host/core/search_kernels.h"
#include "input.h"
#include "slow_search.h"
#include "wasi_mmap_core.h"

#include <algorithm>
#include <sys/mman.h>
#include <vector>

namespace {

using fuzz::Bytes;
using fuzz::none;
constexpr size_t most_bytes = size_t{3} << 20; // Enough for a search to run out of patience with its fast kernels.
constexpr size_t page = 4096;

/// Pieces of the input, each repeated; or, of `other`, a part that is there.
Bytes compose(fuzz::Input &input, const Bytes *other, size_t most) {
  Bytes bytes;
  for (uint64_t pieces = 1 + input.below(6); pieces > 0; pieces--) {
    const uint8_t kind = input.byte();
    Bytes piece;
    if (other && !other->empty() && kind % 4 == 0) {
      const size_t start = input.bits(3) % other->size();
      const size_t length = std::min(input.bits(2), static_cast<uint64_t>(other->size() - start));
      piece.assign(other->begin() + static_cast<ptrdiff_t>(start),
                   other->begin() + static_cast<ptrdiff_t>(start + length));
    } else {
      for (uint64_t count = 1 + input.below(12); count > 0; count--)
        piece.push_back(static_cast<uint8_t>(kind % 4 == 1 ? 'a' + input.byte() % 2 : input.byte()));
    }
    // Few times or very often.
    const uint64_t times = kind < 160 ? 1 + kind / 4 % 8 : input.bits(kind < 245 ? 1 : kind < 254 ? 2 : 3);
    for (uint64_t time = 0; time < times && bytes.size() + piece.size() <= most; time++)
      bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  // Near misses: single bytes that are different.
  for (uint64_t changes = input.below(4); changes > 0 && !bytes.empty(); changes--)
    bytes[input.bits(3) % bytes.size()] ^= static_cast<uint8_t>(1 + input.byte() % 255);
  return bytes;
}

/// Bytes between pages that nobody may touch, against one of them.
class Guarded {
public:
  Guarded() : pages(static_cast<uint8_t *>(map(most_bytes + 2 * page))) {
    if (mprotect(pages, page, PROT_NONE) != 0 || mprotect(pages + page + most_bytes, page, PROT_NONE) != 0)
      std::abort();
  }
  uint8_t *put(const Bytes &bytes, bool at_end) const {
    uint8_t *start = at_end ? pages + page + most_bytes - bytes.size() : pages + page;
    std::copy(bytes.begin(), bytes.end(), start);
    return start;
  }

private:
  static void *map(size_t size) {
    void *address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED)
      std::abort();
    return address;
  }
  uint8_t *pages;
};

void compare(const char *what, const void *found, const uint8_t *bytes, size_t expected) {
  const size_t at = found ? static_cast<size_t>(static_cast<const uint8_t *>(found) - bytes) : none;
  if (at != expected)
    FUZZ_FAIL("%s says %zu, expected is %zu", what, at, expected);
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const Guarded guarded;
  static const Guarded guarded_needle;
  static const std::vector<wmcore::SearchKernels> kernels = wmcore::supported_search_kernels();
  fuzz::Input input(data, size);
  const bool at_end = input.flag();
  const Bytes bytes = compose(input, nullptr, most_bytes);
  const Bytes needle = compose(input, &bytes, input.flag() ? most_bytes : 600);
  const uint8_t *start = guarded.put(bytes, at_end);
  const uint8_t *sought = guarded_needle.put(needle, input.flag());
  const size_t left = fuzz::expected_first(start, bytes.size(), needle);
  const size_t right = fuzz::expected_last(start, bytes.size(), needle);
  compare("wmcore_search", wmcore_search(start, bytes.size(), sought, needle.size()), start, left);
  compare("wmcore_search_reverse", wmcore_search_reverse(start, bytes.size(), sought, needle.size()), start, right);
  if (needle.empty() || needle.size() > 256 || bytes.size() > size_t{64} << 10)
    return 0;
  for (const wmcore::SearchKernels &kernel : kernels) {
    const auto *text = reinterpret_cast<const char *>(start);
    const auto *word = reinterpret_cast<const char *>(sought);
    compare(kernel.name, kernel.find(text, bytes.size(), word, needle.size()), start, left);
    compare(kernel.name, kernel.find_last(text, bytes.size(), word, needle.size()), start, right);
  }
  return 0;
}
