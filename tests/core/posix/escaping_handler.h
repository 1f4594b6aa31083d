// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A handler of others for SIGBUS, which counts its calls and jumps out of the access that raised the signal.
#pragma once

#include <csetjmp>
#include <csignal>

/// Where the handler goes.
inline sigjmp_buf escape;
inline volatile sig_atomic_t calls = 0;

inline void escaping_handler(int /*signal*/, siginfo_t * /*info*/, void * /*context*/) {
  calls = calls + 1;
  siglongjmp(escape, 1); // Safe: jumps out of a plain access of a test, which holds nothing.
}

inline void install_handler(void (*handler)(int, siginfo_t *, void *) = escaping_handler,
                            struct sigaction *previous = nullptr) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, previous);
}
