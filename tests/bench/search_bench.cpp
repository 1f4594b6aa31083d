// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Search in both directions against the C library, in one run: a line of JSON for each needle.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // memmem, memrchr
#endif
#include "wasi_mmap.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

/// Text of words whose letters are as frequent as in prose.
std::vector<uint8_t> make_text(size_t length) {
  static const char letters[] = "etaoinshrdlu etaoinshrdlu eeettaaooinns cmfwypvbgk ,.\n";
  std::vector<uint8_t> text(length);
  uint32_t state = 1;
  for (uint8_t &byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<uint8_t>(letters[(state >> 16) % (sizeof letters - 1)]);
  }
  return text;
}

/// Best gigabytes a second of a few runs.
template <typename Search> double speed(size_t length, const Search &search) {
  double best = 1e9;
  for (int run = 0; run < 5; run++) {
    const auto start = std::chrono::steady_clock::now();
    const void *volatile found = search();
    (void)found;
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return static_cast<double>(length) / best / 1e9;
}

void report(const std::string &name, const char *against, double ours, double theirs) {
  std::printf("{\"name\":\"%s\",\"ours\":\"core\",\"against\":\"%s\",\"unit\":\"GB/s\",\"ours_value\":%.2f,"
              "\"against_value\":%.2f,\"ratio\":%.2f}\n",
              name.c_str(), against, ours, theirs, ours / theirs);
}

} // namespace

int main() {
  const std::vector<uint8_t> text = make_text(256U << 20);
  const size_t length = text.size();
  const auto measure = [&](const std::string &name, const std::string &needle) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(needle.data());
    const size_t size = needle.size();
    const double forward = speed(length, [&] { return wmmap_search(text.data(), length, bytes, size); });
    const double backward = speed(length, [&] { return wmmap_search_reverse(text.data(), length, bytes, size); });
    if (size == 1) {
      report("find " + name, "memchr", forward, speed(length, [&] { return memchr(text.data(), bytes[0], length); }));
      report("rfind " + name, "memrchr", backward,
             speed(length, [&] { return memrchr(text.data(), bytes[0], length); }));
      return;
    }
    const double theirs = speed(length, [&] { return memmem(text.data(), length, bytes, size); });
    report("find " + name, "memmem", forward, theirs);
    report("rfind " + name, "memmem (forward)", backward, theirs);
  };
  std::string prose = "the rain in spain stays mainly in the plain, or so the old song says; ";
  while (prose.size() < 200)
    prose += prose;
  measure("1 byte, absent", "Z");
  for (const size_t size : {size_t{2}, size_t{3}, size_t{4}, size_t{15}, size_t{64}, size_t{200}}) {
    const std::string common = prose.substr(0, size - 1) + "Q";
    std::string rare = common;
    rare[0] = 'Z';
    measure(std::to_string(size) + " bytes, absent, first byte common", common);
    measure(std::to_string(size) + " bytes, absent, first byte rare", rare);
    measure(std::to_string(size) + " bytes, absent, all bytes common", size < 15 ? std::string(size, 'e').replace(size - 1, 1, "\n") + "k.k,\n\n.,k\n.k" : prose.substr(0, size));
  }
  return 0;
}
