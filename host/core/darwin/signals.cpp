// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "access.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

namespace wmcore {

Access access_of(const siginfo_t & /*info*/, const void *context) {
  const auto &exception = static_cast<const ucontext_t *>(context)->uc_mcontext->__es;
#if defined(__aarch64__)
  return access_of_syndrome(static_cast<uint32_t>(exception.__esr));
#else
  return access_of_exception(exception.__trapno, exception.__err);
#endif
}

bool map_zeros(uintptr_t start, uint64_t length, int protection) {
  // Numbers of system calls are not stable here. The library's function is the call and a hook for tools that log
  // memory.
  return ::mmap(reinterpret_cast<void *>(start), length, protection, // NOLINT(performance-no-int-to-ptr)
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

// pthread_self() reads a register.
long thread_number() { return reinterpret_cast<long>(::pthread_self()); }

void keep_loaded() {
  Dl_info image = {};
  if (::dladdr(reinterpret_cast<const void *>(&keep_loaded), &image) != 0)
    ::dlopen(image.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

} // namespace wmcore
