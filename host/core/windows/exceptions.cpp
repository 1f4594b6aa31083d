// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The handler of page errors. Windows refuses to truncate a mapped file, so a lost page means lost storage: a network
// share, a removed medium, a bad sector. The handler replaces the whole view by zeros, because Win32 cannot replace a
// single page of a view; the whole mapping is lost from then on. It runs in the thread that faulted, which may hold any
// lock but ours: no heap, and nothing that might load a library.
#include "../faults.h"
#include "errors.h"
#include "placeholders.h"
#include "spans.h"

#include <winternl.h>

namespace wmcore {

namespace {

constexpr uint64_t step =
    uint64_t{1} << 16; // Zeros are committed in pieces of this size: a view may be larger than memory.

enum class Access : ULONG_PTR { read = 0, write = 1 };

/// Commits zeros around an address of a view that was replaced.
bool commit(const FaultSlot &slot, uintptr_t address) {
  const uint64_t start = (address - slot.base.load()) & ~(step - 1);
  const uint64_t left = slot.length.load() - start;
  // Safe: the range lies inside a reservation that replaced the view and is kept until the slot is free.
  return VirtualAlloc(reinterpret_cast<void *>(slot.base.load() + start),
                      static_cast<SIZE_T>(left < step ? left : step), MEM_COMMIT,
                      slot.write.load() ? PAGE_READWRITE : PAGE_READONLY) != nullptr;
}

/// Replaces a view by an empty reservation. Another thread may take the addresses in between: then the exception
/// continues and ends the process, as it would without this handler.
bool replace(const FaultSlot &slot) {
  auto *base = reinterpret_cast<void *>(slot.base.load());
  return UnmapViewOfFile(base) &&
         VirtualAlloc(base, static_cast<SIZE_T>(slot.length.load()), MEM_RESERVE, PAGE_READWRITE) == base;
}

/// Replaces the lost view of a span by zeros, unless another thread has. What cannot be filled now stays a placeholder,
/// see spans.cpp; a view that stays is tried again by the next access, which faults again.
bool replace_span(const FaultSlot &slot, uintptr_t address) {
  MEMORY_BASIC_INFORMATION page = {};
  if (VirtualQuery(reinterpret_cast<void *>(address), &page, sizeof page) && page.State == MEM_COMMIT &&
      page.Type == MEM_PRIVATE)
    return true;
  auto *base = reinterpret_cast<uint8_t *>(slot.base.load());
  // Safe: a slot of a span covers its view and the memory past it, nothing else, and it is kept while they are there.
  return vacate(base, slot.length.load()) && fill(base, slot.length.load(), PAGE_READWRITE);
}

/// Tells whether a page allows loads and stores, as all of a span do.
bool is_accessible(uintptr_t address) {
  MEMORY_BASIC_INFORMATION page = {};
  return VirtualQuery(reinterpret_cast<void *>(address), &page, sizeof page) && page.State == MEM_COMMIT &&
         (page.Protect == PAGE_READWRITE || page.Protect == PAGE_WRITECOPY);
}

/// Makes an access to the range of a span succeed that no storage error stopped. Either another thread replaced the
/// pages while this one waited: then the next try cannot end here again. Or there is a hole.
bool mend_span(const FaultSlot &slot, uintptr_t address) {
  if (!is_accessible(address)) // Safe: the slot covers memory of a guest, all of which the guest may access.
    fill(reinterpret_cast<uint8_t *>(slot.base.load()), slot.length.load(), PAGE_READWRITE);
  return is_accessible(address);
}

/// Makes the faulting access succeed. Returns false if the address belongs to no slot.
bool survive(uintptr_t address, Access access, const NTSTATUS *storage_error) {
  FaultSlot *slot = find_slot(address);
  if (!slot || !slot->of_file.load() || (access == Access::write && !slot->write.load()))
    return false;
  const bool of_span = slot->exclusive.load();
  const Changing lock;
  if (!storage_error && of_span)
    return mend_span(*slot, address);
  if (slot->clean()) {
    if (!storage_error)
      return false;
    if (slot->retries.fetch_add(1) % 2 == 0)
      return true;            // A temporary shortage of the storage: retry once.
    slot->lost_from.lower(0); // The mark comes first, so that no thread reads an unmarked zero.
    if (!of_span && !replace(*slot))
      return false;
    fault_count.fetch_add(1);
  }
  if (storage_error)
    remember(RtlNtStatusToDosError(*storage_error));
  return of_span ? replace_span(*slot, address) : commit(*slot, address);
}

/// Passes the first touch of a page past the end of the file, which the system has just made ordinary memory: all pages
/// past the end are lost, as on other systems. The page may be none of them any more, if the file has grown.
bool pass_guard(uintptr_t address) {
  FaultSlot *slot = find_slot(address);
  if (!slot || !slot->exclusive.load())
    return false;
  const Changing lock; // Safe: its holder touches no memory of guests, so this thread cannot hold it.
  const uint64_t shown = show_growth(*slot, reinterpret_cast<uint8_t *>(address));
  if (address - slot->base.load() < shown && slot->clean())
    return true;
  slot->lost_from.lower(shown); // An atomic only.
  fault_count.fetch_add(1);
  return true;
}

/// Makes the access succeed that raised the exception. Returns false if it is none of ours.
bool pass(const EXCEPTION_RECORD &record) {
  const bool in_page = record.ExceptionCode == static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR);
  if (record.NumberParameters < (in_page ? 3 : 2) || record.ExceptionInformation[0] > 1)
    return false;
  const auto access = static_cast<Access>(record.ExceptionInformation[0]);
  const uintptr_t address = record.ExceptionInformation[1];
  const auto storage_error = static_cast<NTSTATUS>(in_page ? record.ExceptionInformation[2] : 0);
  switch (record.ExceptionCode) {
  case static_cast<DWORD>(EXCEPTION_GUARD_PAGE):
    return pass_guard(address);
  case static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR):
  case static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION):
    return survive(address, access, in_page ? &storage_error : nullptr);
  default:
    return false;
  }
}

LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers) {
  const DWORD saved = GetLastError(); // The interrupted code may read it next.
  const bool passed = pass(*pointers->ExceptionRecord);
  SetLastError(saved);
  return passed ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

DWORD install() {
  HMODULE self = nullptr; // Node unloads an addon that only a worker loaded; the handler must stay.
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                          reinterpret_cast<LPCWSTR>(&on_exception), &self))
    return GetLastError();
  remember(ERROR_SUCCESS); // Allocates its storage before the handler needs it.
  return AddVectoredExceptionHandler(/*First=*/1, on_exception) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

} // namespace

wmcore_status install_fault_handler() {
  static const DWORD error = install(); // Runs once, in the first thread.
  return error == ERROR_SUCCESS ? WMCORE_OK : fail(error);
}

} // namespace wmcore
