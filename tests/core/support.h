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
