// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../descriptor.h"
#include "executable.h"

wmcore_file file_of_descriptor(int descriptor) {
  // File descriptors belong to a C library. Node links its own: only the libuv inside Node knows their handles.
  using GetHandle = HANDLE (*)(int);
  static const auto get_handle = reinterpret_cast<GetHandle>(find_in_executable("uv_get_osfhandle"));
  const HANDLE handle = get_handle ? get_handle(descriptor) : INVALID_HANDLE_VALUE;
  // To the core, -1 means memory without a file. To Windows, -1 is this process and -2 this thread.
  const auto file = reinterpret_cast<wmcore_file>(handle);
  return file < 0 ? 0 : file;
}
