// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The handlers of SIGBUS that other parts of the program have installed, before ours and after it. Ours runs first; the
// others run in the order in which the kernel would have called them.
#pragma once

#include <csignal>

namespace wmcore {

/// Records the handler that is installed in place of ours. Returns false if the table of distinct handlers is full.
bool remember_handler(const struct sigaction &installed);

/// Passes a signal that is not ours to the other handlers. Safe in a signal handler: lock-free atomics and system calls
/// only.
void call_handlers(int signal, siginfo_t *info, void *context);

} // namespace wmcore
