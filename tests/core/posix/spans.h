// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Guest memory, and spans in it, for the tests.
#pragma once

#include "../support.h"

#include <algorithm>
#include <string>

constexpr uint64_t unit = 65536;

struct Detach {
  void operator()(wmcore_span *span) const { wmcore_span_detach(span); }
};
using Span = std::unique_ptr<wmcore_span, Detach>;

/// Memory of a guest, with something in it.
class Memory {
public:
  explicit Memory(uint64_t size) : size(size), first(static_cast<uint8_t *>(wmcore_memory_reserve(size))) {
    EXPECT_NE(first, nullptr);
    EXPECT_TRUE(wmcore_memory_commit(first, size));
    std::fill(first, first + size, uint8_t{0xee});
  }
  ~Memory() { wmcore_memory_release(first, size); }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  Bytes read(uint64_t offset, uint64_t length) const { return {first + offset, first + offset + length}; }

  const uint64_t size;
  uint8_t *const first;
};

/// Spans of one file in one memory, for each access.
class Spans : public testing::TestWithParam<wmcore_access> {
protected:
  wmcore_status attach(const Mapping &mapping, uint64_t offset, uint8_t *region, uint64_t length) {
    wmcore_span *result = nullptr;
    const wmcore_status status = wmcore_span_attach(mapping.get(), offset, region, length, &result);
    EXPECT_EQ(result != nullptr, status == WMCORE_OK);
    if (result)
      spans.emplace_back(result);
    return status;
  }

  const Bytes bytes = pattern(4 * unit);
  const TemporaryFile file{bytes};
  const Mapping mapping = map(file.handle(), GetParam());
  Memory memory{20 * unit};
  std::vector<Span> spans;
};

inline std::string name_of_access(const testing::TestParamInfo<wmcore_access> &info) {
  static const char *const names[] = {"Read", "Write", "Copy"};
  return names[info.param];
}
