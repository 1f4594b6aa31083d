// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The core calls Windows through the table of imports of the program, in which a function of ours stands before each of
// these. The core and the product know nothing of it.
#pragma once

#include <windows.h>

/// The functions of the system by which the core places, replaces and takes away pages.
#define INJECTED_FUNCTIONS(X)                                                                                          \
  X(VirtualAlloc2)                                                                                                     \
  X(MapViewOfFile3) X(UnmapViewOfFile2) X(VirtualFree) X(VirtualAlloc) X(CreateFileMappingW) X(GetFileSizeEx)

namespace injection {

using Error = DWORD;
constexpr Error default_error = ERROR_COMMITMENT_LIMIT;
inline void set_error(Error error) { SetLastError(error); }

/// Whether the core wanted the process to end since this was asked last. It does not end while a plan is followed.
bool failed_fast();

} // namespace injection
