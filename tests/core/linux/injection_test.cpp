// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every call of the system that an operation makes is made to fail, one after the other, and from each on: after it the
// operation has said so in the contract's words or succeeded all the same, nothing is half done, and nothing is left.
#include "../injection.h"
#include "../support.h"
#include "areas.h"

#include <csignal>
#include <dirent.h>
#include <numeric>

namespace {

using injection::Function;
using injection::Injected;

const uint64_t page = page_size();
constexpr uint64_t unit = 65536;
constexpr bool sanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true; // They map memory of their own.
#else
    false;
#endif

size_t count_descriptors() {
  size_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder))
    count++;
  closedir(folder);
  return count;
}

/// What an operation may answer where the system fails: a mapping's bytes and its file stay as they were, unless it is
/// one of those that say that they may not be.
bool is_failure(wmcore_status status) {
  return status == WMCORE_NO_MEMORY || status == WMCORE_IO || status == WMCORE_NO_SPACE || status == WMCORE_BUSY ||
         status == WMCORE_ACCESS_DENIED || status == WMCORE_UNSUPPORTED || status == WMCORE_BAD_DESCRIPTOR ||
         status == WMCORE_INVALID_ARGUMENT || status == WMCORE_PAST_END;
}

/// A file, what it holds, and a mapping of it, perhaps; memory of a guest, and a span in it, perhaps.
class World {
public:
  explicit World(wmcore_access access) : access(access) {
    bytes = pattern(20 * page);
    regions.reserve(1);
    file = std::make_unique<TemporaryFile>(bytes);
    memory = static_cast<uint8_t *>(wmcore_memory_reserve(4 * unit));
    EXPECT_TRUE(wmcore_memory_commit(memory, 4 * unit));
    budget = wmcore_budget_create(uint64_t{1} << 40);
  }
  ~World() {
    wmcore_span_detach(span);
    for (wmcore_region *region : regions)
      wmcore_region_release(region);
    wmcore_close(mapping);
    wmcore_memory_release(memory, 4 * unit);
    wmcore_budget_release(budget);
  }
  World(const World &) = delete;
  World &operator=(const World &) = delete;

  const wmcore_access access;
  Bytes bytes; ///< Of the mapping.
  std::unique_ptr<TemporaryFile> file;
  wmcore_mapping *mapping = nullptr;
  std::vector<wmcore_region *> regions;
  uint8_t *memory = nullptr;
  wmcore_span *span = nullptr;
  wmcore_budget *budget = nullptr;
  bool anonymous = false;
  bool sparse = false; ///< Too long to be compared.

  void must_open() {
    ASSERT_EQ(wmcore_open(anonymous ? WMCORE_NO_FILE : file->handle(), WMCORE_ALL_RIGHTS, anonymous ? bytes.size() : 0,
                          access, 0, &mapping),
              WMCORE_OK);
    ASSERT_EQ(wmcore_charge(mapping, budget), WMCORE_OK);
    if (anonymous)
      std::fill(bytes.begin(), bytes.end(), uint8_t{0});
  }

  /// Everything is what the operations that succeeded have made of it.
  void check() {
    if (!mapping || sparse)
      return;
    ASSERT_EQ(wmcore_length(mapping), bytes.size());
    Bytes seen(bytes.size());
    ASSERT_EQ(wmcore_read(mapping, 0, seen.size(), seen.data()), WMCORE_OK);
    EXPECT_EQ(seen, bytes);
    uint64_t size = 0;
    ASSERT_EQ(wmcore_file_size(mapping, &size), WMCORE_OK);
    EXPECT_EQ(size, bytes.size()) << "a file that was to change its size and did not has the old one";
  }
};

struct Operation {
  const char *name;
  std::function<void(World &)> prepare;
  std::function<wmcore_status(World &)> call;
  /// What the bytes of the mapping are after success.
  std::function<void(World &)> succeeded;
};

