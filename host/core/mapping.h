// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a mapping is.
#pragma once

#include "region.h"

struct wmmap_mapping {
  std::shared_ptr<const wmmap::File> file; // Null for zero-filled memory.
  uint64_t offset;
  wmmap_access access;
  wmmap::PageKind kind;
  wmmap_region *region = nullptr; // Holds one.
  wmmap_region *lent = nullptr;   // Holds one, once asked for, where lent pages are not those of `region`.

  ~wmmap_mapping() { drop_regions(); }

  void drop_regions() {
    if (lent)
      lent->release();
    if (region)
      region->release();
    lent = region = nullptr;
  }

  uint64_t length() const { return region->length(); }
  bool contains(uint64_t start, uint64_t size) const { return region->contains(start, size); }
  bool readable() const { return kind.read || kind.write; }

  wmmap_status may_read(uint64_t start, uint64_t size) const {
    if (!readable())
      return WMMAP_ACCESS_DENIED;
    return contains(start, size) ? region->prepare(start, size) : WMMAP_OUT_OF_RANGE;
  }

  wmmap_status may_write(uint64_t start, uint64_t size) const {
    if (!kind.write)
      return WMMAP_READ_ONLY;
    return contains(start, size) ? region->prepare(start, size) : WMMAP_OUT_OF_RANGE;
  }
};
