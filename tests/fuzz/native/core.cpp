// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The core: sequences of its operations on real files, which others cut, extend and change meanwhile, against a model.
#include "session.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

bool tracing() {
  static const bool asked = std::getenv("FUZZ_TRACE") != nullptr;
  return asked;
}

bool robbed;

void expect(const char *call, wmcore_status actual, const Answers &allowed) {
  TRACE("  %s: %s", call, wmcore_status_name(actual));
  if (std::find(allowed.begin(), allowed.end(), actual) == allowed.end())
    WRONG("%s says %s (system error %d), expected is %s", call, wmcore_status_name(actual), wmcore_system_error(),
          wmcore_status_name(allowed.front()));
}

int lowest_free_descriptor() {
  const int fd = ::dup(STDERR_FILENO);
  ::close(fd);
  return fd;
}

int other_file() {
  static const int fd = memfd_create("wmcore-fuzz-other", MFD_CLOEXEC);
  return fd;
}

namespace {

constexpr const char *file_name = "wmcore-fuzz";

int reopen(int fd, int mode) { return ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), mode | O_CLOEXEC); }

/// In memory: quick, and the file system that clears least.
int memory_file() { return memfd_create(file_name, MFD_CLOEXEC); }

/// On the disk, if the working directory is.
int disk_file() {
  std::string name = std::string(file_name) + "-XXXXXX";
  const int fd = mkostemp(name.data(), O_CLOEXEC);
  ::unlink(name.c_str());
  return fd;
}

/// What files hold at first.
std::vector<uint8_t> first_content() {
  std::vector<uint8_t> content(most_file_bytes);
  for (uint64_t index = 0; index < most_file_bytes; index++)
    content[index] = static_cast<uint8_t>(index / page % 2 == 0 ? index % 251 : 'a' + index % 3);
  return content;
}

} // namespace

File::File(int fd) : read_write(fd), read_only(reopen(fd, O_RDONLY)), write_only(reopen(fd, O_WRONLY)) {
  if (fd < 0 || read_only < 0 || write_only < 0)
    std::abort();
}

Session::Session(Input &input) : input(input), memory_model(guest_memory()) {
  static File first(memory_file());
  static File second(memory_file());
  static File third(disk_file());
  other_file();
  robbed = false;
  files = {&first, input.below(4) == 0 ? &third : &second};
  for (File *each : files) {
    File &file = *each;
    if (::ftruncate(file.read_write, 0) != 0)
      std::abort();
    set_size(*file.model, 0);
    set_size(*file.model, std::min(input.number({unit, 5 * page + 7, 4 * unit}), most_file_bytes));
    static const std::vector<uint8_t> content = first_content();
    if (::pwrite(file.read_write, content.data(), file.model->size, 0) != static_cast<ssize_t>(file.model->size))
      std::abort();
    file.model->cells.put(0, content.data(), file.model->size);
  }
  unnoticed = wmcore_unnoticed_faults();
  live = wmcore_live_regions();
  free_descriptor = lowest_free_descriptor();
}

void Session::run() {
  for (int steps = 0; steps < 300 && !input.empty(); steps++) {
    const uint8_t operation = input.byte() % 40;
    const auto pick = [this](auto &all) -> auto & { return all[input.below(all.size())]; };
    if (operation < 2 || (maps.empty() && (operation < 20 || (operation > 31 && operation < 35))))
      open();
    else if (operation < 4)
      cut_or_extend(*pick(files));
    else if (operation == 4)
      write_file(*pick(files));
    else if (operation == 5)
      look_at(*pick(files));
    else if (operation < 20) {
      Map &map = pick(maps);
      switch (operation) {
      case 6:
      case 7:
        read(map);
        break;
      case 8:
      case 9:
        write(map);
        break;
      case 10:
        views.empty() ? write(map) : write_from_view(map);
        break;
      case 11:
        move(map);
        break;
      case 12:
      case 13:
        find(map);
        break;
      case 14:
        flush(map);
        break;
      case 15:
        resize(map);
        break;
      case 16:
        advise(map);
        break;
      case 17:
        ask(map);
        break;
      case 18:
        input.flag() ? lend(map) : hold(map);
        break;
      default:
        attach(map);
        break;
      }
    } else if (operation < 23) {
      if (!views.empty())
        input.flag() ? load_from(pick(views)) : store_to(pick(views));
    } else if (operation < 26)
      touch_memory(input.flag());
    else if (operation < 28) {
      if (!spans.empty())
        use(pick(spans));
    } else if (operation == 28) {
      if (!maps.empty())
        close(input.below(maps.size()));
    } else if (operation == 29) {
      if (!views.empty())
        release(input.below(views.size()));
    } else if (operation == 30) {
      if (!spans.empty())
        detach(input.below(spans.size()));
    } else if (operation == 31)
      allow_memory();
    else if (operation == 32)
      storm(pick(maps));
    else if (operation == 33)
      charge(input.below(maps.size()));
    else if (operation == 34)
      input.below(8) == 0 ? rob(pick(maps)) : void();
    else if (operation == 35)
      expect("guard", wmcore_install_fault_handler(), {WMCORE_OK});
    else if (operation < 38)
      input.below(4) == 0 ? search_sparse_file() : void();
    else
      others_handle();
  }
}

