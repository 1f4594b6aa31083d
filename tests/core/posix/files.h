// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files and pages of this system, for the tests.
#pragma once

#include "wasi_mmap_core.h"

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using Bytes = std::vector<uint8_t>;
enum class Rights { read, write, read_write };

inline uint64_t page_size() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

/// A file of its own below the working directory, which is on a disk: a file system in memory can hide faults.
class TemporaryFile {
public:
  explicit TemporaryFile(const Bytes &bytes, Rights rights = Rights::read_write) {
    std::string name = "core-test-XXXXXX";
    const int created = mkstemp(name.data());
    EXPECT_GE(created, 0);
    EXPECT_EQ(pwrite(created, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    const int flags = rights == Rights::read ? O_RDONLY : rights == Rights::write ? O_WRONLY : O_RDWR;
    fd = open(name.c_str(), flags | O_CLOEXEC);
    ::close(created);
    unlink(name.c_str());
  }
  ~TemporaryFile() {
    if (fd >= 0)
      ::close(fd);
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  void truncate(uint64_t size) const { EXPECT_EQ(ftruncate(fd, static_cast<off_t>(size)), 0); }
  void close() {
    ::close(fd);
    fd = -1;
  }
  uint64_t size() const {
    struct stat status = {};
    EXPECT_EQ(fstat(fd, &status), 0);
    return static_cast<uint64_t>(status.st_size);
  }
  wmcore_file handle() const { return fd; }
  Bytes read(uint64_t offset, size_t length) const {
    Bytes bytes(length);
    const ssize_t count = pread(fd, bytes.data(), length, static_cast<off_t>(offset));
    bytes.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return bytes;
  }

  int fd = -1;
};

/// Memory that ends, or begins, at a page nobody may touch.
class GuardedBytes {
public:
  explicit GuardedBytes(size_t capacity) : pages((capacity + page_size() - 1) / page_size() * page_size()) {
    memory = static_cast<uint8_t *>(
        mmap(nullptr, pages + 2 * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory, page_size(), PROT_NONE);
    mprotect(memory + page_size() + pages, page_size(), PROT_NONE);
  }
  ~GuardedBytes() { munmap(memory, pages + 2 * page_size()); }
  GuardedBytes(const GuardedBytes &) = delete;
  GuardedBytes &operator=(const GuardedBytes &) = delete;

  uint8_t *at_start() const { return memory + page_size(); }
  uint8_t *at_end(size_t length) const { return memory + page_size() + pages - length; }

private:
  size_t pages;
  uint8_t *memory;
};
