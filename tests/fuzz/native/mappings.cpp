// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every operation on a mapping, with the answer that the contract gives.
#include "exact.h"
#include "session.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/resource.h>

namespace fuzz {

namespace {

constexpr uint64_t most_offset = INT64_MAX;
constexpr uint64_t far = uint64_t{1} << 40;           ///< Where file systems begin to end.
constexpr uint64_t most_memory = 2 * most_file_bytes; ///< Of a mapping: more takes time that teaches nothing.
constexpr int no_descriptor = 9999;

/// A length that is either small or more than any program may have.
uint64_t tame(uint64_t length) { return length <= most_memory || length >> 48 > 0 ? length : length % most_memory; }

bool contains(const Pages &pages, uint64_t start, uint64_t length) {
  return start <= pages.length && length <= pages.length - start;
}

/// A limit to the size of files, without which a resize would fill the disk.
class FileLimit {
public:
  FileLimit() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit limit = before;
    limit.rlim_cur = most_file_bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before); }
  FileLimit(const FileLimit &) = delete;
  FileLimit &operator=(const FileLimit &) = delete;

private:
  rlimit before = {};
};

enum class Rights { read_write, read_only, write_only, closed };

/// What an open answers.
struct Open {
  const FileModel *file;
  Rights rights;
  uint64_t length;
  uint64_t offset;
  bool need_write;
  bool past_end;

  Answers answers(uint64_t &length_then) const {
    length_then = length;
    if (!file) {
      if (length == 0)
        return {WMCORE_INVALID_ARGUMENT};
      return {length > most_memory ? WMCORE_NO_MEMORY : WMCORE_OK};
    }
    if (rights == Rights::closed)
      return {WMCORE_BAD_DESCRIPTOR};
    if (rights == Rights::write_only || (need_write && rights != Rights::read_write))
      return {WMCORE_ACCESS_DENIED};
    if (length == 0) {
      if (file->size == 0)
        return {WMCORE_EMPTY_FILE};
      if (offset >= file->size)
        return {WMCORE_PAST_END};
      length_then = file->size - offset;
      return {WMCORE_OK};
    }
    if (!past_end) {
      if (offset > file->size || length > file->size - offset)
        return {WMCORE_PAST_END};
      return {WMCORE_OK};
    }
    if (offset > most_offset || length > most_offset - offset)
      return {WMCORE_INVALID_ARGUMENT};
    if (length > most_memory)
      return {WMCORE_NO_MEMORY, WMCORE_INVALID_ARGUMENT, WMCORE_NO_SPACE};
    if (offset > far)
      return {WMCORE_OK, WMCORE_INVALID_ARGUMENT, WMCORE_NO_MEMORY, WMCORE_NO_SPACE};
    return {WMCORE_OK};
  }
};

} // namespace

