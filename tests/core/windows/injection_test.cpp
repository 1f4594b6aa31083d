// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every call of the system that spans make is made to fail, one after the other, and from each on: after it nobody else
// can allocate where memory of the guest was, no other memory of it has changed, an access to what has no memory fills
// it or is a trap, and all of it works again once there is memory.
#include "../injection.h"
#include "spans.h"

#include <algorithm>
#include <utility>

namespace {

using injection::Function;
using injection::Injected;
using wmcore::Division;

constexpr uint64_t first = 2, units = 4; // Of the span.
constexpr uint64_t capacity = 20;

// What a guest does: an access that the engine makes a trap where nothing is.
extern "C" int load_or_trap(const uint8_t *address);
extern "C" const uint8_t instruction_of_load[];
__asm__(".globl load_or_trap\n"
        ".globl instruction_of_load\n"
        "load_or_trap:\n"
        "instruction_of_load:\n"
        "  movzbl (%rcx), %eax\n"
        "  ret\n");
constexpr int trapped = -1;
constexpr DWORD64 length_of_load = 3;
bool storage_lost = false; // An error of the storage ended where the process would have ended.

/// Stands where an engine has its handler, after that of the core.
LONG CALLBACK engine(EXCEPTION_POINTERS *pointers) {
  CONTEXT &context = *pointers->ContextRecord;
  if (pointers->ExceptionRecord->ExceptionCode == static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR)) {
    storage_lost = true;
    return EXCEPTION_CONTINUE_EXECUTION; // To where RaiseException was called.
  }
  if (context.Rip != reinterpret_cast<DWORD64>(instruction_of_load))
    return EXCEPTION_CONTINUE_SEARCH;
  context.Rip += length_of_load;
  context.Rax = static_cast<DWORD64>(trapped);
  return EXCEPTION_CONTINUE_EXECUTION;
}

MEMORY_BASIC_INFORMATION at(const uint8_t *address) {
  MEMORY_BASIC_INFORMATION found = {};
  EXPECT_NE(VirtualQuery(address, &found, sizeof found), 0U);
  return found;
}

/// A file with a partial last page, its mapping, memory of a guest in two allocations, and a span, perhaps.
class World {
public:
  explicit World(wmcore_access access) : access(access), mapping(map(file.handle(), access)) {
    memory = static_cast<uint8_t *>(wmcore_memory_reserve(capacity * unit));
    EXPECT_NE(memory, nullptr);
    EXPECT_TRUE(grow(first + 1) && grow(units + 2));
    grown = first + units + 3;
    std::fill_n(memory, grown * unit, filler);
  }
  ~World() {
    wmcore_span_detach(span);
    wmcore_memory_release(memory, capacity * unit);
    EXPECT_TRUE(at(memory).State == MEM_FREE && at(memory + capacity * unit - 1).State == MEM_FREE);
  }
  World(const World &) = delete;
  World &operator=(const World &) = delete;

  wmcore_status attach() {
    wmcore_span *result = nullptr;
    const wmcore_status status = wmcore_span_attach(mapping.get(), unit, place(), units * unit, &result);
    EXPECT_EQ(result != nullptr, status == WMCORE_OK);
    span = result;
    return status;
  }
  void detach() { wmcore_span_detach(std::exchange(span, nullptr)); }
  bool grow(uint64_t count) {
    const bool done = wmcore_memory_commit(memory + grown * unit, count * unit);
    grown += done ? count : 0;
    return done;
  }

  uint8_t *place() const { return memory + first * unit; }
  uint8_t expected_of_file(uint64_t index) const { return unit + index < bytes.size() ? bytes[unit + index] : 0; }

  /// At any time: all addresses are the guest's, and only the memory that it knows of can be accessed.
  void check_addresses() const {
    for (uint64_t index = 0; index < capacity; index++) {
      uint8_t *const address = memory + index * unit;
      for (uint64_t page = 0; page < unit; page += 4096)
        EXPECT_NE(at(address + page).State, DWORD{MEM_FREE}) << index << " " << page;
      EXPECT_EQ(VirtualAlloc(address, unit, MEM_RESERVE, PAGE_NOACCESS), nullptr) << index;
    }
  }
  /// After an operation.
  void check() const {
    check_addresses();
    for (uint64_t index = grown * unit; index < capacity * unit; index += 4096)
      ASSERT_EQ(at(memory + index).State, DWORD{MEM_RESERVE}) << "past the end: " << index;
    for (uint64_t index = 0; index < grown * unit; index++)
      if (index == first * unit)
        index += units * unit - 1;
      else
        ASSERT_EQ(memory[index], filler) << index;
  }
  bool has_hole() const { return !wmcore::is_filled(place(), units * unit); }
  /// Each page of the span's place is zeros, or whole in what else it may be; `trapped` where it may be that.
  void check_place(bool may_trap, bool may_be_file, bool may_be_filler) const {
    for (uint64_t index = 0; index < units * unit; index += 509) {
      const int seen = load_or_trap(place() + index);
      ASSERT_TRUE(seen == 0 || (may_trap && seen == trapped) || (may_be_file && seen == expected_of_file(index)) ||
                  (may_be_filler && seen == filler))
          << index << ": " << seen;
    }
  }

