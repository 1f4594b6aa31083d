// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What only Windows has, and what it refuses.
#include "../support.h"

#include <atomic>
#include <thread>

namespace {

wmcore_status open_status(wmcore_file file, uint64_t length, wmcore_access access) {
  wmcore_mapping *mapping = nullptr;
  const wmcore_status status = wmcore_open(file, WMCORE_ALL_RIGHTS, length, access, 0, &mapping);
  EXPECT_EQ(mapping != nullptr, status == WMCORE_OK);
  wmcore_close(mapping);
  return status;
}

wmcore_file file_of(HANDLE handle) { return reinterpret_cast<wmcore_file>(handle); }

DWORD handles() {
  DWORD count = 0;
  EXPECT_TRUE(GetProcessHandleCount(GetCurrentProcess(), &count));
  return count;
}

TEST(WindowsOpen, RefusesWhatIsNoRegularFile) {
  TemporaryFile file(pattern(10));
  const wmcore_file closed = file.handle();
  file.close();
  for (const wmcore_file bad : {closed, wmcore_file{0}, wmcore_file{-2}, wmcore_file{-4}, INTPTR_MAX})
    EXPECT_EQ(open_status(bad, 0, WMCORE_READ), WMCORE_BAD_DESCRIPTOR) << bad;
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  EXPECT_EQ(open_status(file_of(event), 1, WMCORE_READ), WMCORE_BAD_DESCRIPTOR);
  CloseHandle(event);
  const HANDLE folder = CreateFileW(L".", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  ASSERT_NE(folder, INVALID_HANDLE_VALUE);
  EXPECT_EQ(open_status(file_of(folder), 0, WMCORE_READ), WMCORE_UNSUPPORTED);
  EXPECT_EQ(open_status(file_of(folder), 10, WMCORE_WRITE), WMCORE_UNSUPPORTED) << "before the rights";
  CloseHandle(folder);
  const HANDLE null = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  EXPECT_EQ(open_status(file_of(null), 10, WMCORE_READ), WMCORE_UNSUPPORTED);
  CloseHandle(null);
  HANDLE ends[2] = {};
  ASSERT_TRUE(CreatePipe(&ends[0], &ends[1], nullptr, 0));
  EXPECT_EQ(open_status(file_of(ends[0]), 1, WMCORE_READ), WMCORE_UNSUPPORTED);
  CloseHandle(ends[0]);
  CloseHandle(ends[1]);
}

TEST(WindowsOpen, RightsOfTheHandle) {
  const TemporaryFile file(pattern(10));
  const auto open = [&](DWORD rights) {
    return CreateFileW(file.path.c_str(), rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                       OPEN_EXISTING, 0, nullptr);
  };
  for (const DWORD rights : {DWORD{FILE_READ_ATTRIBUTES}, DWORD{FILE_WRITE_DATA | FILE_READ_ATTRIBUTES},
                             DWORD{FILE_READ_DATA | FILE_APPEND_DATA | FILE_READ_ATTRIBUTES}}) {
    const HANDLE handle = open(rights);
    ASSERT_NE(handle, INVALID_HANDLE_VALUE);
    const bool reads = (rights & FILE_READ_DATA) != 0;
    EXPECT_EQ(open_status(file_of(handle), 0, WMCORE_READ), reads ? WMCORE_OK : WMCORE_ACCESS_DENIED);
    EXPECT_EQ(open_status(file_of(handle), 0, WMCORE_COPY), reads ? WMCORE_OK : WMCORE_ACCESS_DENIED);
    EXPECT_EQ(open_status(file_of(handle), 0, WMCORE_WRITE), WMCORE_ACCESS_DENIED);
    CloseHandle(handle);
  }
}

TEST(WindowsOpen, ThereIsNoPosix) {
  const TemporaryFile file(pattern(10));
  wmcore_mapping *mapping = nullptr;
  EXPECT_EQ(wmcore_open_posix(file.handle(), WMCORE_ALL_RIGHTS, 0, WMCORE_SHARED, WMCORE_PROTECT_READ, 0, &mapping),
            WMCORE_UNSUPPORTED);
  EXPECT_EQ(wmcore_open_posix(WMCORE_NO_FILE, WMCORE_ALL_RIGHTS, 1, WMCORE_PRIVATE, WMCORE_PROTECT_READ, 0, &mapping),
            WMCORE_UNSUPPORTED);
}

TEST(WindowsOpen, LeaksNoHandles) {
  const TemporaryFile file(pattern(100'000));
  map(file.handle(), WMCORE_READ).reset();
  const DWORD before = handles();
  for (int round = 0; round < 100; round++) {
    for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
      const Mapping mapping = map(file.handle(), access);
      wmcore_region *lent = nullptr;
      ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
      wmcore_region_release(lent);
    }
    EXPECT_EQ(open_status(file.handle(), 100'001, WMCORE_READ), WMCORE_PAST_END);
    wmcore_mapping *named = nullptr;
    EXPECT_EQ(wmcore_open_named("wasi-mmap-core-leak", 10, WMCORE_WRITE, &named), WMCORE_OK);
    wmcore_close(named);
  }
  EXPECT_LT(handles(), before + 50); // The system's own threads open some.
}

TEST(WindowsResize, AFileThatOthersMapStaysWhatItWas) {
  const TemporaryFile file(pattern(200'000));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE, 0, 100);
  ASSERT_EQ(wmcore_write(mapping.get(), 5, 1, "x"), WMCORE_OK);
  Bytes expected = pattern(200'000);
  expected[105] = 'x';
  for (const wmcore_access access : {WMCORE_READ, WMCORE_WRITE, WMCORE_COPY}) {
    const Mapping other = map(file.handle(), access, 10);
    EXPECT_EQ(wmcore_resize(mapping.get(), 1'000), WMCORE_BUSY);
    EXPECT_EQ(wmcore_system_error(), ERROR_USER_MAPPED_FILE);
    EXPECT_EQ(read_all(mapping), Bytes(expected.begin() + 100, expected.end()));
    EXPECT_EQ(file.size(), 200'000U);
    EXPECT_FALSE(file.truncate(10));
  }
  EXPECT_EQ(wmcore_resize(mapping.get(), 1'000), WMCORE_OK);
  EXPECT_EQ(read_all(mapping), Bytes(expected.begin() + 100, expected.begin() + 1'100));
  EXPECT_EQ(file.size(), 1'100U);
}

TEST(WindowsResize, HeldRegionsKeepAFileFromBeingCut) {
  const TemporaryFile file(pattern(200'000));
  const Mapping mapping = map(file.handle(), WMCORE_WRITE);
  Region region(wmcore_region_hold(mapping.get()));
  EXPECT_EQ(wmcore_resize(mapping.get(), 10), WMCORE_BUSY);
  EXPECT_EQ(wmcore_region_bytes(region.get())[199'999], pattern(200'000)[199'999]) << "nothing was moved";
  EXPECT_EQ(wmcore_resize(mapping.get(), 300'000), WMCORE_OK) << "a file may grow";
  EXPECT_EQ(wmcore_resize(mapping.get(), 10), WMCORE_BUSY) << "the region shows more of the file";
  region.reset();
  EXPECT_EQ(wmcore_resize(mapping.get(), 10), WMCORE_OK);
  EXPECT_EQ(file.size(), 10U);
}

TEST(WindowsResize, ThePositionOfTheHandleStays) {
  const TemporaryFile file(pattern(100));
  LARGE_INTEGER position = {};
  position.QuadPart = 7;
  ASSERT_TRUE(SetFilePointerEx(file.fd, position, nullptr, FILE_BEGIN));
  EXPECT_EQ(wmcore_resize(map(file.handle(), WMCORE_WRITE).get(), 1'000), WMCORE_OK);
  EXPECT_EQ(wmcore_resize(map(file.handle(), WMCORE_WRITE).get(), 50), WMCORE_OK);
  ASSERT_TRUE(SetFilePointerEx(file.fd, {}, &position, FILE_CURRENT));
  EXPECT_EQ(position.QuadPart, 7);
}

TEST(WindowsNamed, SharedByAll) {
  const auto open = [](uint64_t length, wmcore_access access) {
    wmcore_mapping *mapping = nullptr;
    EXPECT_EQ(wmcore_open_named("wasi-mmap-core-ä", length, access, &mapping), WMCORE_OK);
    return Mapping(mapping);
  };
  Mapping first = open(100'000, WMCORE_WRITE);
  EXPECT_EQ(read_all(first), Bytes(100'000));
  ASSERT_EQ(wmcore_write(first.get(), 99'999, 1, "x"), WMCORE_OK);
  const Mapping read = open(100'000, WMCORE_READ);
  const Mapping copy = open(100'000, WMCORE_COPY);
  ASSERT_EQ(wmcore_write(copy.get(), 0, 1, "c"), WMCORE_OK);
  EXPECT_EQ(read_all(read)[99'999], 'x');
  EXPECT_EQ(read_all(read)[0], 0);
  EXPECT_EQ(wmcore_write(read.get(), 0, 1, "x"), WMCORE_READ_ONLY);
  EXPECT_EQ(wmcore_resize(first.get(), 10), WMCORE_NOT_RESIZABLE);
  EXPECT_EQ(wmcore_flush(first.get(), 0, 100'000), WMCORE_OK);
  first.reset();
  EXPECT_EQ(read_all(open(100'000, WMCORE_WRITE))[99'999], 'x');
  wmcore_mapping *mapping = nullptr;
  EXPECT_EQ(wmcore_open_named("wasi-mmap-core-ä", 200'000, WMCORE_READ, &mapping), WMCORE_PAST_END);
}

TEST(WindowsNamed, NamesThatCannotBe) {
  wmcore_mapping *mapping = nullptr;
  EXPECT_EQ(wmcore_open_named("", 1, WMCORE_WRITE, &mapping), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_open_named("\xff", 1, WMCORE_WRITE, &mapping), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_open_named("no\\such\\folder", 1, WMCORE_WRITE, &mapping), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_open_named("wasi-mmap-core", 0, WMCORE_WRITE, &mapping), WMCORE_INVALID_ARGUMENT);
  EXPECT_EQ(wmcore_open_named("wasi-mmap-core", UINT64_MAX, WMCORE_WRITE, &mapping), WMCORE_NO_MEMORY);
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, L"wasi-mmap-core-event");
  EXPECT_EQ(wmcore_open_named("wasi-mmap-core-event", 1, WMCORE_WRITE, &mapping), WMCORE_BUSY);
  CloseHandle(event);
}

constexpr ULONG_PTR device_error = 0xC0000185; // STATUS_IO_DEVICE_ERROR

/// What the system does for a page that it cannot read: no disk here fails when it is asked to.
void raise_in_page_error(const volatile uint8_t *address, ULONG_PTR access = 0) {
  const ULONG_PTR arguments[] = {access, reinterpret_cast<ULONG_PTR>(address), device_error};
  RaiseException(static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR), 0, 3, arguments);
}

class WindowsFaults : public testing::TestWithParam<wmcore_access> {
protected:
  const Bytes bytes = pattern(300'000);
  const TemporaryFile file{bytes};
  const Mapping mapping = map(file.handle(), GetParam(), 0, 100);
};

TEST_P(WindowsFaults, ABrokenPage) {
  const Mapping other = map(file.handle(), GetParam());
  const Region region(wmcore_region_hold(mapping.get()));
  const volatile uint8_t *page = wmcore_region_bytes(region.get()) + 150'000;
  const uint32_t before = *wmcore_fault_count();
  SetLastError(42);
  raise_in_page_error(page);
  EXPECT_EQ(*page, bytes[150'100]) << "at first it is read again";
  EXPECT_EQ(*wmcore_fault_count(), before);
  raise_in_page_error(page);
  EXPECT_EQ(GetLastError(), 42U);
  EXPECT_EQ(*wmcore_fault_count(), before + 1);
  EXPECT_EQ(*page, 0);
  EXPECT_EQ(wmcore_system_error(), ERROR_IO_DEVICE);
  for (uint64_t offset = 0; offset < 299'900; offset += 1'000)
    EXPECT_EQ(wmcore_region_bytes(region.get())[offset], 0) << "the whole view is replaced";
  if (GetParam() != WMCORE_READ) {
    wmcore_region_bytes(region.get())[299'899] = 1;
    EXPECT_EQ(wmcore_region_bytes(region.get())[299'899], 1);
  }
  uint8_t byte = 0;
  bool clean = true;
  uint64_t position = 0;
  EXPECT_EQ(wmcore_read(mapping.get(), 0, 1, &byte), WMCORE_FAULT);
  EXPECT_EQ(wmcore_find(mapping.get(), "absent", 6, 0, 299'900, &position), WMCORE_FAULT);
  EXPECT_EQ(wmcore_check(mapping.get(), 0, 1, &clean), WMCORE_FAULT);
  EXPECT_FALSE(clean);
  EXPECT_EQ(*wmcore_fault_count(), before + 1) << "one fault for all that was lost";
  EXPECT_EQ(read_all(other), bytes);
  if (GetParam() == WMCORE_WRITE) {
    EXPECT_EQ(wmcore_flush(mapping.get(), 0, 10), WMCORE_FAULT);
    EXPECT_EQ(wmcore_resize(mapping.get(), 400'000), WMCORE_OK) << "other pages";
    EXPECT_EQ(wmcore_read(mapping.get(), 0, 1, &byte), WMCORE_OK);
    EXPECT_EQ(byte, 100);
  }
}

TEST_P(WindowsFaults, WhatWasLentIsApart) {
  wmcore_region *lent = nullptr;
  ASSERT_EQ(wmcore_region_lend(mapping.get(), &lent), WMCORE_OK);
  const Region region(lent);
  volatile uint8_t *view = wmcore_region_bytes(lent);
  raise_in_page_error(view, 1);
  raise_in_page_error(view, 1);
  view[5] = 9;
  EXPECT_EQ(view[5], 9);
  EXPECT_EQ(view[6], 0);
  EXPECT_EQ(file.read(0, 1'000), pattern(1'000));
}

INSTANTIATE_TEST_SUITE_P(Access, WindowsFaults, testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY));

TEST(WindowsThreads, ManyRunIntoABrokenView) {
  const Bytes bytes = pattern(2'000'000);
  const TemporaryFile file(bytes);
  for (int round = 0; round < 20; round++) {
    const Mapping mapping = map(file.handle(), round % 2 == 0 ? WMCORE_READ : WMCORE_COPY);
    const Region region(wmcore_region_hold(mapping.get()));
    const volatile uint8_t *view = wmcore_region_bytes(region.get());
    std::atomic<int> started{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (size_t first = 0; first < 3; first++)
      threads.emplace_back([&, first] {
        started++;
        while (!stop)
          for (size_t index = first; index < bytes.size(); index += 4'001) {
            const uint8_t byte = view[index];
            EXPECT_TRUE(byte == bytes[index] || byte == 0);
          }
      });
    while (started < 3)
      std::this_thread::yield();
    raise_in_page_error(view + 1'000'000);
    raise_in_page_error(view + 1'000'000);
    stop = true;
    for (std::thread &thread : threads)
      thread.join();
    for (size_t index = 0; index < bytes.size(); index += 4'001)
      EXPECT_EQ(view[index], 0);
    EXPECT_EQ(wmcore_check(mapping.get(), 0, 1, nullptr), WMCORE_FAULT);
  }
}

uintptr_t foreign_address = 0;

LONG CALLBACK later_handler(EXCEPTION_POINTERS *pointers) {
  foreign_address = pointers->ExceptionRecord->ExceptionInformation[1];
  return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(WindowsHandler, ForeignFaultsGoOn) {
  const TemporaryFile file(pattern(100));
  const Mapping mapping = map(file.handle(), WMCORE_READ);
  const Mapping memory = map(WMCORE_NO_FILE, WMCORE_READ, 100);
  const Region region(wmcore_region_hold(mapping.get()));
  const Region no_file(wmcore_region_hold(memory.get()));
  uint8_t local = 0;
  void *handler = AddVectoredExceptionHandler(0, later_handler);
  const auto is_foreign = [&](const uint8_t *address, ULONG_PTR access) {
    foreign_address = 0;
    raise_in_page_error(address, access);
    return foreign_address == reinterpret_cast<uintptr_t>(address);
  };
  EXPECT_TRUE(is_foreign(&local, 0));
  EXPECT_TRUE(is_foreign(wmcore_region_bytes(no_file.get()), 0));
  EXPECT_TRUE(is_foreign(wmcore_region_bytes(region.get()) + 4'096, 0)) << "behind the last page";
  EXPECT_TRUE(is_foreign(wmcore_region_bytes(region.get()), 1)) << "a store into pages that are read";
  EXPECT_FALSE(is_foreign(wmcore_region_bytes(region.get()), 0));
  RemoveVectoredExceptionHandler(handler);
  EXPECT_EQ(read_all(mapping), pattern(100));
}

} // namespace
