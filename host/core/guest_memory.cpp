// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory for guests in which spans can be attached.
#include "faults.h"

extern "C" {

void *wmcore_memory_reserve(uint64_t size) { return wmcore::reserve_memory(size); }

bool wmcore_memory_commit(void *start, uint64_t length) {
  return wmcore::commit_memory(static_cast<uint8_t *>(start), length);
}

void wmcore_let_children_inherit_guests(void) { wmcore::let_children_inherit_guests(); }

void wmcore_forget_addresses(void *start, uint64_t length) {
  wmcore::free_orphans(reinterpret_cast<uintptr_t>(start), length);
}

void wmcore_memory_release(void *memory, uint64_t size) {
  // Before the addresses can be reused: a slot that stayed would concern the next memory there.
  wmcore_forget_addresses(memory, size);
  wmcore::release_memory(static_cast<uint8_t *>(memory), size);
}

} // extern "C"