  const wmcore_access access;
  const Bytes bytes = pattern((units + 1) * unit - 20000);
  const TemporaryFile file{bytes};
  const Mapping mapping;
  uint8_t *memory = nullptr;
  uint64_t grown = 0;
  wmcore_span *span = nullptr;
};

bool is_failure(wmcore_status status, DWORD error) {
  return status == (error == ERROR_COMMITMENT_LIMIT ? WMCORE_NO_MEMORY : WMCORE_IO);
}

class WindowsSpansInjection : public testing::TestWithParam<SpanCase> {
protected:
  void SetUp() override {
    found = wmcore::division();
    ASSERT_NE(found, Division::none);
    wmcore::set_division(std::get<Division>(GetParam()));
    handler = AddVectoredExceptionHandler(/*First=*/0, engine);
    map(TemporaryFile(pattern(10)).handle(), WMCORE_READ); // Installs the core's.
  }
  void TearDown() override {
    RemoveVectoredExceptionHandler(handler);
    wmcore::set_division(found);
    EXPECT_GT(all_failures, 0) << "nothing was made to fail";
  }

  /// Calls a test of one operation with every plan, until the operation makes no more calls.
  template <typename Operation> void with_every_plan(Operation operation) {
    for (int number = 0; number < injection::functions; number++)
      for (const bool only_once : {true, false})
        for (const DWORD error : {DWORD{ERROR_COMMITMENT_LIMIT}, DWORD{ERROR_INVALID_ADDRESS}})
          for (int call = 1;; call++) {
            SCOPED_TRACE(testing::Message() << injection::name_of(static_cast<Function>(number)) << " call " << call
                                            << (only_once ? " once" : " and all later") << ", error " << error);
            const int failures = operation({static_cast<Function>(number), call, error, only_once, nullptr});
            all_failures += failures;
            if (failures == 0 || HasFailure())
              break;
          }
  }

  Division found = Division::none;
  void *handler = nullptr;
  int all_failures = 0;
};

/// After a failure, with memory again: the place is memory of the guest's, and a span can lie there another time.
void check_afterwards(World &world, bool may_be_filler) {
  world.check();
  world.check_place(/*may_trap=*/false, /*may_be_file=*/false, may_be_filler);
  EXPECT_FALSE(world.has_hole());
  std::fill_n(world.place(), units * unit, uint8_t{0});
  world.check_place(false, false, false);
  EXPECT_EQ(world.file.read(unit, 10), Bytes(world.bytes.begin() + unit, world.bytes.begin() + unit + 10));
  ASSERT_EQ(world.attach(), WMCORE_OK);
  for (uint64_t index = 0; index < units * unit; index++)
    ASSERT_EQ(world.place()[index], world.expected_of_file(index)) << index;
  world.detach();
  world.check();
  world.check_place(false, false, false);
}

TEST_P(WindowsSpansInjection, Attach) {
  with_every_plan([&](injection::Plan plan) {
    World world(std::get<wmcore_access>(GetParam()));
    plan.before = [&](int number) {
      if (number >= plan.first)
        world.check_addresses();
    };
    int failures = 0;
    wmcore_status status = WMCORE_OK;
    {
      const Injected active(plan);
      status = world.attach();
      world.check_place(/*may_trap=*/true, /*may_be_file=*/status == WMCORE_OK, /*may_be_filler=*/true);
      failures = active.failures();
      EXPECT_FALSE(injection::failed_fast());
    }
    EXPECT_TRUE(status == WMCORE_OK || (failures > 0 && is_failure(status, plan.error))) << wmcore_status_name(status);
    world.check();
    if (status == WMCORE_OK) {
      for (uint64_t index = 0; index < units * unit; index++)
        EXPECT_EQ(world.place()[index], world.expected_of_file(index)) << index;
      world.detach();
    }
    check_afterwards(world, /*may_be_filler=*/true);
    return failures;
  });
}

