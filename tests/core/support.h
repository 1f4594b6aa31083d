// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the tests of the core share: mappings that clean up after themselves.
#pragma once

#include "files.h" // Of this system.

/// Bytes 0, 1, … 250, 0, 1, … : every page differs from its neighbours.
inline Bytes pattern(size_t length) {
  Bytes bytes(length);
  for (size_t index = 0; index < length; index++)
    bytes[index] = static_cast<uint8_t>(index % 251);
  return bytes;
}

struct Close {
  void operator()(wmcore_mapping *mapping) const { wmcore_close(mapping); }
  void operator()(wmcore_region *region) const { wmcore_region_release(region); }
};
using Mapping = std::unique_ptr<wmcore_mapping, Close>;
using Region = std::unique_ptr<wmcore_region, Close>;

inline Mapping map(wmcore_file file, wmcore_access access, uint64_t length = 0, uint64_t offset = 0) {
  wmcore_mapping *mapping = nullptr;
  EXPECT_EQ(wmcore_open(file, WMCORE_ALL_RIGHTS, length, access, offset, &mapping), WMCORE_OK);
  return Mapping(mapping);
}

inline Bytes read_all(const Mapping &mapping) {
  Bytes bytes(wmcore_length(mapping.get()));
  EXPECT_EQ(wmcore_read(mapping.get(), 0, bytes.size(), bytes.data()), WMCORE_OK);
  return bytes;
}
