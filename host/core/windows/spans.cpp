// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory of guests in which spans can lie. It is reserved as placeholders, since a view can replace nothing else.
//
// Nothing swaps a view for memory in one step. Between the two the addresses are a placeholder: no other thread can
// allocate there, and an access waits in the fault handler. Where memory is too short to replace a view or a
// placeholder afterwards, the placeholder stays: a hole. The handler fills it at the next access, if there is memory
// then; otherwise the access is a trap of the guest, and the end of the process if the host made it. Ending the process
// at once would end the other guests too, and the hole shows nobody's bytes and can be nobody else's.
#include "spans.h"
#include "errors.h"
#include "placeholders.h"

#include <algorithm>

namespace wmcore {

namespace {

bool fill_again(uint8_t *base, uint64_t length) { return vacate(base, length) && fill(base, length, PAGE_READWRITE); }

/// Memory past the end of the file: the guard kind reports the first touch of each page, which loses the page unless
/// the file has grown by then.
constexpr DWORD past_end = PAGE_READWRITE | PAGE_GUARD;

/// Puts the pages of a section there, and memory past the end of the file.
bool replace(uint8_t *base, HANDLE section, uint64_t offset, uint64_t length, uint64_t bytes, DWORD protection) {
  const uint64_t view = page_up(bytes);
  return vacate(base, length) && replace_by_view(base, section, offset, bytes, protection) &&
         fill(base + view, length - view, past_end);
}

} // namespace

uint64_t span_granularity() { return division() == Division::none ? 0 : span_unit; }

wmcore_status place_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind) {
  uint64_t size = 0;
  if (const wmcore_status status = file.size(size))
    return status;
  if (size <= offset)
    return WMCORE_FAULT; // The mapping has lost its view; no other lets the file be truncated.
  // Pages whose stores must not reach the file count as private memory of the process from the start.
  const DWORD protection = kind.stores_reach_file() ? PAGE_READWRITE : PAGE_WRITECOPY;
  const HANDLE section = CreateFileMappingW(reinterpret_cast<HANDLE>(file.handle), nullptr, protection, 0, 0, nullptr);
  if (!section)
    return fail(GetLastError());
  wmcore_status status = WMCORE_OK;
  {
    const Changing lock;
    if (!replace(base, section, offset, length, std::min(size - offset, length), protection)) {
      status = fail(GetLastError());
      // Safe: the range is memory of one guest, which waits, and all of it is the region's.
      fill_again(base, length);
    }
  }
  CloseHandle(section); // The view keeps the section.
  return status;
}

uint64_t show_growth(const FaultSlot &slot, uint8_t *address) {
  if (!slot.clean())
    return slot.lost_from.start();
  auto *const base = reinterpret_cast<uint8_t *>(slot.base.load());
  const auto file = reinterpret_cast<HANDLE>(slot.file.load());
  MEMORY_BASIC_INFORMATION view = {}, found = {};
  LARGE_INTEGER size = {};
  if (!VirtualQuery(base, &view, sizeof view) || !VirtualQuery(address, &found, sizeof found))
    return 0;
  if (found.Type == MEM_MAPPED)
    return slot.length.load();                                      // Another thread has just shown the page.
  auto *const start = static_cast<uint8_t *>(found.AllocationBase); // Of the memory past the last view.
  const auto lead = static_cast<uint64_t>(start - base);
  if (!GetFileSizeEx(file, &size)) // An orphan has no file any more.
    return lead;
  const auto past = static_cast<uint64_t>(size.QuadPart);
  const uint64_t end = std::min(past - std::min(past, slot.offset.load()), slot.length.load());
  if (end <= lead)
    return lead;
  // A page that was stored into has another protection than its view.
  const DWORD protection = view.AllocationProtect;
  const HANDLE section = CreateFileMappingW(file, nullptr, protection, 0, 0, nullptr);
  if (!section)
    return lead;
  const uint64_t length = slot.length.load() - lead;
  const bool shown = replace(start, section, slot.offset.load() + lead, length, end - lead, protection);
  CloseHandle(section); // The view keeps the section.
  if (!shown && vacate(start, length))
    fill(start, length, past_end); // What cannot be filled now stays a placeholder.
  return shown ? page_up(end) : lead;
}

bool clear_pages(uint8_t *base, uint64_t length) {
  const Changing lock;
  return fill_again(base, length);
}

void let_children_inherit_guests() {} // There is no fork().

bool has_all_pages(uint8_t *base, uint64_t length) { return is_filled(base, length); }

uint8_t *reserve_memory(uint64_t size) { return division() == Division::none ? nullptr : reserve_placeholder(size); }

bool commit_memory(uint8_t *start, uint64_t length) {
  if (length == 0 || fill(start, length, PAGE_READWRITE))
    return true;
  // Memory past the end that a guest knows of would be an access that does not trap.
  if (!vacate(start, length) && !is_vacant(start, length))
    RaiseFailFastException(nullptr, nullptr, 0);
  return false;
}

void release_memory(uint8_t *start, uint64_t size) { free_range(start, size); }

} // namespace wmcore