TEST_P(WindowsSpansInjection, Detach) {
  with_every_plan([&](injection::Plan plan) {
    World world(std::get<wmcore_access>(GetParam()));
    plan.before = [&](int number) {
      if (number >= plan.first)
        world.check_addresses();
    };
    EXPECT_EQ(world.attach(), WMCORE_OK);
    int failures = 0;
    {
      const Injected active(plan);
      world.detach();
      // What could not be taken away is the file still, which the guest may read.
      world.check_place(/*may_trap=*/true, /*may_be_file=*/true, /*may_be_filler=*/false);
      failures = active.failures();
      EXPECT_FALSE(injection::failed_fast());
    }
    if (failures == 0)
      check_afterwards(world, /*may_be_filler=*/false);
    world.check();
    world.check_place(/*may_trap=*/false, /*may_be_file=*/true, /*may_be_filler=*/false);
    EXPECT_FALSE(world.has_hole());
    EXPECT_EQ(world.attach(), WMCORE_OK);
    world.detach();
    check_afterwards(world, /*may_be_filler=*/false);
    return failures;
  });
}

TEST_P(WindowsSpansInjection, LostPage) {
  with_every_plan([&](injection::Plan plan) {
    World world(std::get<wmcore_access>(GetParam()));
    plan.before = [&](int number) {
      if (number >= plan.first)
        world.check_addresses();
    };
    EXPECT_EQ(world.attach(), WMCORE_OK);
    int failures = 0;
    storage_lost = false;
    {
      const Injected active(plan);
      fail_storage(world.place() + 5);
      EXPECT_TRUE(wmcore_span_faulted(world.span));
      world.check_place(/*may_trap=*/true, /*may_be_file=*/storage_lost, /*may_be_filler=*/false);
      if (at(world.place()).Type != MEM_PRIVATE && at(world.place()).State == MEM_COMMIT) {
        // The view is there still, and so is the error of its storage: an access must not be tried for ever.
        EXPECT_TRUE(std::exchange(storage_lost, false));
        if (!plan.only_once) {
          fail_storage(world.place() + 5);
          EXPECT_TRUE(storage_lost);
        }
      }
      failures = active.failures();
      EXPECT_FALSE(injection::failed_fast());
    }
    fail_storage(world.place() + 5); // Again, with memory.
    world.check();
    world.check_place(false, false, false);
    EXPECT_TRUE(wmcore_span_faulted(world.span));
    world.detach();
    check_afterwards(world, /*may_be_filler=*/false);
    return failures;
  });
}

TEST_P(WindowsSpansInjection, GrowthOfTheFile) {
  with_every_plan([&](injection::Plan plan) {
    World world(std::get<wmcore_access>(GetParam()));
    plan.before = [&](int number) {
      if (number >= plan.first)
        world.check_addresses();
    };
    EXPECT_EQ(world.attach(), WMCORE_OK);
    const uint64_t shown = (world.bytes.size() + 4095) / 4096 * 4096 - unit;
    world.file.write(world.bytes.size(), Bytes(units * unit, 7));
    const auto check_tail = [&](bool may_trap) {
      for (uint64_t index = shown; index < units * unit; index += 509) {
        const int seen = load_or_trap(world.place() + index);
        ASSERT_TRUE(seen == (wmcore_span_faulted(world.span) ? 0 : 7) || (may_trap && seen == trapped))
            << index << ": " << seen;
      }
    };
    int failures = 0;
    {
      const Injected active(plan);
      check_tail(/*may_trap=*/true);
      EXPECT_EQ(wmcore_span_faulted(world.span), (failures = active.failures()) > 0);
      EXPECT_FALSE(injection::failed_fast());
    }
    check_tail(/*may_trap=*/false);
    world.check();
    for (uint64_t index = 0; index < shown; index++)
      EXPECT_EQ(world.place()[index], unit + index < world.bytes.size() ? world.bytes[unit + index] : 7) << index;
    world.detach();
    world.check();
    world.check_place(false, false, false);
    return failures;
  });
}

TEST_P(WindowsSpansInjection, Hole) {
  with_every_plan([&](injection::Plan plan) {
    World world(std::get<wmcore_access>(GetParam()));
    plan.before = [&](int number) {
      if (number >= plan.first)
        world.check_addresses();
    };
    EXPECT_EQ(world.attach(), WMCORE_OK);
    EXPECT_TRUE(wmcore::vacate(world.place(), units * unit));
    int failures = 0;
    {
      const Injected active(plan);
      world.check_place(/*may_trap=*/true, false, false);
      world.detach();
      world.check_place(/*may_trap=*/true, false, false);
      failures = active.failures();
      EXPECT_FALSE(injection::failed_fast());
    }
    check_afterwards(world, /*may_be_filler=*/false);
    return failures;
  });
}

