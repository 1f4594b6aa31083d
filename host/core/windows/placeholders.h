// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Placeholders: reserved addresses that a view or private memory can replace, and that come back when it ends. Other
// threads can never allocate there. Nothing here uses the heap or loads a library, so a fault handler may call it, with
// one exception: division() the first time.
#pragma once

#include "../system.h"

#include <windows.h>

namespace wmcore {

/// How private memory in place of placeholders can be divided.
enum class Division {
  none,  ///< There are no placeholders.
  units, ///< An allocation becomes a placeholder as a whole only, so each span_unit is an allocation.
  pages, ///< Any pages of an allocation can become a placeholder.
};

/// The alignment of spans in bytes: the page of WebAssembly, and the allocation granularity of Windows.
constexpr uint64_t span_unit = 65536;

inline uint64_t page_up(uint64_t bytes) { return (bytes + page_size() - 1) & ~(page_size() - 1); }

/// Finds out, once for the process.
Division division();
/// For tests of the other division.
void set_division(Division division);

/// Reserves addresses as one placeholder, or returns null.
uint8_t *reserve_placeholder(uint64_t length);
/// Puts zero-filled private memory in place of every placeholder between `start` and `start + length`. On failure some
/// of them may have become memory.
bool fill(uint8_t *start, uint64_t length, DWORD protection);
/// Turns a range into one placeholder. Views must lie inside of it. On failure a part of it may be placeholders.
bool vacate(uint8_t *start, uint64_t length);
/// Maps `length` bytes of a section in place of the start of a placeholder, which is as long or longer.
bool replace_by_view(uint8_t *start, HANDLE section, uint64_t offset, uint64_t length, DWORD protection);
/// Frees a range with all that lies in it. Nothing may reach across its ends.
void free_range(uint8_t *start, uint64_t length);
/// Tells whether no placeholder is left in the range.
bool is_filled(uint8_t *start, uint64_t length);
/// Tells whether nothing in the range can be accessed.
bool is_vacant(uint8_t *start, uint64_t length);

/// Held while the pages of a span change. A handler waits for it, so that a thread that touches them meanwhile retries
/// when they are in place. Its holder touches none of them.
class Changing {
public:
  Changing();
  ~Changing();
  Changing(const Changing &) = delete;
  Changing &operator=(const Changing &) = delete;
};

} // namespace wmcore
