// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "model.h"

#include <algorithm>
#include <memory>

namespace fuzz {

/// Bytes in memory of exactly this size, so that a sanitizer sees what is read or written past them.
struct Exact {
  explicit Exact(uint64_t size) : bytes(new uint8_t[size]) {}
  explicit Exact(const Cells &cells) : Exact(cells.value.size()) {
    std::copy(cells.value.begin(), cells.value.end(), bytes.get());
  }
  std::unique_ptr<uint8_t[]> bytes;
};

} // namespace fuzz