TEST_P(WindowsSpansInjection, Growth) {
  for (const bool beside_a_span : {false, true})
    with_every_plan([&](injection::Plan plan) {
      World world(std::get<wmcore_access>(GetParam()));
      plan.before = [&](int number) {
        if (number >= plan.first)
          world.check_addresses();
      };
      if (beside_a_span) {
        EXPECT_EQ(world.attach(), WMCORE_OK);
      }
      const uint64_t before = world.grown;
      int failures = 0;
      bool grew = false;
      bool failed_fast = false;
      {
        const Injected active(plan);
        grew = world.grow(3);
        failures = active.failures();
        failed_fast = injection::failed_fast();
      }
      EXPECT_TRUE(grew || failures > 0);
      world.check_addresses();
      if (failed_fast) { // The process ends, because there is memory that can be neither used nor taken back.
        EXPECT_FALSE(grew);
        EXPECT_TRUE(!plan.only_once && !wmcore::is_vacant(world.memory + before * unit, 3 * unit));
        return failures;
      }
      if (grew) {
        EXPECT_TRUE(std::all_of(world.memory + before * unit, world.memory + world.grown * unit,
                                [](uint8_t byte) { return byte == 0; }));
        std::fill(world.memory + before * unit, world.memory + world.grown * unit, filler);
      }
      world.check();
      EXPECT_TRUE(world.grow(2));
      std::fill(world.memory + (world.grown - 2) * unit, world.memory + world.grown * unit, filler);
      world.check();
      if (beside_a_span)
        world.detach();
      check_afterwards(world, /*may_be_filler=*/!beside_a_span);
      return failures;
    });
}

/// Memory of the guest that is released takes its orphans with it: others get the addresses, and spans may lie there.
TEST_P(WindowsSpansInjection, ReleaseFreesOrphans) {
  uint8_t *place = nullptr;
  for (int round = 0; round < 260; round++) { // More than one chunk of slots.
    World world(std::get<wmcore_access>(GetParam()));
    EXPECT_EQ(world.attach(), WMCORE_OK);
    const Injected active({injection::VirtualAlloc2_, 1, ERROR_COMMITMENT_LIMIT, /*only_once=*/false, nullptr});
    world.detach();
    ASSERT_TRUE(world.has_hole());
    ASSERT_EQ(load_or_trap(world.place()), trapped);
    all_failures += active.failures();
    place = world.place();
  }
  // Somebody else's, who gets his own access violations.
  void *const other = VirtualAlloc(place, unit, MEM_RESERVE, PAGE_NOACCESS);
  ASSERT_EQ(other, place);
  EXPECT_EQ(load_or_trap(place), trapped);
  EXPECT_EQ(at(place).State, DWORD{MEM_RESERVE});
  VirtualFree(other, 0, MEM_RELEASE);
}

/// What no guest can ask for, since hosts look where its memory is.
TEST_P(WindowsSpansInjection, OtherPlacesAreLeftAlone) {
  World world(std::get<wmcore_access>(GetParam()));
  wmcore_span *span = nullptr;
  auto *ordinary = static_cast<uint8_t *>(VirtualAlloc(nullptr, 4 * unit, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  std::fill_n(ordinary, 4 * unit, filler);
  for (int time = 0; time < 2; time++)
    EXPECT_TRUE(wmcore_span_attach(world.mapping.get(), 0, ordinary + unit, unit, &span));
  EXPECT_TRUE(std::all_of(ordinary, ordinary + 4 * unit, [](uint8_t byte) { return byte == filler; }));
  VirtualFree(ordinary, 0, MEM_RELEASE);

  const TemporaryFile file(pattern(4 * unit));
  const Mapping other = map(file.handle(), WMCORE_READ);
  const Region region(wmcore_region_hold(other.get()));
  EXPECT_TRUE(wmcore_span_attach(world.mapping.get(), 0, wmcore_region_bytes(region.get()), unit, &span));
  EXPECT_EQ(wmcore_region_bytes(region.get())[5], 5);

  ASSERT_EQ(world.attach(), WMCORE_OK);
  for (uint64_t start = first - 1; start < first + units; start++) // Overlaps.
    EXPECT_EQ(wmcore_span_attach(world.mapping.get(), 0, world.memory + start * unit, 2 * unit, &span), WMCORE_BUSY);
  for (const uint64_t length : {UINT64_MAX, UINT64_MAX - unit + 1, uint64_t{1} << 63, uint64_t{1} << 40, 5 * unit + 1})
    EXPECT_EQ(wmcore_span_attach(world.mapping.get(), 0, world.place() + units * unit, length, &span),
              length % unit ? WMCORE_INVALID_ARGUMENT : WMCORE_OUT_OF_RANGE)
        << length;
  EXPECT_EQ(wmcore_span_attach(world.mapping.get(), 0, world.place() + 1, unit, &span), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(span, nullptr);
  world.check();
  world.check_place(false, true, false);
  all_failures = 1;
}

INSTANTIATE_TEST_SUITE_P(Accesses, WindowsSpansInjection, span_cases(), name_of);

} // namespace
