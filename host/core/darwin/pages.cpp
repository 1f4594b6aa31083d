// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"
#include "../posix/spare_areas.h"

#include <algorithm>
#include <fcntl.h>
#include <mach/vm_inherit.h>
#include <sys/mman.h>

namespace wmcore {

size_t max_areas() {
  // Darwin has no limit of its own. That of Linux keeps a program from filling the kernel's memory.
  constexpr size_t most = 65530;
  return most / 2;
}

// A process ends when it executes pages of a file that is not signed.
bool executable_pages() { return false; }

// MADV_DONTNEED keeps the bytes of private pages here. MADV_FREE does nothing to pages of a file.
void discard_zeros(uint8_t *base, uint64_t length) { ::madvise(base, length, MADV_FREE); }

// MADV_WILLNEED waits for the disk here, fails at a lost page, and makes pages that may be written dirty or private
// (XNU: vm_map_willneed()).
int read_ahead(uint8_t * /*base*/, uint64_t length, const File *file, uint64_t offset) {
  constexpr uint64_t most = uint64_t{1} << 30; // The length is an int.
  for (uint64_t done = 0; file && done < length; done += most) {
    radvisory range = {};
    range.ra_offset = static_cast<off_t>(offset + done);
    range.ra_count = static_cast<int>(std::min(most, length - done));
    if (::fcntl(static_cast<int>(file->handle), F_RDADVISE, &range) != 0)
      return 0; // Past the end, or not supported: no advice is an error.
  }
  return 0;
}

void keep_from_children(void *base, uint64_t length) { ::minherit(base, length, VM_INHERIT_NONE); }

// Without a limit nothing has to be kept in reserve.
bool has_spare_areas() { return true; }
void hold_spare_areas() {}
bool give_up_spare_area() { return false; }

} // namespace wmcore
