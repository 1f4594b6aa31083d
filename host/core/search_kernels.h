// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Searches at memory speed for short needles, by StringZilla (Apache-2.0, npm package `stringzilla`): the only kept
// library found that is fast in both directions. `make bench` compares it with the C library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wmcore {

/// Each returns the first (or last) place or null. They read nothing outside the range. The time grows with `length`
/// times the length of the needle, which must not be 0.
struct SearchKernels {
  const char *name;
  const char *(*find)(const char *bytes, size_t length, const char *needle, size_t needle_length);
  const char *(*find_last)(const char *bytes, size_t length, const char *needle, size_t needle_length);
};

/// The kernels that this processor can run, the fastest first.
std::vector<SearchKernels> supported_search_kernels();

/// The fastest kernel that this processor can run.
const SearchKernels &search_kernels();

} // namespace wmcore
