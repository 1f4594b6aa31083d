// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What others do to the files meanwhile, and to our descriptors.
#include "session.h"

#include <algorithm>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace fuzz {

namespace {

void truncate(const File &file, uint64_t size) {
  if (::ftruncate(file.read_write, static_cast<off_t>(size)) != 0)
    FUZZ_FAIL("ftruncate");
}

} // namespace

/// For the model: the file has another size.
void Session::set_size(FileModel &file, uint64_t size) {
  file.set_size(size);
  const auto cut = [&file](const std::shared_ptr<Pages> &pages) {
    if (pages && pages->file.get() == &file)
      pages->cut();
  };
  for (Map &map : maps) {
    cut(map.pages);
    cut(map.lent);
  }
  for (View &view : views)
    cut(view.pages);
  for (Span &span : spans)
    cut(span.pages);
}

void Session::cut_or_extend(const File &file) {
  const uint64_t size = std::min(input.number({0, file.model->size, most_file_bytes, unit}), most_file_bytes);
  TRACE("the file becomes %#lx bytes", size);
  truncate(file, size);
  set_size(*file.model, size);
}

void Session::write_file(const File &file) {
  const uint64_t start = std::min(input.number({0, file.model->size}), most_file_bytes - page);
  const Cells bytes = made_up(input.bits(2) % page);
  const uint64_t length = bytes.value.size();
  TRACE("somebody writes %#lx + %#lx", start, length);
  if (::pwrite(file.read_write, bytes.value.data(), length, static_cast<off_t>(start)) != static_cast<ssize_t>(length))
    FUZZ_FAIL("pwrite");
  if (length == 0)
    return;
  set_size(*file.model, std::max(file.model->size, start + length));
  file.model->cells.copy(start, bytes, 0, length);
}

void Session::look_at(const File &file) {
  TRACE("somebody reads the file");
  static std::vector<uint8_t> bytes(most_file_bytes + 1);
  const ssize_t count = ::pread(file.read_write, bytes.data(), bytes.size(), 0);
  if (count != static_cast<ssize_t>(file.model->size))
    WRONG("the file has %zd bytes, expected are %#lx", count, file.model->size);
  const uint64_t wrong = file.model->cells.difference(0, bytes.data(), file.model->size);
  if (wrong != everything)
    WRONG("byte %#lx of the file is wrong", wrong);
}

/// The file is cut and mended while a mapping of it is used. Then all is there.
void Session::storm(Map &map) {
  Pages &pages = *map.pages;
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const File *file) { return file->model == pages.file; });
  if (found == files.end() || !pages.readable())
    return;
  const File &file = **found;
  const uint64_t size = file.model->size;
  const uint64_t low = std::min(input.number({0, pages.offset + page}), size);
  const uint64_t times = 1 + input.below(40);
  const uint64_t start = input.number({0, pages.present_bytes() / 2}) % (pages.length + 1);
  const uint64_t length = std::min(input.number({1, page, pages.length}), pages.length - start);
  const bool write = pages.write && input.flag();
  TRACE("cut to %#lx and mended %lu times, while %#lx + %#lx are %s", low, times, start, length,
        write ? "written" : "read");
  std::thread others([&] {
    for (uint64_t time = 0; time < times; time++) {
      truncate(file, low);
      truncate(file, size);
    }
  });
  Cells bytes = made_up(length);
  for (uint64_t time = 0; time < times; time++) {
    const wmcore_status status = write ? wmcore_write(map.mapping, start, length, bytes.value.data())
                                       : wmcore_read(map.mapping, start, length, bytes.value.data());
    expect("access", status, {WMCORE_OK, WMCORE_FAULT, map.charged ? WMCORE_NO_MEMORY : WMCORE_OK});
  }
  others.join();
  set_size(*file.model, low);
  set_size(*file.model, size);
  if (write && start < pages.present_bytes())
    pages.forget(start, std::min(length, pages.present_bytes() - start));
  std::vector<uint8_t> seen(pages.present_bytes());
  expect("read", wmcore_read(map.mapping, 0, seen.size(), seen.data()), {WMCORE_OK});
  const uint64_t wrong = pages.load(0, seen.size()).difference(0, seen.data(), seen.size());
  if (wrong != everything)
    WRONG("byte %#lx is wrong afterwards", wrong);
}

/// A host closes what it takes for a descriptor of its own, and may give the number away.
void Session::rob(const Map &map) {
  if (map.descriptor < 0)
    return;
  TRACE("descriptor %d is closed", map.descriptor);
  robbed = true;
  robbed_descriptors.push_back(map.descriptor);
  if (input.flag())
    ::dup2(STDERR_FILENO, map.descriptor);
  else
    ::close(map.descriptor);
}

} // namespace fuzz
