// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The core and the C library on a file, in one run: core_bench FILE SIZE NEEDLE… prints one JSON object, with the
// figures of each run.
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

/// Prints `"name":[…]`: for each run, what `figure` makes of its seconds.
template <typename Run, typename Figure>
void print_rounds(const char *name, int runs, const Run &run, const Figure &figure) {
  std::printf("\"%s\":[", name);
  for (int count = 0; count < runs; count++) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%s%.3f", count > 0 ? "," : "", figure(seconds));
  }
  std::printf("]");
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
  const auto for_one = [](double seconds) { return seconds * 1e9 / reads; };
  const auto speed_of = [](uint64_t length) {
    return [length](double seconds) { return static_cast<double>(length) / seconds / 1e9; };
  };
  std::printf("{");
  const auto random_read = [&] {
    for (int count = 0; count < reads; count++)
      consume(wmcore_read(mapping, position(), 4096, buffer.data()));
  };
  print_rounds("read_ns", 5, random_read, for_one);
  std::printf(",");
  const auto random_copy = [&] {
    for (int count = 0; count < reads; count++)
      consume(std::memcpy(buffer.data(), bytes + position(), 4096));
  };
  print_rounds("memcpy_ns", 5, random_copy, for_one);
  std::printf(",");
  const auto all = [&] {
    for (uint64_t at = 0; at < whole; at += buffer.size())
      consume(std::memcpy(buffer.data(), bytes + at, std::min<uint64_t>(buffer.size(), whole - at)));
  };
  print_rounds("sequential", 3, all, speed_of(whole));
  std::printf(",\"searches\":[");
  for (int index = 3; index < argc; index++) {
    const char *needle = argv[index];
    const size_t length = std::strlen(needle);
    const auto *pattern = reinterpret_cast<const uint8_t *>(needle);
    const auto print_speed = [&](const char *name, const auto &search) {
      print_rounds(name, 7, [&] { consume(search()); }, speed_of(size));
    };
    std::printf(index > 3 ? ",{" : "{");
    print_speed("find", [&] { return wmcore_search(bytes, size, pattern, length); });
    std::printf(",");
    print_speed("rfind", [&] { return wmcore_search_reverse(bytes, size, pattern, length); });
    std::printf(",");
    print_speed("memmem", [&] { return memmem(bytes, size, needle, length); });
    std::printf("}");
  }
  std::printf("]}\n");
  wmcore_region_release(region);
  wmcore_close(mapping);
  return 0;
}
