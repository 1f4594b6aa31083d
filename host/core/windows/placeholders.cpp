// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "placeholders.h"

#include <algorithm>
#include <atomic>

namespace wmcore {

namespace {

// Numbers and types of Windows 10 (1803), which older headers lack.
constexpr DWORD reserves_placeholder = 0x00040000; // MEM_RESERVE_PLACEHOLDER
constexpr DWORD replaces_placeholder = 0x00004000; // MEM_REPLACE_PLACEHOLDER
constexpr DWORD preserves_placeholder = 2;         // MEM_PRESERVE_PLACEHOLDER
constexpr DWORD coalesces_placeholders = 1;        // MEM_COALESCE_PLACEHOLDERS

using VirtualAlloc2Type = void *(WINAPI *)(HANDLE, void *, SIZE_T, ULONG, ULONG, void *, ULONG);
using MapViewOfFile3Type = void *(WINAPI *)(HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG, void *, ULONG);
using UnmapViewOfFile2Type = BOOL(WINAPI *)(HANDLE, void *, ULONG);

struct Functions {
  VirtualAlloc2Type allocate = nullptr;
  MapViewOfFile3Type map = nullptr;
  UnmapViewOfFile2Type unmap = nullptr;
};

template <typename Type> Type find(const char *name) {
  const HMODULE library = GetModuleHandleW(L"kernelbase.dll"); // Every process has it.
  return library ? reinterpret_cast<Type>(reinterpret_cast<void *>(GetProcAddress(library, name))) : nullptr;
}

/// The first call looks them up, which division() does before any handler can need them.
const Functions &functions() {
  static const Functions all = {find<VirtualAlloc2Type>("VirtualAlloc2"), find<MapViewOfFile3Type>("MapViewOfFile3"),
                                find<UnmapViewOfFile2Type>("UnmapViewOfFile2")};
  return all;
}

std::atomic<Division> divided{Division::none};

SRWLOCK changing = SRWLOCK_INIT;

bool to_placeholder(uint8_t *start, uint64_t length) {
  return VirtualFree(start, static_cast<SIZE_T>(length), MEM_RELEASE | preserves_placeholder) != 0;
}

/// Private memory in place of a whole placeholder.
bool put_memory(uint8_t *start, uint64_t length, DWORD protection) {
  return functions().allocate(GetCurrentProcess(), start, static_cast<SIZE_T>(length),
                              MEM_RESERVE | MEM_COMMIT | replaces_placeholder, protection, nullptr, 0) == start;
}

/// The view, memory or placeholder at an address.
struct Piece {
  uint8_t *first;
  uint8_t *past;
  DWORD state; // MEM_FREE, MEM_RESERVE (a placeholder) or MEM_COMMIT.
  bool view;

  bool placeholder() const { return state == MEM_RESERVE; }
};

/// Returns false for an address that no process can have.
bool piece_at(const uint8_t *address, Piece &result) {
  MEMORY_BASIC_INFORMATION found = {};
  if (!VirtualQuery(address, &found, sizeof found))
    return false;
  auto *past = static_cast<uint8_t *>(found.BaseAddress) + found.RegionSize;
  auto *first = static_cast<uint8_t *>(found.State == MEM_FREE ? found.BaseAddress : found.AllocationBase);
  result = {first, past, found.State, found.State == MEM_COMMIT && found.Type != MEM_PRIVATE};
  // Pages of one allocation that differ in protection, or were copied, are separate regions.
  MEMORY_BASIC_INFORMATION next = {};
  while (result.state == MEM_COMMIT && VirtualQuery(result.past, &next, sizeof next) && next.State == MEM_COMMIT &&
         next.AllocationBase == found.AllocationBase)
    result.past += next.RegionSize;
  return true;
}

/// Tells whether every piece of a range can be accessed, or whether none can.
bool all_committed_or_none(uint8_t *start, uint64_t length, bool committed) {
  Piece piece = {};
  for (uint8_t *at = start; at < start + length; at = piece.past)
    if (!piece_at(at, piece) || (piece.state == MEM_COMMIT) != committed)
      return false;
  return true;
}

/// Splits a placeholder so that one begins and ends here.
bool split(const Piece &piece, uint8_t *start, uint8_t *past) {
  return (piece.first == start && piece.past == past) || to_placeholder(start, static_cast<uint64_t>(past - start));
}

uint8_t *unit_past(uint8_t *address) {
  return address + (span_unit - reinterpret_cast<uintptr_t>(address) % span_unit);
}

/// Tells whether a view can replace placeholders, and how memory in their place can be divided.
Division try_out(uint8_t *two_units) {
  uint8_t *const second = two_units + span_unit;
  if (!put_memory(two_units, 2 * span_unit, PAGE_READWRITE))
    return Division::none;
  *second = 1;
  const bool in_part = to_placeholder(two_units, span_unit) && *second == 1;
  if (!in_part && !(to_placeholder(two_units, 2 * span_unit) && to_placeholder(two_units, span_unit)))
    return Division::none;
  const HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, span_unit, nullptr);
  const bool viewed = section && replace_by_view(two_units, section, 0, span_unit, PAGE_READWRITE) &&
                      functions().unmap(GetCurrentProcess(), two_units, preserves_placeholder);
  if (section)
    CloseHandle(section);
  return !viewed ? Division::none : in_part ? Division::pages : Division::units;
}

Division find_division() {
  const Functions &all = functions();
  if (!all.allocate || !all.map || !all.unmap)
    return Division::none; // Windows before 10 (1803).
  uint8_t *const two_units = reserve_placeholder(2 * span_unit);
  if (!two_units)
    return Division::none; // Wine before 9 refuses them.
  const Division found = try_out(two_units);
  free_range(two_units, 2 * span_unit);
  return found;
}

} // namespace