const Operation operations[] = {
    {"open", [](World &) {},
     [](World &w) {
       const wmcore_status status = wmcore_open(w.file->handle(), WMCORE_ALL_RIGHTS, 0, w.access, 0, &w.mapping);
       EXPECT_EQ(w.mapping != nullptr, status == WMCORE_OK);
       return status;
     },
     nullptr},
    {"open without a file",
     [](World &w) {
       w.anonymous = true;
       std::fill(w.bytes.begin(), w.bytes.end(), uint8_t{0});
     },
     [](World &w) { return wmcore_open(WMCORE_NO_FILE, WMCORE_ALL_RIGHTS, w.bytes.size(), w.access, 0, &w.mapping); },
     nullptr},
    {"open in POSIX's terms", [](World &) {},
     [](World &w) {
       return wmcore_open_posix(w.file->handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_PRIVATE, WMCORE_PROTECT_READ, 0,
                                &w.mapping);
     },
     nullptr},
    {"open where the handler has been replaced", [](World &) { signal(SIGBUS, SIG_DFL); },
     [](World &w) { return wmcore_open(w.file->handle(), WMCORE_ALL_RIGHTS, 0, w.access, 0, &w.mapping); }, nullptr},
    {"read", [](World &w) { w.must_open(); },
     [](World &w) {
       uint8_t target[100];
       return wmcore_read(w.mapping, page - 50, 100, target);
     },
     nullptr},
    {"read after a cut",
     [](World &w) {
       w.must_open();
       w.file->truncate(page);
     },
     [](World &w) {
       uint8_t byte = 0;
       const wmcore_status status = wmcore_read(w.mapping, 5 * page, 1, &byte);
       const injection::Paused paused;
       w.file->truncate(w.bytes.size());
       EXPECT_EQ(status, WMCORE_FAULT);
       // Stored again, and brought back.
       EXPECT_EQ(pwrite(w.file->fd, w.bytes.data(), w.bytes.size(), 0), static_cast<ssize_t>(w.bytes.size()));
       return WMCORE_OK;
     },
     nullptr},
    {"read what came back",
     [](World &w) {
       w.must_open();
       wmcore_advise(w.mapping, 0, 1, WMCORE_RANDOM);
       w.file->truncate(0);
       Bytes target(w.bytes.size());
       EXPECT_EQ(wmcore_read(w.mapping, 0, target.size(), target.data()), WMCORE_FAULT);
       w.file->truncate(w.bytes.size());
       std::fill(w.bytes.begin(), w.bytes.end(), uint8_t{0});
     },
     [](World &w) {
       uint8_t target[10];
       const wmcore_status status = wmcore_read(w.mapping, 5 * page, 10, target);
       return status == WMCORE_FAULT ? WMCORE_NO_MEMORY : status; // Lost pages that cannot be brought back stay lost.
     },
     nullptr},
    {"write", [](World &w) { w.must_open(); },
     [](World &w) {
       const wmcore_status status = wmcore_write(w.mapping, 10, 3, "abc");
       return w.access == WMCORE_READ && status == WMCORE_READ_ONLY ? WMCORE_BUSY : status;
     },
     [](World &w) { std::copy_n("abc", 3, w.bytes.begin() + 10); }},
    {"move", [](World &w) { w.must_open(); },
     [](World &w) {
       const wmcore_status status = wmcore_move(w.mapping, 0, 5 * page, page);
       return w.access == WMCORE_READ && status == WMCORE_READ_ONLY ? WMCORE_BUSY : status;
     },
     [](World &w) { std::copy_n(w.bytes.begin() + static_cast<off_t>(5 * page), page, w.bytes.begin()); }},
    {"find in a sparse file",
     [](World &w) {
       w.file->truncate(uint64_t{100} << 20);
       w.must_open();
       w.sparse = true;
     },
     [](World &w) {
       uint64_t position = 0;
       const wmcore_status forward = wmcore_find(w.mapping, "absent\xff", 7, 0, UINT64_MAX, &position);
       EXPECT_TRUE(forward || position == WMCORE_NOT_FOUND);
       const wmcore_status backward = wmcore_rfind(w.mapping, w.bytes.data() + 100, 300, 0, UINT64_MAX, &position);
       EXPECT_TRUE(backward || (position < page * 20 && position % 251 == 100)) << position;
       return forward ? forward : backward;
     },
     nullptr},
    {"flush", [](World &w) { w.must_open(); }, [](World &w) { return wmcore_flush(w.mapping, 5, page); }, nullptr},
    {"start a flush", [](World &w) { w.must_open(); }, [](World &w) { return wmcore_start_flush(w.mapping, 5, page); },
     nullptr},
    {"populate", [](World &w) { w.must_open(); }, [](World &w) { return wmcore_populate(w.mapping, 5, 3 * page); },
     nullptr},
    {"ask for resident pages", [](World &w) { w.must_open(); },
     [](World &w) {
       uint64_t resident = 0;
       return wmcore_resident(w.mapping, 5, 3 * page, &resident);
     },
     nullptr},
    {"lock and unlock", [](World &w) { w.must_open(); },
     [](World &w) {
       const wmcore_status locked = wmcore_mlock(w.mapping);
       const wmcore_status unlocked = wmcore_munlock(w.mapping);
       return locked ? locked : unlocked;
     },
     nullptr},
    {"advise", [](World &w) { w.must_open(); },
     [](World &w) {
       wmcore_status status = WMCORE_OK;
       for (const wmcore_advice advice :
            {WMCORE_RANDOM, WMCORE_WILL_NEED, WMCORE_DONT_NEED, WMCORE_SEQUENTIAL, WMCORE_NORMAL})
         if (const wmcore_status one = wmcore_advise(w.mapping, page, page, advice))
           status = one;
       return status;
     },
     nullptr},
    {"extend", [](World &w) { w.must_open(); },
     [](World &w) {
       const wmcore_status status = wmcore_resize(w.mapping, 30 * page + 7);
       return status == WMCORE_NOT_RESIZABLE ? WMCORE_BUSY : status;
     },
     [](World &w) { w.bytes.resize(30 * page + 7); }},
    {"extend memory without a file",
     [](World &w) {
       w.anonymous = true;
       w.must_open();
     },
     [](World &w) {
       const wmcore_status status = wmcore_resize(w.mapping, 30 * page + 7);
       return status == WMCORE_NOT_RESIZABLE ? WMCORE_BUSY : status;
     },
     [](World &w) { w.bytes.resize(30 * page + 7); }},
    {"cut", [](World &w) { w.must_open(); },
     [](World &w) {
       const wmcore_status status = wmcore_resize(w.mapping, page + 7);
       return status == WMCORE_NOT_RESIZABLE ? WMCORE_BUSY : status;
     },
     [](World &w) { w.bytes.resize(page + 7); }},
    {"lend", [](World &w) { w.must_open(); },
     [](World &w) {
       wmcore_region *region = nullptr;
       const wmcore_status status = wmcore_region_lend(w.mapping, &region);
       EXPECT_EQ(region != nullptr, status == WMCORE_OK);
       if (region)
         w.regions.push_back(region);
       return status;
     },
     nullptr},
    {"attach", [](World &w) { w.must_open(); },
     [](World &w) {
       std::fill(w.memory, w.memory + 4 * unit, uint8_t{7});
       const wmcore_status status = wmcore_span_attach(w.mapping, 0, w.memory + unit, unit, &w.span);
       EXPECT_EQ(w.span != nullptr, status == WMCORE_OK);
       const uint8_t expected = w.span ? w.bytes[page] : 7;
       EXPECT_EQ(w.memory[unit + page], expected) << "what is refused changes nothing";
       EXPECT_EQ(w.memory[0] + w.memory[2 * unit], 14);
       return status;
     },
     nullptr},
    {"flush and advise a span",
     [](World &w) {
       w.must_open();
       ASSERT_EQ(wmcore_span_attach(w.mapping, 0, w.memory, unit, &w.span), WMCORE_OK);
     },
     [](World &w) {
       const wmcore_status advised = wmcore_span_advise(w.span, 0, 1, WMCORE_RANDOM);
       const wmcore_status flushed = wmcore_span_flush(w.span, 0, unit);
       return advised ? advised : flushed;
     },
     nullptr},
    {"detach",
     [](World &w) {
       w.must_open();
       ASSERT_EQ(wmcore_span_attach(w.mapping, 0, w.memory, unit, &w.span), WMCORE_OK);
     },
     [](World &w) {
       wmcore_span_detach(w.span);
       w.span = nullptr;
       EXPECT_EQ(w.memory[0] + w.memory[page], 0);
       w.memory[0] = 1;
       return WMCORE_OK;
     },
     nullptr},
    {"close", [](World &w) { w.must_open(); },
     [](World &w) {
       wmcore_close(w.mapping);
       w.mapping = nullptr;
       return WMCORE_OK;
     },
     nullptr},
};

