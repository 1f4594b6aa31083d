// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Other parts of the program that want SIGBUS too.
#include "session.h"

#include <csetjmp>
#include <csignal>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

namespace {

sigjmp_buf escape;
volatile sig_atomic_t escapes; ///< Whether somebody waits for a fault of their own.
struct sigaction before;       ///< What the handler that passes signals on passes them to.

/// One that knows its own faults, and ends the program at those of others.
void own(int, siginfo_t *info, void *) {
  if (escapes == 0)
    FUZZ_FAIL("somebody else's handler got our fault at %p", info->si_addr); // It is the end anyway.
  siglongjmp(escape, 1);
}

/// One that looks on.
void pass_on(int signal, siginfo_t *info, void *context) {
  if (before.sa_sigaction == pass_on)
    return;
  if ((before.sa_flags & SA_SIGINFO) != 0)
    before.sa_sigaction(signal, info, context);
}

} // namespace

void Session::others_handle() {
  const bool passes = input.flag();
  TRACE("somebody installs a handler that %s", passes ? "passes signals on" : "knows its own faults");
  struct sigaction action = {};
  action.sa_sigaction = passes ? pass_on : own;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | (input.flag() ? SA_NODEFER : 0);
  struct sigaction replaced = {};
  if (::sigaction(SIGBUS, &action, &replaced) != 0)
    FUZZ_FAIL("sigaction");
  if (passes)
    before = replaced;
  expect("guard", wmcore_install_fault_handler(), {WMCORE_OK});
  if (passes)
    return;
  // A fault that is not ours reaches whoever came last.
  void *foreign = mmap(nullptr, page, PROT_READ, MAP_SHARED, other_file(), 0); // It is empty.
  if (foreign == MAP_FAILED)
    FUZZ_FAIL("mmap");
  escapes = 1;
  volatile bool escaped = true;
  if (sigsetjmp(escape, 1) == 0) {
    static_cast<void>(*static_cast<const volatile uint8_t *>(foreign));
    escaped = false;
  }
  escapes = 0;
  munmap(foreign, page);
  if (!escaped)
    FUZZ_FAIL("a fault of somebody else was hidden");
}

} // namespace fuzz
