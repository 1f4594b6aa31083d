// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../injection.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<bool> fast{false};

} // namespace

bool injection::failed_fast() { return fast.exchange(false); }

using namespace injection;

/// The function of ours and, once it is in place, the system's.
#define STANDS_BEFORE(result, failure, name, parameters, arguments)                                                    \
  static result(WINAPI *real_##name) parameters = nullptr;                                                             \
  static result WINAPI before_##name parameters { return fails(name##_) ? failure : real_##name arguments; }

STANDS_BEFORE(void *, nullptr, VirtualAlloc2,
              (HANDLE process, void *at, SIZE_T size, ULONG kind, ULONG how, void *more, ULONG count),
              (process, at, size, kind, how, more, count))
STANDS_BEFORE(void *, nullptr, MapViewOfFile3,
              (HANDLE section, HANDLE process, void *at, ULONG64 from, SIZE_T size, ULONG kind, ULONG how, void *more,
               ULONG count),
              (section, process, at, from, size, kind, how, more, count))
STANDS_BEFORE(BOOL, FALSE, UnmapViewOfFile2, (HANDLE process, void *at, ULONG how), (process, at, how))
STANDS_BEFORE(BOOL, FALSE, VirtualFree, (void *at, SIZE_T size, DWORD how), (at, size, how))
STANDS_BEFORE(void *, nullptr, VirtualAlloc, (void *at, SIZE_T size, DWORD kind, DWORD how), (at, size, kind, how))
STANDS_BEFORE(HANDLE, nullptr, CreateFileMappingW,
              (HANDLE file, SECURITY_ATTRIBUTES *attributes, DWORD how, DWORD high, DWORD low, const wchar_t *name),
              (file, attributes, how, high, low, name))
STANDS_BEFORE(BOOL, FALSE, GetFileSizeEx, (HANDLE file, LARGE_INTEGER *size), (file, size))

static void(WINAPI *real_RaiseFailFastException)(EXCEPTION_RECORD *, CONTEXT *, DWORD) = nullptr;
static void WINAPI before_RaiseFailFastException(EXCEPTION_RECORD *record, CONTEXT *context, DWORD flags) {
  if (!is_followed())
    real_RaiseFailFastException(record, context, flags);
  fast = true;
}

/// Finds what the core looks up by its name: functions that older headers lack.
static FARPROC(WINAPI *real_GetProcAddress)(HMODULE, const char *) = nullptr;
static FARPROC WINAPI before_GetProcAddress(HMODULE library, const char *name) {
  const FARPROC found = real_GetProcAddress(library, name);
  const bool is_name = reinterpret_cast<uintptr_t>(name) > UINT16_MAX; // Otherwise a number.
#define FIND(wanted)                                                                                                   \
  if (found && is_name && std::strcmp(name, #wanted) == 0) {                                                           \
    std::memcpy(&real_##wanted, &found, sizeof found);                                                                 \
    return reinterpret_cast<FARPROC>(reinterpret_cast<void *>(before_##wanted));                                       \
  }
  FIND(VirtualAlloc2)
  FIND(MapViewOfFile3)
  FIND(UnmapViewOfFile2)
#undef FIND
  return found;
}

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chooses these names. Each is an entry of the table.
#define PUT(name)                                                                                                      \
  extern "C" void *__imp_##name;                                                                                       \
  static const bool put_##name = [] {                                                                                  \
    DWORD how = 0;                                                                                                     \
    if (!VirtualProtect(&__imp_##name, sizeof(void *), PAGE_READWRITE, &how))                                          \
      std::abort();                                                                                                    \
    std::memcpy(&real_##name, &__imp_##name, sizeof(void *));                                                          \
    __imp_##name = reinterpret_cast<void *>(before_##name);                                                            \
    return true;                                                                                                       \
  }();

PUT(VirtualFree)
PUT(VirtualAlloc)
PUT(CreateFileMappingW)
PUT(GetFileSizeEx)
PUT(RaiseFailFastException)
PUT(GetProcAddress)
// NOLINTEND(bugprone-reserved-identifier)
