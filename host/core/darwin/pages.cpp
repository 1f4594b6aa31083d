// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../posix/native.h"
#include "../posix/spare_areas.h"

#include <algorithm>
#include <fcntl.h>
#include <mach/mach.h>
#include <mach/vm_inherit.h>
#include <new>
#include <sys/mman.h>

namespace wmcore {

size_t max_areas() {
  // Darwin has no limit of its own. That of Linux keeps a program from filling the kernel's memory.
  constexpr size_t most = 65530;
  return most / 2;
}

bool find_areas(std::vector<uintptr_t> &starts) {
  vm_address_t start = 0;
  vm_size_t size = 0;
  for (;; start += size) {
    vm_region_basic_info_data_64_t info = {};
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object = MACH_PORT_NULL;
    if (vm_region_64(mach_task_self(), &start, &size, VM_REGION_BASIC_INFO_64,
                     reinterpret_cast<vm_region_info_t>(&info), &count, &object) != KERN_SUCCESS)
      return !starts.empty(); // No area lies past the last one.
    try {
      starts.push_back(static_cast<uintptr_t>(start));
    } catch (const std::bad_alloc &) {
      return false;
    }
  }
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