/// What each function fails with.
std::vector<int> errors_of(Function function) {
  switch (function) {
  case injection::fallocate_:
    return {ENOSPC, EOPNOTSUPP, EFBIG, EIO};
  case injection::pwrite_:
    return {ENOSPC, EIO};
  case injection::ftruncate_:
    return {EIO, EFBIG};
  case injection::fstat_:
  case injection::msync_:
    return {EIO};
  case injection::sync_file_range_:
    return {EIO, EINVAL, ENOSPC};
  case injection::mlock_:
    return {ENOMEM, EAGAIN, EPERM};
  case injection::fcntl_:
  case injection::open_:
    return {EMFILE};
  case injection::fstatfs_:
  case injection::getrlimit_:
  case injection::lseek_:
    return {EINVAL};
  case injection::sigaction_:
    return {EINVAL};
  default:
    return {ENOMEM};
  }
}

/// A failure that lasts cannot be survived by what has no other way: to give pages back, and to put zeros over them.
bool may_last(Function function, const Operation &operation) {
  const std::string name = operation.name;
  return function != injection::munmap_ && function != injection::syscall_ &&
         (function != injection::mmap_ || (name != "detach" && name != "attach"));
}

class Injection : public testing::TestWithParam<std::tuple<wmcore_access, size_t>> {
protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(wmcore_install_fault_handler(), WMCORE_OK);
  } // What lasts is there before anything is counted.
  static void TearDownTestSuite() {
    printf("table: %d failures injected into %d runs of %zu operations\n", all_failures, runs, std::size(operations));
  }
  static inline int all_failures = 0;
  static inline int runs = 0;
};

