// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Searches of mappings, whose pages may be lost.
#include "exact.h"
#include "session.h"
#include "slow_search.h"

#include <algorithm>
#include <cstring>

namespace fuzz {

namespace {

/// Whether, of `length` bytes the first of which are known, the needle may be at a place that reaches into the others.
bool may_begin(const Cells &bytes, const Cells &needle, uint64_t length) {
  const uint64_t known = bytes.value.size();
  const uint64_t size = needle.value.size();
  if (length - size >= known)
    return true;
  for (uint64_t place = known >= size ? known - size + 1 : 0; place <= length - size; place++)
    if (std::memcmp(bytes.value.data() + place, needle.value.data(), known - place) == 0)
      return true;
  return false;
}

} // namespace

void Session::find(const Map &map) {
  const Pages &pages = *map.pages;
  const bool forward = input.flag();
  const uint64_t present = pages.present_bytes();
  const uint64_t start = input.number({0, 0, pages.length, present});
  const uint64_t end = input.number({pages.length, everything, present, start});
  Cells needle = made_up(input.below(4) == 0 ? input.bits(2) % 20000 : input.below(6));
  const uint64_t size = needle.value.size();
  // One that is there.
  const uint64_t from = input.number({0, present - size, start});
  if (input.flag() && size <= present && from <= present - size)
    needle = pages.load(from, size);
  TRACE("%s %#lx bytes in %#lx..%#lx", forward ? "find" : "rfind", size, start, end);
  uint64_t position = 0;
  const Exact sought(needle);
  wmcore_status status = WMCORE_OK;
  if (input.flag()) {
    uint64_t first = start;
    uint64_t last = end;
    bool done = false;
    while (status == WMCORE_OK && !done)
      status = forward ? wmcore_find_step(map.mapping, sought.bytes.get(), size, &first, last, &position, &done)
                       : wmcore_rfind_step(map.mapping, sought.bytes.get(), size, first, &last, &position, &done);
  } else
    status = (forward ? wmcore_find : wmcore_rfind)(map.mapping, sought.bytes.get(), size, start, end, &position);
  if (!pages.readable())
    return expect("find", status, {WMCORE_ACCESS_DENIED});
  const uint64_t limit = std::min(end, pages.length);
  if (start > limit || size > limit - start) {
    expect("find", status, {WMCORE_OK});
    if (position != WMCORE_NOT_FOUND)
      WRONG("a needle of %#lx bytes was found in %#lx..%#lx", size, start, limit);
    return;
  }
  if (size == 0) {
    expect("find", status, {WMCORE_OK});
    if (position != (forward ? start : limit))
      WRONG("an empty needle was found at %#lx in %#lx..%#lx", position, start, limit);
    return;
  }
  const uint64_t seen = std::max(std::min(limit, present), start);
  const Cells bytes = pages.load(start, seen - start);
  if (!bytes.knows(0, seen - start))
    return expect("find", status, {WMCORE_OK, WMCORE_FAULT});
  const size_t found = (forward ? expected_first : expected_last)(bytes.value.data(), bytes.value.size(), needle.value);
  // A place that the needle could have reaches into lost pages: nobody can say, unless the answer lies before it.
  const bool open = seen < limit && may_begin(bytes, needle, limit - start);
  if (open && (!forward || found == none))
    return expect("find", status, {WMCORE_FAULT});
  if (seen == limit || (forward && found != none))
    expect("find", status, {WMCORE_OK});
  else
    expect("find", status, {WMCORE_FAULT, WMCORE_OK});
  const uint64_t expected = found == none ? WMCORE_NOT_FOUND : start + found;
  if (status == WMCORE_OK && position != expected)
    WRONG("%s says %#lx, expected is %#lx", forward ? "find" : "rfind", position, expected);
}

} // namespace fuzz
