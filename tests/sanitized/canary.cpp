// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An addon with the fault that a sanitizer is for: it shows that the sanitizer sees what happens inside of Node.
#include <cstddef>
#include <thread>

namespace {

#if defined(__SANITIZE_THREAD__)
int shared = 0;

void fault() {
  std::thread other([] { ++shared; });
  ++shared;
  other.join();
}
#else
void fault() {
  const volatile size_t size = 8; // The compiler must not know.
  volatile char *bytes = new char[size];
  bytes[size] = 1;
  delete[] bytes;
}
#endif

} // namespace

extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void * /*env*/, void *exports) {
  fault();
  return exports;
}
