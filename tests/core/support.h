// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the tests of the core share: files and mappings that clean up after themselves.
#pragma once

#include "wasi_mmap.h"

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using Bytes = std::vector<uint8_t>;

inline uint64_t page_size() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

/// Bytes 0, 1, … 250, 0, 1, … : every page differs from its neighbours.
inline Bytes pattern(size_t length) {
  Bytes bytes(length);
  for (size_t index = 0; index < length; index++)
    bytes[index] = static_cast<uint8_t>(index % 251);
  return bytes;
}

/// A file of its own below the working directory, which is on a disk: a file system in memory can hide faults.
class TemporaryFile {
public:
  explicit TemporaryFile(const Bytes &bytes, int flags = O_RDWR) {
    std::string name = "core-test-XXXXXX";
    const int created = mkstemp(name.data());
    EXPECT_GE(created, 0);
    EXPECT_EQ(pwrite(created, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
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
  Bytes read(uint64_t offset, size_t length) const {
    Bytes bytes(length);
    const ssize_t count = pread(fd, bytes.data(), length, static_cast<off_t>(offset));
    bytes.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return bytes;
  }

  int fd = -1;
};

struct Close {
  void operator()(wmmap_mapping *mapping) const { wmmap_close(mapping); }
  void operator()(wmmap_region *region) const { wmmap_region_release(region); }
};
using Mapping = std::unique_ptr<wmmap_mapping, Close>;
using Region = std::unique_ptr<wmmap_region, Close>;

inline Mapping map(wmmap_file file, wmmap_access access, uint64_t length = 0, uint64_t offset = 0) {
  wmmap_mapping *mapping = nullptr;
  EXPECT_EQ(wmmap_open(file, length, access, offset, &mapping), WMMAP_OK);
  return Mapping(mapping);
}

inline Bytes read_all(const Mapping &mapping) {
  Bytes bytes(wmmap_length(mapping.get()));
  EXPECT_EQ(wmmap_read(mapping.get(), 0, bytes.size(), bytes.data()), WMMAP_OK);
  return bytes;
}