void Session::open() {
  if (maps.size() >= 8)
    return;
  const uint64_t choice = input.below(9);
  const File *file = choice == 0 ? nullptr : files[choice % 2];
  const auto rights = static_cast<Rights>(std::max<int>(static_cast<int>(input.below(16)) - 12, 0));
  const uint64_t size = file ? file->model->size : unit;
  Open open{file ? file->model.get() : nullptr, rights, 0, 0, false, false};
  open.length = tame(input.number({0, 0, size, unit, most_file_bytes, most_offset}));
  open.offset = input.number({0, 0, size, unit, most_offset, most_offset - page});
  const std::array<int, 4> descriptors =
      file ? std::array<int, 4>{file->read_write, file->read_only, file->write_only, no_descriptor}
           : std::array<int, 4>{};
  const wmcore_file handle = file ? descriptors[static_cast<size_t>(rights)] : WMCORE_NO_FILE;
  const int descriptor = lowest_free_descriptor(); // The core's, if it takes one.
  wmcore_mapping *mapping = nullptr;
  wmcore_access access = WMCORE_READ;
  wmcore_status status = WMCORE_OK;
  uint64_t length = 0;
  bool read = true;
  bool write = false;
  bool shared = true;
  if (input.below(3) == 0) {
    const auto protection = static_cast<uint32_t>(input.below(8));
    shared = input.flag();
    read = (protection & WMCORE_PROTECT_READ) != 0;
    write = (protection & WMCORE_PROTECT_WRITE) != 0;
    access = !write ? WMCORE_READ : shared ? WMCORE_WRITE : WMCORE_COPY;
    TRACE("open_posix file %d, length %#lx, offset %#lx, shared %d, protection %u", file ? int(choice % 2) : -1,
          open.length, open.offset, shared, protection);
    open.need_write = shared && write;
    open.past_end = true;
    status = wmcore_open_posix(handle, WMCORE_ALL_RIGHTS, open.length, shared ? WMCORE_SHARED : WMCORE_PRIVATE,
                               protection, open.offset, &mapping);
    if (write && (protection & WMCORE_PROTECT_EXECUTE) != 0)
      expect("open_posix", status, {WMCORE_UNSUPPORTED});
    else if ((protection & WMCORE_PROTECT_EXECUTE) == 0 || status != WMCORE_ACCESS_DENIED) // A disk without programs.
      expect("open_posix", status, open.answers(length));
  } else {
    access = static_cast<wmcore_access>(input.below(3));
    TRACE("open file %d, length %#lx, offset %#lx, access %d", file ? int(choice % 2) : -1, open.length, open.offset,
          access);
    write = access != WMCORE_READ;
    shared = access != WMCORE_COPY;
    open.need_write = access == WMCORE_WRITE;
    status = wmcore_open(handle, WMCORE_ALL_RIGHTS, open.length, access, open.offset, &mapping);
    expect("open", status, open.answers(length));
  }
  if ((status == WMCORE_OK) != (mapping != nullptr))
    WRONG("an open that says %s gives %p", wmcore_status_name(status), static_cast<void *>(mapping));
  if (!mapping)
    return;
  auto pages =
      std::make_shared<Pages>(file ? file->model : nullptr, file ? open.offset : 0, length, read, write, shared);
  maps.push_back({mapping, access, std::move(pages), file ? descriptor : -1});
  ask(maps.back());
}

void Session::read(const Map &map) {
  const Pages &pages = *map.pages;
  const uint64_t start = input.number({0, pages.length, pages.present_bytes()});
  const uint64_t length = input.number({0, pages.length, pages.length - start, pages.present_bytes() - start});
  TRACE("read %#lx + %#lx", start, length);
  const Exact target(contains(pages, start, length) ? length : 0);
  const wmcore_status status = wmcore_read(map.mapping, start, length, target.bytes.get());
  if (!pages.readable())
    return expect("read", status, {WMCORE_ACCESS_DENIED});
  if (!contains(pages, start, length))
    return expect("read", status, {WMCORE_OUT_OF_RANGE});
  if (!pages.present(start, length))
    return expect("read", status, {WMCORE_FAULT});
  expect("read", status, {WMCORE_OK});
  const uint64_t wrong = pages.load(start, length).difference(0, target.bytes.get(), length);
  if (wrong != everything)
    WRONG("read of %#lx bytes at %#lx: byte %#lx is wrong", length, start, wrong);
}

void Session::write(Map &map) {
  Pages &pages = *map.pages;
  const uint64_t start = input.number({0, pages.length, pages.present_bytes()});
  const uint64_t length = input.number({0, 1, pages.length - start, pages.present_bytes() - start});
  TRACE("write %#lx + %#lx", start, length);
  const Cells bytes = made_up(contains(pages, start, length) ? length : 0);
  const wmcore_status status = wmcore_write(map.mapping, start, length, Exact(bytes).bytes.get());
  if (!pages.write)
    return expect("write", status, {WMCORE_READ_ONLY});
  if (!contains(pages, start, length))
    return expect("write", status, {WMCORE_OUT_OF_RANGE});
  if (status == WMCORE_NO_MEMORY && map.charged && pages.file && !pages.shared)
    return; // It has changed nothing.
  if (pages.present(start, length)) {
    expect("write", status, {WMCORE_OK});
    return pages.store(start, bytes);
  }
  expect("write", status, {WMCORE_FAULT});
  if (start < pages.present_bytes())
    pages.forget(start, pages.present_bytes() - start);
}

