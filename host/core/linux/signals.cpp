// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The SIGBUS handler. Everything that "on_bus_error" calls runs in signal context and may use only lock-free atomics
// and system calls: no allocation, no locks, no thread-local storage of a loaded library.
#include "../areas.h"
#include "errors.h"
#include "handlers.h"
#include "spare_areas.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wmcore {

namespace {

/// Puts zero pages over addresses of ours, with the same protection.
bool put_zero_pages(const FaultSlot &slot, uintptr_t start, uint64_t length) {
  const int protection = slot.write.load() ? PROT_READ | PROT_WRITE : PROT_READ;
  // Safe: the range lies inside a slot, whose pages stay mapped as long as somebody can fault on them. mmap is one
  // system call; it goes round the C library so that no interceptor of it runs here.
  const long result =
      ::syscall(SYS_mmap, start, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0L);
  return result != -1;
}

/// Puts zero pages over everything from `lost` on.
bool put_zeros_from(FaultSlot &slot, uint64_t lost) {
  const uintptr_t base = slot.base.load();
  const uint64_t length = slot.length.load();
  // Once the system has had no area left, no range is split any more: what was given up then is not to be used up.
  if (lost > 0 && has_spare_areas() && count_split(slot) && put_zero_pages(slot, base + lost, length - lost))
    return true;
  // The whole range takes no area more. What is lost by that comes back as all lost pages do.
  slot.lost_from.lower(0);
  return put_zero_pages(slot, base, length) || (give_up_spare_area() && put_zero_pages(slot, base, length));
}

/// Makes everything from `lost` on zeros. The mark comes before them, and the count, so that nobody finds a zero that
/// is neither marked nor counted; and a thread that has seen the mark knows that the zeros may be still to come.
bool lose(FaultSlot &slot, uint64_t lost) {
  slot.losing.fetch_add(1);
  slot.lost_from.lower(lost);
  fault_count.fetch_add(1);
  const bool done = put_zeros_from(slot, lost);
  slot.losing.fetch_sub(1);
  return done;
}

/// How many bytes of the range the file has now, in whole pages; `unknown` if there is no way to ask any more.
constexpr uint64_t unknown = UINT64_MAX;
uint64_t covered_bytes(const FaultSlot &slot) {
  const wmcore_file file = slot.file.load();
  struct stat status = {};
  // fstat is async-signal-safe (POSIX.1-2024, 2.4.3). The number may be nobody's by now, or another file's.
  if (file == WMCORE_NO_FILE || ::fstat(static_cast<int>(file), &status) != 0 ||
      static_cast<uint64_t>(status.st_dev) != slot.device.load() ||
      static_cast<uint64_t>(status.st_ino) != slot.inode.load())
    return unknown;
  const auto size = static_cast<uint64_t>(status.st_size);
  const uint64_t offset = slot.offset.load();
  const uint64_t page = slot.page.load();
  return size > offset ? (size - offset + page - 1) & ~(page - 1) : 0;
}

/// Makes the faulting access succeed. False: it is not ours to forgive.
bool survive(uintptr_t address) {
  FaultSlot *slot = find_slot(address);
  if (!slot || !slot->of_file.load())
    return false;
  const uint64_t faulted = (address - slot->base.load()) & ~(slot->page.load() - 1);
  const uint64_t covered = covered_bytes(*slot);
  // The file may have grown since the access: it is tried again before storage is blamed, though not for ever.
  if (covered != unknown && faulted < covered && slot->retries.fetch_add(1) % 2 == 0)
    return true;
  // A file that was cut has lost everything from its end on. Otherwise it is the page, and what lies past it cannot be
  // told from it: an area for each bad page could be more than there are.
  return lose(*slot, std::min(covered, faulted));
}

/// Whether the kernel raised it for an address that cannot be reached: not kill(), and not an address that is not
/// aligned for its instruction, which no page could mend.
bool is_fault(const siginfo_t &info) { return info.si_code == BUS_ADRERR || info.si_code == BUS_MCEERR_AR; }

void on_bus_error(int signal, siginfo_t *info, void *context) {
  const int saved = errno; // The interrupted code may be about to read it.
  if (!is_fault(*info) || !survive(reinterpret_cast<uintptr_t>(info->si_addr)))
    call_handlers(signal, info, context);
  errno = saved;
}

bool is_ours(const struct sigaction &action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_bus_error;
}

/// Installs the handler, the first time and wherever another one was put in its place. One thread at a time.
int install(const struct sigaction &installed) {
  max_areas(); // Reads a file the first time, which no handler may.
  if (!remember_handler(installed))
    return ENOMEM;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, nullptr) == 0 ? 0 : errno;
}

} // namespace

wmcore_status install_fault_handler() {
  static std::mutex &installing = *new std::mutex; // Never destroyed: threads may still map while the process ends.
  struct sigaction installed = {};
  if (::sigaction(SIGBUS, nullptr, &installed) != 0)
    return fail(errno);
  if (is_ours(installed) && has_spare_areas())
    return WMCORE_OK;
  const std::scoped_lock lock(installing);
  hold_spare_areas();
  if (::sigaction(SIGBUS, nullptr, &installed) != 0)
    return fail(errno);
  if (is_ours(installed))
    return WMCORE_OK;
  const int error = install(installed);
  return error == 0 ? WMCORE_OK : fail(error);
}

} // namespace wmcore
