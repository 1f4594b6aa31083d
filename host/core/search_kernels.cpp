// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "search_kernels.h"

#include <type_traits>

// The compiler builds every kernel that it can; the processor decides at run time which one runs. StringZilla's own
// dispatch would add its hashing, sorting and Unicode code.
// With the C++ library of Microsoft only the serial one: it has nothing that asks for the processor's features.
#if defined(__x86_64__) && !defined(_MSC_VER)
#define SZ_USE_WESTMERE 1
#define SZ_USE_HASWELL 1
#define SZ_USE_SKYLAKE 1
#define SZ_USE_ICELAKE 0
#elif defined(__aarch64__)
#define SZ_USE_NEON 1
#define SZ_USE_SVE 0
#define SZ_USE_SVE2 0
#endif
#define SZ_DYNAMIC_DISPATCH 0
#define SZ_USE_MISALIGNED_LOADS                                                                                        \
  0 // Misaligned loads are undefined behaviour, and would speed up only the serial kernel.
#include <stringzilla/types.h>
#if defined(__clang__) && __clang_major__ >= 22
// StringZilla 5.1 names a target feature here that LLVM 22 has dropped, and clang then ignores all of them.
#undef SZ_CLANG_HAS_EVEX512_
#define SZ_CLANG_HAS_EVEX512_ 0
#endif
#include <stringzilla/find.h>

namespace wmcore {

namespace {

static_assert(
    std::is_same_v<decltype(&sz_find_serial), const char *(*)(const char *, sz_size_t, const char *, sz_size_t)>,
    "the kernels have the types of SearchKernels");

} // namespace

std::vector<SearchKernels> supported_search_kernels() {
  std::vector<SearchKernels> kernels;
#if defined(__x86_64__) && !defined(_MSC_VER)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("bmi2"))
    kernels.push_back({"AVX-512", sz_find_skylake, sz_rfind_skylake});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    kernels.push_back({"AVX2", sz_find_haswell, sz_rfind_haswell});
  if (__builtin_cpu_supports("sse4.2"))
    kernels.push_back({"SSE4.2", sz_find_westmere, sz_rfind_westmere});
#elif defined(__aarch64__)
  kernels.push_back({"NEON", sz_find_neon, sz_rfind_neon}); // Part of every 64-bit ARM.
#endif
  kernels.push_back({"serial", sz_find_serial, sz_rfind_serial});
  return kernels;
}

const SearchKernels &search_kernels() {
  static const SearchKernels fastest = supported_search_kernels().front();
  return fastest;
}

} // namespace wmcore
