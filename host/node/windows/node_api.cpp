// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resolves Node-API from the running program. An import library would look for a "node.exe", which can have another
// name (Electron, single executable applications). So the addon is compiled as if it used an import library, where the
// compiler calls each imported function through a pointer, and this file defines the pointers and fills them in when
// the addon is loaded.
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

/// Functions of a Node-API that is newer than the program stay null. The addon calls none of them.
bool bind() {
  for (const Import &import : imports)
    *import.function = find_in_executable(import.name);
  return true;
}

[[maybe_unused]] const bool bound = bind(); // Before Node calls the addon for the first time.

} // namespace
