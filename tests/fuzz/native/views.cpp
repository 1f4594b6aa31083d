// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pages that somebody else touches.
#include "session.h"

#include <algorithm>

namespace fuzz {

void Session::hold(Map &map) {
  if (views.size() >= 8)
    return;
  TRACE("hold");
  views.push_back({wmcore_region_hold(map.mapping), map.pages});
}

void Session::lend(Map &map) {
  if (views.size() >= 8)
    return;
  TRACE("lend");
  wmcore_region *region = nullptr;
  const wmcore_status status = wmcore_region_lend(map.mapping, &region);
  if (!map.pages->readable())
    return expect("lend", status, {WMCORE_ACCESS_DENIED});
  expect("lend", status, {WMCORE_OK});
  if (status != WMCORE_OK)
    return;
  if (wmcore_region_length(region) != map.pages->length)
    WRONG("a lent region of %#lx bytes", wmcore_region_length(region));
  if (!map.pages->write && !map.lent)
    map.lent = std::make_shared<Pages>(map.pages->file, map.pages->offset, map.pages->length, true, true, false);
  views.push_back({region, map.pages->write ? map.pages : map.lent});
}

/// Whether what an access just found in the range is what the pages hold.
bool Session::trusts(const View &view, uint64_t start, uint64_t length) const {
  if (!view.pages->file || view.pages->offset + start + length <= view.pages->doubtful)
    return true;
  const auto owner = std::find_if(maps.begin(), maps.end(), [&](const Map &map) { return map.pages == view.pages; });
  return owner != maps.end() && view.pages->present(start, length) &&
         wmcore_check(owner->mapping, start, length, nullptr) == WMCORE_OK;
}

void Session::load_from(const View &view) {
  const Pages &pages = *view.pages;
  const uint64_t start = input.number({0, pages.present_bytes()}) % (pages.length + 1);
  const uint64_t length = std::min(input.number({1, page, unit}), pages.length - start);
  TRACE("load %#lx + %#lx", start, length);
  if (!pages.readable())
    return;
  std::vector<uint8_t> bytes(length);
  std::copy_n(wmcore_region_bytes(view.region) + start, length, bytes.begin());
  if (!trusts(view, start, length))
    return;
  const uint64_t wrong = pages.load(start, length).difference(0, bytes.data(), length);
  if (wrong != everything)
    WRONG("load of %#lx bytes at %#lx of a view: byte %#lx is wrong", length, start, wrong);
}

void Session::store_to(const View &view) {
  Pages &pages = *view.pages;
  const uint64_t start = input.number({0, pages.present_bytes()}) % (pages.length + 1);
  const uint64_t length = std::min(input.number({1, 8, page}), pages.length - start);
  TRACE("store %#lx + %#lx", start, length);
  if (!pages.write)
    return;
  const Cells bytes = made_up(length);
  std::copy(bytes.value.begin(), bytes.value.end(), wmcore_region_bytes(view.region) + start);
  if (trusts(view, start, length))
    pages.store(start, bytes);
  else if (start < pages.present_bytes())
    pages.forget(start, std::min(length, pages.present_bytes() - start));
}

void Session::release(size_t index) {
  TRACE("release %zu", index);
  wmcore_region_release(views[index].region);
  views.erase(views.begin() + static_cast<ptrdiff_t>(index));
}

} // namespace fuzz
