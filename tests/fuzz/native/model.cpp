// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "model.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fuzz {

namespace {

template <typename Bytes> auto at(Bytes &bytes, uint64_t start) {
  return bytes.begin() + static_cast<ptrdiff_t>(start);
}

/// Calls with (position, place in the range, length) for the part of every page.
template <typename Visit> void each_page(uint64_t position, uint64_t length, Visit visit) {
  for (uint64_t done = 0; done < length;) {
    const uint64_t here = position + done;
    const uint64_t count = std::min(page_down(here) + page - here, length - done);
    visit(here, done, count);
    done += count;
  }
}

} // namespace

void Cells::put(uint64_t start, const uint8_t *bytes, uint64_t length) {
  std::copy_n(bytes, length, at(value, start));
  std::fill_n(at(known, start), length, uint8_t{1});
}

void Cells::copy(uint64_t start, const Cells &other, uint64_t from, uint64_t length) {
  std::copy_n(at(other.value, from), length, at(value, start));
  std::copy_n(at(other.known, from), length, at(known, start));
}

void Cells::zero(uint64_t start, uint64_t length) {
  std::fill_n(at(value, start), length, uint8_t{0});
  std::fill_n(at(known, start), length, uint8_t{1});
}

void Cells::forget(uint64_t start, uint64_t length) { std::fill_n(at(known, start), length, uint8_t{0}); }

uint64_t Cells::difference(uint64_t start, const uint8_t *bytes, uint64_t length) const {
  if (std::equal(bytes, bytes + length, at(value, start)))
    return everything;
  for (uint64_t index = 0; index < length; index++)
    if (known[start + index] != 0 && value[start + index] != bytes[index])
      return index;
  return everything;
}

bool Cells::knows(uint64_t start, uint64_t length) const {
  return std::find(at(known, start), at(known, start + length), 0) == at(known, start + length);
}

void FileModel::set_size(uint64_t after) {
  if (after < size)
    cells.zero(after, covered() - after);
  size = after;
}

Pages::Pages(std::shared_ptr<FileModel> of, uint64_t offset, uint64_t length, bool read, bool write, bool shared)
    : file(std::move(of)), offset(offset), length(length), read(read), write(write), shared(file && shared),
      doubtful(file ? file->covered() : everything) {}

bool Pages::present(uint64_t start, uint64_t count) const {
  return !file || count == 0 || offset + start + count <= file->covered();
}

uint64_t Pages::present_bytes() const {
  if (!file)
    return length;
  return file->covered() > offset ? std::min(file->covered() - offset, length) : 0;
}

Cells Pages::load(uint64_t start, uint64_t count) const {
  Cells result(count);
  each_page(offset + start, count, [&](uint64_t position, uint64_t done, uint64_t part) {
    const auto changed = own.find(page_down(position));
    if (changed != own.end())
      result.copy(done, changed->second, position % page, part);
    else if (file && position < lost)
      result.copy(done, file->cells, position, part);
  });
  return result;
}

Cells &Pages::own_page(uint64_t position) {
  const auto [entry, fresh] = own.try_emplace(page_down(position), page);
  if (fresh && file && page_down(position) < std::min(lost, file->covered()))
    entry->second.copy(0, file->cells, page_down(position), page);
  return entry->second;
}

void Pages::store(uint64_t start, const Cells &bytes) {
  each_page(offset + start, bytes.value.size(), [&](uint64_t position, uint64_t done, uint64_t part) {
    if (!shared || position >= lost) {
      own_page(position).copy(position % page, bytes, done, part);
      if (position >= lost)
        own_page(position).forget(position % page, part);
      return;
    }
    file->cells.copy(position, bytes, done, part);
    if (position + part > file->size) { // Nobody's bytes, which the system may clear at any time.
      const uint64_t first = std::max(position, file->size);
      file->cells.forget(first, position + part - first);
    }
  });
}

void Pages::forget(uint64_t start, uint64_t count) {
  each_page(offset + start, count, [&](uint64_t position, uint64_t, uint64_t part) {
    if (!shared || position >= lost)
      own_page(position).forget(0, page); // Whether the page is private now is open too.
    else if (position < file->covered())
      file->cells.forget(position, part);
  });
}

void Pages::cut() {
  doubtful = std::min(doubtful, file->covered());
  own.erase(own.lower_bound(std::min(file->covered(), lost)), own.lower_bound(lost));
}

void Pages::lose_from(uint64_t position) {
  lost = std::min(lost, position);
  own.erase(own.lower_bound(position), own.end());
}

} // namespace fuzz