void Session::write_from_view(Map &map) {
  Pages &pages = *map.pages;
  const View &view = views[input.below(views.size())];
  if (!view.pages->readable())
    return;
  const uint64_t from = input.number({0, view.pages->present_bytes()}) % (view.pages->length + 1);
  const uint64_t start = input.number({0, pages.present_bytes()});
  const uint64_t length = std::min(input.number({1, pages.length - start}), view.pages->length - from);
  TRACE("write %#lx + %#lx from a view's %#lx", start, length, from);
  const Cells bytes = view.pages->present(from, length) ? view.pages->load(from, length) : Cells(length);
  const wmcore_status status = wmcore_write(map.mapping, start, length, wmcore_region_bytes(view.region) + from);
  if (!pages.write)
    return expect("write", status, {WMCORE_READ_ONLY});
  if (!contains(pages, start, length))
    return expect("write", status, {WMCORE_OUT_OF_RANGE});
  if (status == WMCORE_NO_MEMORY && map.charged && pages.file && !pages.shared)
    return;
  // What is written to where it is may touch nothing.
  const bool open = view.pages == map.pages && from == start;
  if (pages.present(start, length))
    expect("write", status, {WMCORE_OK});
  else
    expect("write", status, {WMCORE_FAULT, open ? WMCORE_OK : WMCORE_FAULT});
  if (pages.present(start, length))
    pages.store(start, bytes);
  const bool certain = status == WMCORE_OK && view.pages != map.pages &&
                       (!view.pages->file || view.pages->offset + from + length <= view.pages->doubtful);
  if (!certain && start < pages.present_bytes())
    pages.forget(start, std::min(length, pages.present_bytes() - start));
}

void Session::move(Map &map) {
  Pages &pages = *map.pages;
  const uint64_t destination = input.number({0, pages.length, pages.present_bytes()});
  const uint64_t source = input.number({0, destination, pages.length, pages.present_bytes()});
  const uint64_t length = input.number({0, page, pages.length - source, pages.present_bytes() - destination});
  TRACE("move to %#lx from %#lx + %#lx", destination, source, length);
  wmcore_status status = WMCORE_OK;
  if (input.flag()) {
    uint64_t to = destination;
    uint64_t from = source;
    uint64_t left = length;
    do
      status = wmcore_move_step(map.mapping, &to, &from, &left);
    while (status == WMCORE_OK && left > 0);
  } else
    status = wmcore_move(map.mapping, destination, source, length);
  if (!pages.write)
    return expect("move", status, {WMCORE_READ_ONLY});
  if (!contains(pages, source, length) || !contains(pages, destination, length))
    return expect("move", status, {WMCORE_OUT_OF_RANGE});
  const bool present = pages.present(source, length) && pages.present(destination, length);
  if (status == WMCORE_NO_MEMORY && map.charged && pages.file && !pages.shared)
    return;
  // A move to itself may touch pages, store and so make them private, or not.
  const bool open = destination == source;
  if (present)
    expect("move", status, {WMCORE_OK});
  else
    expect("move", status, {WMCORE_FAULT, open ? WMCORE_OK : WMCORE_FAULT});
  if (present)
    pages.store(destination, pages.load(source, length));
  if ((!present || open) && destination < pages.present_bytes())
    pages.forget(destination, std::min(length, pages.present_bytes() - destination));
}

void Session::flush(const Map &map) {
  const Pages &pages = *map.pages;
  const uint64_t start = input.number({0, pages.length, pages.present_bytes()});
  const uint64_t length = input.number({0, pages.length - start, pages.present_bytes() - start});
  TRACE("flush %#lx + %#lx", start, length);
  const wmcore_status status = wmcore_flush(map.mapping, start, length);
  if (!contains(pages, start, length))
    return expect("flush", status, {WMCORE_OUT_OF_RANGE});
  const bool reaches = pages.file && pages.shared && pages.write && !pages.present(start, length);
  expect("flush", status, {reaches ? WMCORE_FAULT : WMCORE_OK});
}

