// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

#include "wasi_mmap_core.h"

#include <cstdint>
#include <mach/mach.h>

uint32_t guest_span_granularity() { return wmcore_span_granularity(); }

bool is_guard_region(const void *start, const void *end) {
  auto next = reinterpret_cast<vm_address_t>(start);
  const auto last = reinterpret_cast<vm_address_t>(end);
  while (next < last) {
    vm_address_t first = next; // The kernel returns the region that holds this address, or the next one after it.
    vm_size_t size = 0;
    vm_region_basic_info_data_64_t info = {};
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object = MACH_PORT_NULL; // Always null since Darwin 10.
    if (::vm_region_64(mach_task_self(), &first, &size, VM_REGION_BASIC_INFO_64,
                       reinterpret_cast<vm_region_info_t>(&info), &count, &object) != KERN_SUCCESS)
      return false;
    if (first > next || info.protection != VM_PROT_NONE)
      return false;
    next = first + size;
  }
  return true;
}

// Only JavaScriptCore is asked with such a page. Here it gets faults as Mach exceptions, before any signal, and would
// make a trap of a lost page: no spans.
bool make_readable(void * /*page*/, bool /*readable*/) { return false; }

// Only engines without a trap handler are asked for it. None was tried here.
bool has_ample_addresses() { return false; }