Changing::Changing() { AcquireSRWLockExclusive(&changing); }
Changing::~Changing() { ReleaseSRWLockExclusive(&changing); }

Division division() {
  static const bool known = [] {
    divided = find_division();
    return true;
  }();
  return known ? divided.load() : Division::none;
}

void set_division(Division division) { divided = division; }

uint8_t *reserve_placeholder(uint64_t length) {
  return static_cast<uint8_t *>(functions().allocate(GetCurrentProcess(), nullptr, static_cast<SIZE_T>(length),
                                                     MEM_RESERVE | reserves_placeholder, PAGE_NOACCESS, nullptr, 0));
}

bool fill(uint8_t *start, uint64_t length, DWORD protection) {
  uint8_t *const end = start + length;
  Piece piece = {};
  for (uint8_t *at = start; at < end;) {
    if (!piece_at(at, piece))
      return false;
    uint8_t *past = std::min(piece.past, end);
    if (piece.placeholder()) {
      if (divided == Division::units)
        past = std::min(past, unit_past(at));
      if (!split(piece, at, past) || !put_memory(at, static_cast<uint64_t>(past - at), protection))
        return false;
    }
    at = past;
  }
  return true;
}

bool vacate(uint8_t *start, uint64_t length) {
  uint8_t *const end = start + length;
  Piece piece = {};
  int pieces = 0;
  for (uint8_t *at = start; at < end; pieces++) {
    if (!piece_at(at, piece) || piece.state == MEM_FREE || (piece.view && (piece.first < start || piece.past > end)))
      return false;
    uint8_t *const past = std::min(piece.past, end);
    const bool vacated = piece.placeholder() ? split(piece, at, past)
                         : piece.view ? functions().unmap(GetCurrentProcess(), piece.first, preserves_placeholder) != 0
                                      : to_placeholder(at, static_cast<uint64_t>(past - at));
    if (!vacated)
      return false;
    at = past;
  }
  return pieces == 1 || VirtualFree(start, static_cast<SIZE_T>(length), MEM_RELEASE | coalesces_placeholders);
}

bool replace_by_view(uint8_t *start, HANDLE section, uint64_t offset, uint64_t length, DWORD protection) {
  // A view longer than its section is refused to the byte, but its placeholder has whole pages.
  uint8_t *const past = start + page_up(length);
  Piece piece = {};
  return piece_at(start, piece) && piece.placeholder() && split(piece, start, past) &&
         functions().map(section, GetCurrentProcess(), start, offset, static_cast<SIZE_T>(length), replaces_placeholder,
                         protection, nullptr, 0) == start;
}

void free_range(uint8_t *start, uint64_t length) {
  uint8_t *const end = start + length;
  Piece piece = {};
  for (uint8_t *at = start; at < end && piece_at(at, piece); at = piece.past) {
    // `piece` ends where its allocation ends, so the loop never looks again at addresses that another thread may take.
    if (piece.view)
      UnmapViewOfFile(piece.first);
    else if (piece.state != MEM_FREE)
      VirtualFree(piece.first, 0, MEM_RELEASE);
  }
}

bool is_filled(uint8_t *start, uint64_t length) { return all_committed_or_none(start, length, true); }

bool is_vacant(uint8_t *start, uint64_t length) { return all_committed_or_none(start, length, false); }

} // namespace wmcore
