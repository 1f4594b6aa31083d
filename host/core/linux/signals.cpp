// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The SIGBUS handler. Everything below "on_bus_error" runs in signal context and may use only lock-free atomics and
// system calls: no allocation, no locks, no thread-local storage of a loaded library.
#include "../faults.h"
#include "errors.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wmmap {

namespace {

struct sigaction previous; // Written before our handler can run, never after.
uint64_t page_bytes;       // Likewise: page_size() has a guard that is not async-signal-safe.

uint64_t page_up(uint64_t value) { return (value + page_bytes - 1) & ~(page_bytes - 1); }

/// Puts zero pages over addresses of ours, with the same protection.
bool put_zero_pages(const FaultSlot &slot, uintptr_t start, uint64_t length) {
  const int protection = slot.write.load() ? PROT_READ | PROT_WRITE : PROT_READ;
  // Safe: the range lies inside a slot, whose pages stay mapped as long as somebody can fault on them. mmap is one
  // system call; it goes round the C library so that no interceptor of it runs here.
  const long result =
      ::syscall(SYS_mmap, start, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0L);
  return result != -1;
}

/// Makes the faulting access succeed. False: it is not ours to forgive.
bool survive(uintptr_t address) {
  FaultSlot *slot = find_slot(address);
  if (!slot || slot->file.load() == WMMAP_NO_FILE)
    return false;
  const uintptr_t base = slot->base.load();
  const uint64_t length = slot->length.load();
  const uint64_t page = (address - base) & ~(page_bytes - 1);
  struct stat status = {};
  if (::fstat(static_cast<int>(slot->file.load()), &status) != 0) // fstat is async-signal-safe (POSIX.1-2024, 2.4.3).
    return false;
  const auto file_size = static_cast<uint64_t>(status.st_size);
  const uint64_t offset = slot->offset.load();
  const uint64_t covered = file_size > offset ? page_up(file_size - offset) : 0;
  if (page >= covered) {
    // The file was cut: everything from its last page on is lost. The mark comes first, so that no zero is unmarked.
    slot->lose_from(covered);
    if (!put_zero_pages(*slot, base + covered, length - covered))
      return false;
  } else if (slot->retried.exchange(base + page) != base + page) {
    return true; // The file may have grown since the access: try again before storage is blamed.
  } else {
    slot->broken.store(true);
    if (!put_zero_pages(*slot, base + page, page_bytes))
      return false;
  }
  fault_count.fetch_add(1);
  return true;
}

/// Hands a signal that is not ours to the handler that was there before.
void forward(int signal, siginfo_t *info, void *context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_IGN && info->si_code <= 0) {
    // Sent by a process and to be ignored. A true fault cannot be ignored: the kernel would kill the process too.
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    struct sigaction fatal = {};
    fatal.sa_handler = SIG_DFL;
    ::sigaction(signal, &fatal, nullptr); // sigaction and raise are async-signal-safe.
    ::raise(signal);                      // Delivered when this handler returns, as is the fault itself.
  } else {
    previous.sa_handler(signal);
  }
}

void on_bus_error(int signal, siginfo_t *info, void *context) {
  const int saved = errno;              // The interrupted code may be about to read it.
  const bool fault = info->si_code > 0; // From the kernel, not from kill().
  if (!fault || !survive(reinterpret_cast<uintptr_t>(info->si_addr)))
    forward(signal, info, context);
  errno = saved;
}

int install() {
  page_bytes = page_size();
  if (::sigaction(SIGBUS, nullptr, &previous) != 0)
    return errno;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, nullptr) == 0 ? 0 : errno;
}

} // namespace

wmmap_status guard_faults() {
  static const int error = install(); // Once, whichever thread comes first.
  return error == 0 ? WMMAP_OK : fail(error);
}

} // namespace wmmap
