// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One input's life: files, mappings, views and spans of them, and what the model says of each.
#pragma once

#include "input.h"
#include "model.h"

#include <array>
#include <string>
#include <vector>

namespace fuzz {

/// With FUZZ_TRACE in the environment an input tells what it does.
bool tracing();
#define TRACE(...) (::fuzz::tracing() ? static_cast<void>((std::printf(__VA_ARGS__), std::putchar('\n'))) : void())

using Answers = std::vector<wmcore_status>;

/// Whether a host took a descriptor that is ours: from then on an input may get any answer, and has to end well.
extern bool robbed;
#define WRONG(...) (::fuzz::robbed ? void() : FUZZ_FAIL(__VA_ARGS__))

int lowest_free_descriptor();

/// @param allowed the first one is what is expected usually.
void expect(const char *call, wmcore_status actual, const Answers &allowed);

/// A file of the system, and what it should hold. It lives as long as the process: to make one takes longer than a
/// usual input.
struct File {
  explicit File(int fd);
  const int read_write;
  const int read_only;
  const int write_only;
  const std::shared_ptr<FileModel> model = std::make_shared<FileModel>();
};

/// A file that is empty at other times than in searches of sparse ones. Its descriptor lives as long as the process.
int other_file();

struct Map {
  wmcore_mapping *mapping;
  wmcore_access access;
  std::shared_ptr<Pages> pages;
  int descriptor; ///< That of the core.
  bool charged = false;
  std::shared_ptr<Pages> lent = nullptr; ///< Null unless asked for, and unless it is another set of pages.
};

struct View {
  wmcore_region *region;
  std::shared_ptr<Pages> pages;
};

struct Span {
  wmcore_span *span;
  std::shared_ptr<Pages> pages;
  uint64_t place; ///< In the guest's memory.
  bool faulted = false;
  bool told = false;
  bool abandoned = false;
};

/// Addresses that have to be free when all is closed.
struct Area {
  uintptr_t start;
  uintptr_t end;
};

/// What an input's mappings that are charged may take.
constexpr uint64_t budget_bytes = 10 * unit;

/// What the guest's own memory holds: of those bytes that it may use, and zeros.
Cells &guest_memory();

class Session {
public:
  explicit Session(Input &input);
  void run();
  /// Closes everything and looks for what is left.
  void end();

private:
  // mappings.cpp
  void open();
  void read(const Map &map);
  void write(Map &map);
  void write_from_view(Map &map);
  void move(Map &map);
  void find(const Map &map); // searches.cpp
  void search_sparse_file(); // sparse.cpp
  void flush(const Map &map);
  void resize(Map &map);
  void advise(const Map &map);
  void ask(const Map &map);
  void charge(size_t index);
  void close(size_t index);

  // views.cpp
  void hold(Map &map);
  void lend(Map &map);
  void load_from(const View &view);
  void store_to(const View &view);
  void release(size_t index);

  // others.cpp
  void cut_or_extend(const File &file);
  void write_file(const File &file);
  void look_at(const File &file);
  void storm(Map &map);
  void rob(const Map &map);
  void others_handle(); // handlers.cpp

  // spans.cpp
  void make_memory();
  void allow_memory();
  void attach(const Map &map);
  void touch_memory(bool store);
  void use(Span &span);
  void abandon(Span &span);
  void detach(size_t index);
  void release_memory();

  void set_size(FileModel &file, uint64_t size);
  void check_left(const std::vector<Area> &areas) const;
  void check_budget();
  bool trusts(const View &view, uint64_t start, uint64_t length) const;
  Cells made_up(uint64_t length);

  Input &input;
  std::array<File *, 2> files;
  std::vector<Map> maps;
  std::vector<View> views;
  std::vector<Span> spans;
  uint8_t *memory = nullptr; ///< The guest's.
  uint64_t memory_allowed = 0;
  Cells &memory_model;
  wmcore_budget *budget = nullptr;
  std::vector<int> robbed_descriptors;
  size_t unnoticed;
  size_t live;
  int free_descriptor;
};

} // namespace fuzz
