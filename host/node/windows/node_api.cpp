// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Node-API from the program that runs. An import library would look for a "node.exe", which may have another name
// (Electron, a program made of Node and a script). So the addon is compiled as if there were one (the compiler calls
// through a pointer for each imported function), and the pointers are here: they are filled in when the addon is
// loaded.
#include "executable.h"

extern "C" {
#define NODE_API_NAME(name) void *__imp_##name;
#include "node_api_names.h"
#undef NODE_API_NAME
}

void *find_in_executable(const char *name) {
  const HMODULE program = GetModuleHandleW(nullptr);
  return reinterpret_cast<void *>(GetProcAddress(program, name));
}

namespace {

struct Import {
  const char *name;
  void **function;
};

const Import imports[] = {
#define NODE_API_NAME(name) {#name, &__imp_##name},
#include "node_api_names.h"
#undef NODE_API_NAME
};

/// Functions of a newer Node-API than the program's stay null; the addon calls none of them.
bool bind() {
  for (const Import &import : imports)
    *import.function = find_in_executable(import.name);
  return true;
}

[[maybe_unused]] const bool bound = bind(); // Before Node calls the addon for the first time.

} // namespace