void Session::resize(Map &map) {
  const Pages &pages = *map.pages;
  const uint64_t length =
      tame(input.number({0, pages.length, most_file_bytes - pages.offset, most_offset - pages.offset, everything}));
  TRACE("resize to %#lx", length);
  wmcore_status status = WMCORE_OK;
  {
    const FileLimit limit;
    status = wmcore_resize(map.mapping, length);
  }
  if (map.access != WMCORE_WRITE)
    expect("resize", status, {WMCORE_NOT_RESIZABLE});
  else if (length == 0 || pages.offset > most_offset || length > most_offset - pages.offset)
    expect("resize", status, {WMCORE_INVALID_ARGUMENT});
  else if (length > most_memory || (pages.file && pages.offset + length > most_file_bytes))
    expect("resize", status, {WMCORE_NO_MEMORY, WMCORE_NO_SPACE, WMCORE_INVALID_ARGUMENT});
  else if (map.charged && status == WMCORE_NO_MEMORY)
    TRACE("  resize: no-memory");
  else
    expect("resize", status, {WMCORE_OK});
  if (status == WMCORE_OK) {
    if (pages.file)
      set_size(*pages.file, pages.offset + length);
    auto resized = std::make_shared<Pages>(pages.file, pages.offset, length, pages.read, pages.write, pages.shared);
    if (!pages.file)
      resized->store(0, pages.load(0, std::min(length, pages.length)));
    map.pages = std::move(resized);
    map.lent = nullptr;
  }
  ask(map);
}

void Session::advise(const Map &map) {
  const uint64_t start = input.number({0, map.pages->length, map.pages->present_bytes()});
  const uint64_t length = input.number({everything, map.pages->length, page});
  const auto advice = static_cast<wmcore_advice>(input.below(5));
  TRACE("advise %#lx + %#lx: %d", start, length, advice);
  const wmcore_status status = wmcore_advise(map.mapping, start, length, advice);
  expect("advise", status, {start < map.pages->length ? WMCORE_OK : WMCORE_OUT_OF_RANGE});
}

/// What changes nothing.
void Session::ask(const Map &map) {
  const Pages &pages = *map.pages;
  if (wmcore_length(map.mapping) != pages.length || wmcore_get_access(map.mapping) != map.access)
    WRONG("the mapping has %#lx bytes and access %d", wmcore_length(map.mapping), wmcore_get_access(map.mapping));
  uint64_t size = 0;
  expect("file_size", wmcore_file_size(map.mapping, &size), {WMCORE_OK});
  if (size != (pages.file ? pages.file->size : pages.length))
    WRONG("the file has %#lx bytes, it says", size);
  const uint64_t start = input.number({0, pages.length, pages.present_bytes()});
  const uint64_t length = input.number({pages.length - start, pages.present_bytes() - start});
  TRACE("ask about %#lx + %#lx", start, length);
  const bool inside = contains(pages, start, length);
  const bool doubtful = inside && pages.file && length > 0 && pages.offset + start + length > pages.doubtful;
  bool clean = false;
  const wmcore_status check = wmcore_check(map.mapping, start, length, &clean);
  if (!inside)
    expect("check", check, {WMCORE_OUT_OF_RANGE});
  else if (!doubtful || clean)
    expect("check", check, {WMCORE_OK});
  else
    expect("check", check, {WMCORE_OK, WMCORE_FAULT});
  const wmcore_status may_read = wmcore_may_read(map.mapping, start, length);
  if (!pages.readable())
    expect("may_read", may_read, {WMCORE_ACCESS_DENIED});
  else if (!inside)
    expect("may_read", may_read, {WMCORE_OUT_OF_RANGE});
  else if (pages.present(start, length))
    expect("may_read", may_read, {WMCORE_OK});
  else
    expect("may_read", may_read, {WMCORE_OK, WMCORE_FAULT});
}

void Session::charge(size_t index) {
  Map &map = maps[index];
  if (!budget)
    budget = wmcore_budget_create(budget_bytes);
  TRACE("charge");
  const wmcore_status status = wmcore_charge(map.mapping, budget);
  if (map.charged)
    return expect("charge", status, {WMCORE_INVALID_ARGUMENT});
  const bool fits = maps.size() == 1 && map.pages->length <= budget_bytes / 2;
  expect("charge", status, {WMCORE_OK, fits ? WMCORE_OK : WMCORE_NO_MEMORY});
  map.charged = status == WMCORE_OK;
  if (!map.charged)
    close(index); // The caller's duty.
}

void Session::close(size_t index) {
  TRACE("close %zu", index);
  wmcore_close(maps[index].mapping);
  maps.erase(maps.begin() + static_cast<ptrdiff_t>(index));
}

} // namespace fuzz