Cells Session::made_up(uint64_t length) {
  Cells bytes(length);
  const uint8_t first = input.byte();
  for (uint64_t index = 0; index < length; index++)
    bytes.value[index] = static_cast<uint8_t>(first + index % 5);
  return bytes;
}

void Session::end() {
  std::vector<Area> areas;
  const auto add = [&areas](const void *address, uint64_t length) {
    const auto start = reinterpret_cast<uintptr_t>(address);
    areas.push_back({page_down(start), page_up(start + length)});
  };
  areas.reserve(64); // Nothing may be allocated where these were.
  for (const View &view : views)
    add(wmcore_region_bytes(view.region), view.pages->length);
  for (Map &map : maps) {
    wmcore_region *region = wmcore_region_hold(map.mapping);
    add(wmcore_region_bytes(region), map.pages->length);
    wmcore_region_release(region);
  }
  if (memory)
    add(memory, memory_allowed);
  const bool views_first = input.flag();
  const bool memory_first = input.flag();
  if (memory_first)
    release_memory();
  for (int round = 0; round < 2; round++) {
    if ((round == 0) == views_first)
      while (!views.empty())
        release(0);
    else
      while (!maps.empty())
        close(0);
  }
  if (!memory_first)
    release_memory();
  for (const int descriptor : robbed_descriptors)
    ::close(descriptor);
  check_left(areas);
  check_budget();
}

/// What mappings took is given back.
void Session::check_budget() {
  if (!budget)
    return;
  wmcore_mapping *mapping = nullptr;
  const uint64_t all = budget_bytes / (page + page / 512) * page;
  expect("open", wmcore_open(WMCORE_NO_FILE, WMCORE_ALL_RIGHTS, all, WMCORE_READ, 0, &mapping), {WMCORE_OK});
  expect("charge", wmcore_charge(mapping, budget), {WMCORE_OK});
  wmcore_close(mapping);
  wmcore_budget_release(budget);
}

/// Descriptors, regions and areas of memory that nobody needs any more.
void Session::check_left(const std::vector<Area> &areas) const {
  if (wmcore_live_regions() != live)
    FUZZ_FAIL("%zu mappings, regions or spans are left", wmcore_live_regions() - live);
  if (lowest_free_descriptor() != free_descriptor)
    WRONG("a descriptor is left: %d", free_descriptor);
  static char text[1 << 22];
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  for (ssize_t count = 1; count > 0 && length < sizeof text - 1; length += static_cast<size_t>(count))
    count = std::max<ssize_t>(::read(fd, text + length, sizeof text - 1 - length), 0);
  ::close(fd);
  text[length] = 0;
  for (char *line = text; line && *line;) {
    char *next = std::strchr(line, '\n');
    if (next)
      *next++ = 0;
    char *rest = nullptr;
    const uintptr_t start = std::strtoull(line, &rest, 16);
    const uintptr_t end = std::strtoull(rest + 1, nullptr, 16);
    bool left = std::strstr(line, file_name) && !std::strstr(line, "r-xp"); // Not the program, if it is called so.
    for (const Area &area : areas)
      left |= start < area.end && area.start < end;
    if (left)
      FUZZ_FAIL("an area is left: %s", line);
    line = next;
  }
}

} // namespace fuzz

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  fuzz::Session session(input);
  session.run();
  session.end();
  return 0;
}
