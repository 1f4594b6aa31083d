// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handlers of SIGBUS that others have installed, before ours and after it. Ours comes first, whenever it is put first
// again; those of others are called in the order in which the kernel would have.
#pragma once

#include <csignal>

namespace wmcore {

/// Remembers what is installed in place of our handler. False: there have been too many different ones.
bool remember_handler(const struct sigaction &installed);

/// Hands a signal that is not ours to the handler of others. Safe in a signal handler: lock-free atomics and system
/// calls.
void call_handlers(int signal, siginfo_t *info, void *context);

} // namespace wmcore
