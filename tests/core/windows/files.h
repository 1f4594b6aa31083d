// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files and pages of this system, for the tests.
#pragma once

#include "wasi_mmap_core.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>
#include <windows.h>

using Bytes = std::vector<uint8_t>;
enum class Rights { read, write, read_write };

inline uint64_t page_size() { return 4096; }

/// A file of its own below the working directory. Shared with everybody, as Node opens files.
class TemporaryFile {
public:
  explicit TemporaryFile(const Bytes &bytes, Rights rights = Rights::read_write) {
    wchar_t name[MAX_PATH] = {};
    EXPECT_NE(GetTempFileNameW(L".", L"wmm", 0, name), 0U);
    path = name;
    const HANDLE created = open(GENERIC_WRITE);
    DWORD count = 0;
    EXPECT_TRUE(WriteFile(created, bytes.data(), static_cast<DWORD>(bytes.size()), &count, nullptr));
    CloseHandle(created);
    const DWORD read = rights == Rights::write ? 0 : GENERIC_READ;
    const DWORD write = rights == Rights::read ? 0 : GENERIC_WRITE;
    fd = open(read | write);
    EXPECT_NE(fd, INVALID_HANDLE_VALUE);
  }
  ~TemporaryFile() {
    close();
    DeleteFileW(path.c_str());
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  void close() {
    if (fd != INVALID_HANDLE_VALUE)
      CloseHandle(fd);
    fd = INVALID_HANDLE_VALUE;
  }
  uint64_t size() const {
    LARGE_INTEGER result = {};
    EXPECT_TRUE(GetFileSizeEx(fd, &result));
    return static_cast<uint64_t>(result.QuadPart);
  }
  /// Whether the system lets it be cut (or extended).
  bool truncate(uint64_t size) const {
    FILE_END_OF_FILE_INFO end = {};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
    return SetFileInformationByHandle(fd, FileEndOfFileInfo, &end, sizeof end) != 0;
  }
  void write(uint64_t offset, const Bytes &bytes) const {
    OVERLAPPED position = {};
    position.Offset = static_cast<DWORD>(offset);
    DWORD count = 0;
    EXPECT_TRUE(WriteFile(fd, bytes.data(), static_cast<DWORD>(bytes.size()), &count, &position));
  }
  wmcore_file handle() const { return reinterpret_cast<wmcore_file>(fd); }
  Bytes read(uint64_t offset, size_t length) const {
    const HANDLE reader = open(GENERIC_READ);
    OVERLAPPED position = {};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    Bytes bytes(length);
    DWORD count = 0;
    ReadFile(reader, bytes.data(), static_cast<DWORD>(length), &count, &position);
    CloseHandle(reader);
    bytes.resize(count);
    return bytes;
  }

  std::wstring path;
  HANDLE fd = INVALID_HANDLE_VALUE;

private:
  HANDLE open(DWORD access) const {
    return CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                       OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  }
};

/// Memory that ends, or begins, at a page nobody may touch.
class GuardedBytes {
public:
  explicit GuardedBytes(size_t capacity) : pages((capacity + page_size() - 1) / page_size() * page_size()) {
    memory = static_cast<uint8_t *>(
        VirtualAlloc(nullptr, pages + 2 * page_size(), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    DWORD before = 0;
    VirtualProtect(memory, page_size(), PAGE_NOACCESS, &before);
    VirtualProtect(memory + page_size() + pages, page_size(), PAGE_NOACCESS, &before);
  }
  ~GuardedBytes() { VirtualFree(memory, 0, MEM_RELEASE); }
  GuardedBytes(const GuardedBytes &) = delete;
  GuardedBytes &operator=(const GuardedBytes &) = delete;

  uint8_t *at_start() const { return memory + page_size(); }
  uint8_t *at_end(size_t length) const { return memory + page_size() + pages - length; }

private:
  size_t pages;
  uint8_t *memory;
};
