/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The library of this name for Wine before version 9: what programs in Rust take from it, over what Wine has. */
#include <limits.h>

/* RtlGenRandom, by the name that advapi32 gives it. */
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long length) {
  while (length > 0) {
    const unsigned long part = length < ULONG_MAX ? (unsigned long)length : ULONG_MAX;
    if (!SystemFunction036(buffer, part))
      return 0;
    buffer += part;
    length -= part;
  }
  return 1;
}
