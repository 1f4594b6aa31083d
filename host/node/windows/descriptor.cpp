// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../descriptor.h"
#include "executable.h"

wmcore_file file_of_descriptor(int descriptor) {
  // Descriptors are a matter of a C library, and Node has one of its own: only libuv, inside, knows its handles.
  using GetHandle = HANDLE (*)(int);
  static const auto get_handle = reinterpret_cast<GetHandle>(find_in_executable("uv_get_osfhandle"));
  const HANDLE handle = get_handle ? get_handle(descriptor) : INVALID_HANDLE_VALUE;
  // -1 means memory without a file to the core, and this process to Windows; -2 its thread.
  const auto file = reinterpret_cast<wmcore_file>(handle);
  return file < 0 ? 0 : file;
}
