// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the targets share: the bytes that a fuzzer made up, read as choices, and how a target says that something is
// wrong. An input that ends is all zeros from there on, so every input means something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace fuzz {

/// Ends the process as a crash, which the fuzzer keeps with its input.
#define FUZZ_FAIL(...)                                                                                                 \
  (std::fflush(stdout), std::fprintf(stderr, "WRONG (%s:%d): ", __FILE__, __LINE__),                                   \
   std::fprintf(stderr, __VA_ARGS__), std::fputc('\n', stderr), std::abort())

class Input {
public:
  Input(const uint8_t *data, size_t size) : next(data), left(size) {}

  bool empty() const { return left == 0; }

  uint8_t byte() {
    if (left == 0)
      return 0;
    left--;
    return *next++;
  }

  uint64_t bits(int bytes) {
    uint64_t value = 0;
    for (int index = 0; index < bytes; index++)
      value = value << 8 | byte();
    return value;
  }

  uint64_t below(uint64_t limit) { return byte() % limit; }
  bool flag() { return byte() % 2 == 1; }

  /// A number that is likely near one of the edges, or at a multiple of a page (`page`) or of a span's unit (`unit`).
  uint64_t number(std::initializer_list<uint64_t> edges) {
    constexpr uint64_t page = 4096;
    constexpr uint64_t unit = 65536;
    const auto near = [this] { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(byte()))); };
    const uint8_t kind = byte();
    switch (kind % 8) {
    case 0:
      return kind / 8;
    case 1:
      return bits(2);
    case 2:
      return page * (kind / 8);
    case 3:
      return unit * (kind / 8 % 12);
    case 4:
    case 5:
      return edges.begin()[kind / 8 % edges.size()];
    case 6:
      return edges.begin()[kind / 8 % edges.size()] + near();
    default:
      return kind == 255 ? bits(8) : page * (kind / 8) + near();
    }
  }

private:
  const uint8_t *next;
  size_t left;
};

} // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
