// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wmcore {

// Linux raises SIGSEGV for protected pages. BUS_ADRALN is a misaligned address, which no page could mend.
Access access_of(const siginfo_t &info, const void * /*context*/) {
  return {info.si_code == BUS_ADRERR || info.si_code == BUS_MCEERR_AR, /*may_be_store=*/false, info.si_code <= 0};
}

bool map_zeros(uintptr_t start, uint64_t length, int protection) {
  // The raw system call bypasses interceptors of the C library's mmap().
  const long result =
      ::syscall(SYS_mmap, start, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0L);
  return result != -1;
}

// By number: older C libraries have no function for it.
long thread_number() { return ::syscall(SYS_gettid); }

void keep_loaded() {} // The linker's option "nodelete" does it, see host/CMakeLists.txt.

} // namespace wmcore
