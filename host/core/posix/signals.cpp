// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The SIGBUS handler. Everything that "on_bus_error" calls runs in signal context and may use only lock-free atomics
// and system calls: no allocation, no locks, no thread-local storage of a loaded library.
#include "../areas.h"
#include "errors.h"
#include "handlers.h"
#include "native.h"
#include "spare_areas.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>

namespace wmcore {

namespace {

/// Maps zero pages over a part of a slot, with the same protection.
bool put_zero_pages(const FaultSlot &slot, uintptr_t start, uint64_t length) {
  const int protection = slot.write.load() ? PROT_READ | PROT_WRITE : PROT_READ;
  // Safe: the range lies inside a slot, whose pages stay mapped as long as a thread can fault on them.
  return map_zeros(start, length, protection);
}

/// Maps zero pages from `lost` to the end of the slot.
bool put_zeros_from(FaultSlot &slot, uint64_t lost) {
  const uintptr_t base = slot.base.load();
  const uint64_t length = slot.length.load();
  // After a failure no range is split any more, so that the spare areas that were given up remain free.
  if (lost > 0 && has_spare_areas() && count_split(slot) && put_zero_pages(slot, base + lost, length - lost))
    return true;
  // Zeros over the whole range need no further area. Its pages come back as all lost pages do.
  slot.lost_from.lower(0);
  return put_zero_pages(slot, base, length) || (give_up_spare_area() && put_zero_pages(slot, base, length));
}

/// Replaces everything from `lost` on by zeros. The mark and the count come first, so that no thread reads a zero that
/// is not marked and counted; a thread that sees the mark knows that zeros may follow.
bool lose(FaultSlot &slot, uint64_t lost) {
  slot.losing.fetch_add(1);
  slot.lost_from.lower(lost);
  fault_count.fetch_add(1);
  const bool done = put_zeros_from(slot, lost);
  slot.losing.fetch_sub(1);
  return done;
}

/// The bytes of the range that the file has now, in whole pages, or `unknown` if the file cannot be asked.
constexpr uint64_t unknown = UINT64_MAX;
uint64_t covered_bytes(const FaultSlot &slot) {
  const wmcore_file file = slot.file.load();
  struct stat status = {};
  // fstat is async-signal-safe (POSIX.1-2024, 2.4.3). The number may be closed by now, or belong to another file.
  if (file == WMCORE_NO_FILE || ::fstat(static_cast<int>(file), &status) != 0 ||
      static_cast<uint64_t>(status.st_dev) != slot.device.load() ||
      static_cast<uint64_t>(status.st_ino) != slot.inode.load())
    return unknown;
  const auto size = static_cast<uint64_t>(status.st_size);
  const uint64_t offset = slot.offset.load();
  const uint64_t page = slot.page.load();
  return size > offset ? (size - offset + page - 1) & ~(page - 1) : 0;
}

/// Makes the faulting access succeed. Returns false if no page of ours could.
bool survive(uintptr_t address, const Access &access) {
  FaultSlot *slot = find_slot(address);
  if (!slot || !slot->of_file.load())
    return false;
  // Zero pages have the same protection, so that a forbidden store would repeat for ever.
  if (access.may_be_store && !slot->write.load())
    return false;
  const uint64_t faulted = (address - slot->base.load()) & ~(slot->page.load() - 1);
  const uint64_t covered = covered_bytes(*slot);
  // The file may have grown since the access: retry before this counts as a storage error, but not for ever.
  if (covered != unknown && faulted < covered && slot->retries.fetch_add(1) % 2 == 0)
    return true;
  // A truncated file has lost all pages past its end. A storage error loses the page and all that follow, because an
  // area for each bad page could exceed the limit.
  return lose(*slot, std::min(covered, faulted));
}

void on_bus_error(int signal, siginfo_t *info, void *context) {
  const int saved = errno; // The interrupted code may read it next.
  const Access access = access_of(*info, context);
  if (!access.faulted || !survive(reinterpret_cast<uintptr_t>(info->si_addr), access))
    call_handlers(signal, info, context);
  errno = saved;
}

bool is_ours(const struct sigaction &action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_bus_error;
}

/// Installs the handler for the first time, and again when another one has replaced it. One thread at a time.
int install(const struct sigaction &installed) {
  max_areas(); // The first call reads a file, which no handler may do.
  keep_loaded();
  if (!remember_handler(installed))
    return ENOMEM;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
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
