// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Searches of a file that is nearly all holes, which are not looked at.
#include "exact.h"
#include "session.h"
#include "slow_search.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

namespace {

constexpr uint64_t step = uint64_t{1} << 26; // What the core looks at before it asks for holes.
constexpr uint64_t most_sparse_bytes = 20 * step;

/// A file of zeros, but for some pieces.
class Sparse {
public:
  explicit Sparse(uint64_t size) : size(size) {}

  void put(uint64_t start, const std::vector<uint8_t> &bytes) {
    for (uint64_t index = 0; index < bytes.size() && start + index < size; index++)
      data[start + index] = bytes[index];
  }

  /// Where a needle that is not all zeros is in `start..end`: it touches data there.
  uint64_t find(bool forward, const std::vector<uint8_t> &needle, uint64_t start, uint64_t end) const {
    uint64_t found = everything;
    for (auto piece = data.begin(); piece != data.end();) {
      // Pieces whose places may overlap are searched together.
      const uint64_t first = piece->first;
      uint64_t last = first;
      for (; piece != data.end() && piece->first - last <= 2 * needle.size(); piece++)
        last = piece->first;
      const uint64_t from = std::max(start, first - std::min(first, needle.size() - 1));
      const uint64_t to = std::min(end, last + needle.size());
      if (from >= to)
        continue;
      std::vector<uint8_t> bytes(to - from);
      for (auto here = data.lower_bound(from); here != data.end() && here->first < to; here++)
        bytes[here->first - from] = here->second;
      const size_t at = (forward ? expected_first : expected_last)(bytes.data(), bytes.size(), needle);
      if (at == none)
        continue;
      found = from + at;
      if (forward)
        break;
    }
    return found;
  }

  const uint64_t size;

private:
  std::map<uint64_t, uint8_t> data;
};

} // namespace

void Session::search_sparse_file() {
  const int fd = other_file();
  Sparse model(step + input.bits(4) % (most_sparse_bytes - step));
  if (::ftruncate(fd, 0) != 0 || ::ftruncate(fd, static_cast<off_t>(model.size)) != 0)
    FUZZ_FAIL("ftruncate");
  const auto place = [&] {
    const uint64_t near = step * input.below(model.size / step + 1);
    return std::min(input.flag() ? near - std::min(near, input.bits(2)) : input.bits(4) % model.size, model.size);
  };
  for (uint64_t pieces = input.below(6); pieces > 0; pieces--) {
    const uint64_t start = place();
    const Cells piece = made_up(1 + input.bits(2) % 9000);
    const uint64_t length = std::min(piece.value.size(), model.size - start);
    TRACE("a piece of %#lx bytes at %#lx", length, start);
    model.put(start, piece.value);
    if (::pwrite(fd, piece.value.data(), length, static_cast<off_t>(start)) != static_cast<ssize_t>(length))
      FUZZ_FAIL("pwrite");
  }
  const uint64_t offset = input.flag() ? 0 : place() % model.size;
  const auto access = static_cast<wmcore_access>(input.below(3));
  wmcore_mapping *mapping = nullptr;
  expect("open", wmcore_open(fd, WMCORE_ALL_RIGHTS, 0, access, offset, &mapping), {WMCORE_OK});
  if (!mapping)
    return;
  if (access != WMCORE_READ && input.flag()) {
    const uint64_t start = std::max(place(), offset);
    const Cells piece = made_up(std::min<uint64_t>(input.bits(2) % 5000, model.size - start));
    TRACE("write %#lx + %#lx", start - offset, piece.value.size());
    model.put(start, piece.value);
    expect("write", wmcore_write(mapping, start - offset, piece.value.size(), Exact(piece).bytes.get()), {WMCORE_OK});
  }
  uint64_t covered = model.size;
  if (input.below(4) == 0) {
    covered = page_up(place());
    TRACE("the file becomes %#lx bytes", covered);
    if (covered < model.size && ::ftruncate(fd, static_cast<off_t>(covered)) != 0)
      FUZZ_FAIL("ftruncate");
  }
  const Cells needle = made_up(1 + (input.below(4) == 0 ? input.bits(2) : input.below(6)));
  const bool forward = input.flag();
  const uint64_t start = input.flag() ? offset : std::max(place(), offset);
  const uint64_t end = input.flag() ? model.size : std::max(place(), start);
  TRACE("%s %#lx bytes of %#x in %#lx..%#lx of %#lx from %#lx", forward ? "find" : "rfind", needle.value.size(),
        needle.value[0], start, end, model.size, offset);
  uint64_t position = 0;
  const wmcore_status status = (forward ? wmcore_find : wmcore_rfind)(
      mapping, Exact(needle).bytes.get(), needle.value.size(), start - offset, end - offset, &position);
  const bool zeros = std::all_of(needle.value.begin(), needle.value.end(), [](uint8_t byte) { return byte == 0; });
  const uint64_t seen = std::min(end, std::max(covered, start));
  const uint64_t found = zeros ? everything : model.find(forward, needle.value, start, seen);
  if (needle.value.size() > end - start)
    expect("find", status, {WMCORE_OK});
  else if (seen < end)
    // Lost pages decide, unless the answer lies before, or nothing that is there lets a place reach into them.
    expect("find", status, {forward && found != everything ? WMCORE_OK : WMCORE_FAULT, WMCORE_OK});
  else
    expect("find", status, {WMCORE_OK});
  const uint64_t expected = found == everything ? WMCORE_NOT_FOUND : found - offset;
  if (!zeros && status == WMCORE_OK && position != expected)
    WRONG("%s says %#lx, expected is %#lx", forward ? "find" : "rfind", position, expected);
  wmcore_close(mapping);
  // Its pages go.
  if (::ftruncate(fd, 0) != 0)
    FUZZ_FAIL("ftruncate");
}

} // namespace fuzz
