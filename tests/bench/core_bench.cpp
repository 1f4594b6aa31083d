// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The core and the C library on a file, in one run: core_bench FILE SIZE NEEDLE… prints one JSON object.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // memmem, memrchr
#endif
#include "wasi_mmap_core.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <vector>

namespace {

/// Best seconds of a few runs.
template <typename Run> double best_of(int runs, const Run &run) {
  double best = 1e9;
  for (int count = 0; count < runs; count++) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// Keeps a result that is needed for nothing but its time.
template <typename T> void consume(const T &value) { asm volatile("" : : "r,m"(value) : "memory"); }

} // namespace

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  wmcore_mapping *mapping = nullptr;
  const int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
  if (wmcore_open(fd, WMCORE_ALL_RIGHTS, 0, WMCORE_READ, 0, &mapping) != WMCORE_OK)
    return 1;
  const uint64_t whole = wmcore_length(mapping);
  const uint64_t size = std::strtoull(argv[2], nullptr, 10); // Searched: the first bytes.
  wmcore_region *region = wmcore_region_hold(mapping);
  const uint8_t *bytes = wmcore_region_bytes(region);

  std::vector<uint8_t> buffer(1 << 16);
  constexpr int reads = 200'000;
  uint32_t state = 1;
  const auto position = [&] {
    state = state * 1664525 + 1013904223;
    return uint64_t{state} * (whole - 4096) >> 32;
  };
  const double random_read = best_of(5, [&] {
    for (int count = 0; count < reads; count++)
      consume(wmcore_read(mapping, position(), 4096, buffer.data()));
  });
  const double random_copy = best_of(5, [&] {
    for (int count = 0; count < reads; count++)
      consume(std::memcpy(buffer.data(), bytes + position(), 4096));
  });
  const double sequential = best_of(3, [&] {
    for (uint64_t at = 0; at < whole; at += buffer.size())
      consume(std::memcpy(buffer.data(), bytes + at, std::min<uint64_t>(buffer.size(), whole - at)));
  });
  std::printf("{\"read_ns\":%.1f,\"memcpy_ns\":%.1f,\"sequential\":%.3f,\"searches\":[", random_read * 1e9 / reads,
              random_copy * 1e9 / reads, static_cast<double>(whole) / sequential / 1e9);
  for (int index = 3; index < argc; index++) {
    const char *needle = argv[index];
    const size_t length = std::strlen(needle);
    const auto *pattern = reinterpret_cast<const uint8_t *>(needle);
    const auto speed = [&](const auto &search) {
      return static_cast<double>(size) / best_of(7, [&] { consume(search()); }) / 1e9;
    };
    const double forward = speed([&] { return wmcore_search(bytes, size, pattern, length); });
    const double backward = speed([&] { return wmcore_search_reverse(bytes, size, pattern, length); });
    const double libc = speed([&] { return memmem(bytes, size, needle, length); });
    std::printf("%s{\"find\":%.2f,\"rfind\":%.2f,\"memmem\":%.2f}", index > 3 ? "," : "", forward, backward, libc);
  }
  std::printf("]}\n");
  wmcore_region_release(region);
  wmcore_close(mapping);
  return 0;
}
