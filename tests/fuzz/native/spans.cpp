// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Spans in memory of a guest, and the guest's loads and stores.
#include "session.h"

#include <algorithm>
#include <sys/mman.h>

namespace fuzz {

namespace {

constexpr uint64_t memory_size = 12 * unit;
constexpr uint64_t far = uint64_t{1} << 40;

bool aligned(uint64_t value) { return value % unit == 0; }

bool holds(const Span &span, uint64_t place) {
  return !span.abandoned && place >= span.place && place - span.place < span.pages->length;
}

} // namespace

Cells &guest_memory() {
  static Cells cells(memory_size);
  return cells;
}

void Session::make_memory() {
  if (memory)
    return;
  memory = static_cast<uint8_t *>(wmcore_memory_reserve(memory_size));
  if (!memory || !aligned(reinterpret_cast<uintptr_t>(memory)))
    WRONG("the guest's memory is at %p", static_cast<void *>(memory));
  memory_allowed = 0;
  allow_memory();
}

void Session::allow_memory() {
  if (!memory)
    return make_memory();
  const uint64_t more = std::min(unit * (1 + input.below(6)), memory_size - memory_allowed);
  TRACE("the guest gets %#lx bytes of memory", more);
  if (!wmcore_memory_commit(memory + memory_allowed, more))
    WRONG("no memory for the guest");
  memory_allowed += more;
}

void Session::attach(const Map &map) {
  make_memory();
  const Pages &pages = *map.pages;
  const uint64_t offset = input.number({0, 0, pages.length, 0 - pages.offset, unit - pages.offset % unit});
  const uint64_t place = input.below(8) == 0 ? input.bits(2) : unit * input.below(memory_size / unit);
  const uint64_t length = input.number({unit, 2 * unit, pages.length, everything - unit + 1});
  TRACE("attach %#lx at %#lx + %#lx", offset, place, length);
  const uint64_t start = pages.offset + offset;
  wmcore_status expected = WMCORE_OK;
  if (!pages.file)
    expected = WMCORE_UNSUPPORTED;
  else if (!pages.readable())
    expected = WMCORE_ACCESS_DENIED;
  else if (length == 0 || !aligned(length) || !aligned(start) || !aligned(place))
    expected = WMCORE_INVALID_ARGUMENT;
  else if (offset >= pages.length || length > (pages.offset + pages.length + unit - 1) / unit * unit - start)
    expected = WMCORE_OUT_OF_RANGE;
  uint8_t *region = memory + place;
  expect("may_attach", wmcore_may_attach(map.mapping, offset, region, length), {expected});
  if (expected == WMCORE_OK && (place > memory_allowed || length > memory_allowed - place))
    return; // The caller's duty.
  const bool overlaps = std::any_of(spans.begin(), spans.end(), [&](const Span &other) {
    return !other.abandoned && place < other.place + other.pages->length && other.place < place + length;
  });
  if (expected == WMCORE_OK && overlaps)
    expected = WMCORE_BUSY;
  wmcore_span *span = nullptr;
  const wmcore_status status = wmcore_span_attach(map.mapping, offset, region, length, &span);
  if (expected == WMCORE_OK && start > far)
    expect("attach", status, {WMCORE_OK, WMCORE_INVALID_ARGUMENT, WMCORE_NO_MEMORY, WMCORE_NO_SPACE});
  else
    expect("attach", status, {expected});
  if ((status == WMCORE_OK) != (span != nullptr))
    WRONG("an attach that says %s gives %p", wmcore_status_name(status), static_cast<void *>(span));
  if (!span) {
    if (expected == WMCORE_OK)
      memory_model.forget(place, length); // Memory that the system may have cleared.
    return;
  }
  const bool shared = pages.shared && pages.write;
  spans.push_back({span, std::make_shared<Pages>(pages.file, start, length, true, true, shared), place});
}

/// Loads or stores of the guest, which know nothing of spans.
void Session::touch_memory(bool store) {
  if (memory_allowed == 0)
    return;
  const uint64_t place = input.number({0, unit, memory_allowed - 8}) % memory_allowed;
  const uint64_t length = std::min(input.number({1, 8, page, unit}), memory_allowed - place);
  TRACE("the guest %s %#lx + %#lx", store ? "stores" : "loads", place, length);
  const uint32_t faults = *wmcore_fault_count();
  bool faulted = false;
  for (uint64_t at = place; at < place + length;) {
    const uint64_t count = std::min(page_down(at) + page, place + length) - at;
    const auto span = std::find_if(spans.begin(), spans.end(), [at](const Span &one) { return holds(one, at); });
    const Cells bytes = store ? made_up(count) : Cells(count);
    std::vector<uint8_t> seen(count);
    if (store)
      std::copy(bytes.value.begin(), bytes.value.end(), memory + at);
    else
      std::copy_n(memory + at, count, seen.begin());
    if (span == spans.end()) {
      if (store)
        memory_model.copy(at, bytes, 0, count);
      else if (memory_model.difference(at, seen.data(), count) != everything)
        WRONG("the guest's own memory is wrong at %#lx", at);
    } else {
      Pages &pages = *span->pages;
      const uint64_t within = at - span->place;
      const uint64_t position = pages.offset + within;
      if (position < pages.lost && position >= pages.file->covered()) {
        pages.lose_from(std::max(pages.file->covered(), pages.offset));
        span->faulted = true;
        faulted = true;
      }
      if (store)
        pages.store(within, bytes);
      else if (pages.load(within, count).difference(0, seen.data(), count) != everything)
        WRONG("the span's memory is wrong at %#lx", at);
    }
    at += count;
  }
  if (faulted == (faults == *wmcore_fault_count()))
    WRONG("lost pages were %stouched, and %s counted", faulted ? "" : "not ", faulted ? "not" : "some");
}

void Session::use(Span &span) {
  Pages &pages = *span.pages;
  const uint64_t present = std::min(pages.present_bytes(), pages.lost - pages.offset);
  const uint64_t start = input.number({0, pages.length, present});
  const uint64_t length = input.number({0, pages.length - start, present - start, everything});
  const bool inside = start <= pages.length && length <= pages.length - start;
  switch (input.below(4)) {
  case 0: {
    TRACE("flush a span's %#lx + %#lx", start, length);
    const wmcore_status status = wmcore_span_flush(span.span, start, length);
    if (span.abandoned)
      return;
    const bool lost = pages.shared && length > 0 && start + length > present;
    expect("flush", status, {!inside ? WMCORE_OUT_OF_RANGE : lost ? WMCORE_FAULT : WMCORE_OK});
    span.told |= status == WMCORE_FAULT;
    break;
  }
  case 1: {
    TRACE("advise a span's %#lx + %#lx", start, length);
    const wmcore_status status =
        wmcore_span_advise(span.span, start, length, static_cast<wmcore_advice>(input.below(5)));
    expect("advise", status, {start < pages.length ? WMCORE_OK : WMCORE_OUT_OF_RANGE});
    break;
  }
  case 2: {
    TRACE("ask a span");
    const bool faulted = wmcore_span_faulted(span.span);
    if (!span.abandoned && faulted != span.faulted)
      WRONG("the span says that it %s lost pages", faulted ? "has" : "has no");
    span.told |= faulted;
    break;
  }
  default:
    if (!span.abandoned)
      abandon(span);
  }
}

/// The memory at the span becomes somebody else's.
void Session::abandon(Span &span) {
  TRACE("abandon a span");
  wmcore_span_abandon(span.span);
  unnoticed += span.faulted && !span.told;
  span.told = true;
  span.abandoned = true;
  if (mmap(memory + span.place, span.pages->length, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
    WRONG("mmap");
  memory_model.zero(span.place, span.pages->length);
}

void Session::detach(size_t index) {
  TRACE("detach %zu", index);
  Span &span = spans[index];
  wmcore_span_detach(span.span);
  unnoticed += span.faulted && !span.told;
  if (wmcore_unnoticed_faults() != unnoticed)
    WRONG("%zu spans with lost pages that nobody asked about, expected are %zu", wmcore_unnoticed_faults(), unnoticed);
  if (!span.abandoned) {
    memory_model.zero(span.place, span.pages->length);
    if (memory && memory_model.difference(span.place, memory + span.place, span.pages->length) != everything)
      WRONG("a span's memory is not zero afterwards");
  }
  spans.erase(spans.begin() + static_cast<ptrdiff_t>(index));
}

/// The guest ends. Its spans are told, or detached before.
void Session::release_memory() {
  if (!memory)
    return;
  const bool told = input.flag();
  for (Span &span : spans)
    if (told && !span.abandoned)
      abandon(span);
  while (!told && !spans.empty())
    detach(0);
  wmcore_memory_release(memory, memory_size);
  memory_model.zero(0, memory_allowed);
  memory = nullptr;
  memory_allowed = 0;
  while (!spans.empty())
    detach(0);
}

} // namespace fuzz