TEST_P(Injection, EveryCallFails) {
  const wmcore_access access = std::get<0>(GetParam());
  const Operation &operation = operations[std::get<1>(GetParam())];
  const auto run = [&](const injection::Plan &plan) {
    SCOPED_TRACE(std::string(operation.name) + ", " + injection::name_of(plan.function) + " fails " +
                 (plan.only_once ? "once" : "from then on") + ", call " + std::to_string(plan.first) + ", error " +
                 std::to_string(plan.error));
    const size_t live = wmcore_live_regions();
    const size_t descriptors = count_descriptors();
    const size_t areas = sanitized ? 0 : count_areas();
    int injected = 0;
    {
      World world(access);
      operation.prepare(world);
      wmcore_status status = WMCORE_OK;
      {
        const Injected active(plan);
        status = operation.call(world);
        injected = active.failures();
      }
      EXPECT_TRUE(status == WMCORE_OK || is_failure(status)) << wmcore_status_name(status);
      if (status == WMCORE_OK && operation.succeeded)
        operation.succeeded(world);
      world.check();
    }
    EXPECT_EQ(wmcore_live_regions(), live);
    EXPECT_EQ(count_descriptors(), descriptors);
    if (!sanitized) {
      EXPECT_LE(count_areas(), areas + 2) << "a heap may have grown";
    }
    all_failures += injected;
    runs++;
    return injected > 0 && !testing::Test::HasFailure();
  };
  run({});
  for (int number = 0; number < injection::functions; number++)
    for (const bool only_once : {true, false})
      for (const int error : errors_of(static_cast<Function>(number))) {
        const auto function = static_cast<Function>(number);
        if (!only_once && !may_last(function, operation))
          continue;
        for (int first = 1; run({function, first, error, only_once, nullptr}); first++) {
        }
      }
}

std::string name_of(const testing::TestParamInfo<std::tuple<wmcore_access, size_t>> &info) {
  static const char *const names[] = {"Read", "Write", "Copy"};
  std::string name = operations[std::get<1>(info.param)].name;
  for (char &letter : name)
    letter = std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name + "_" + names[std::get<0>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Operations, Injection,
                         testing::Combine(testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY),
                                          testing::Range<size_t>(0, std::size(operations))),
                         name_of);

} // namespace
