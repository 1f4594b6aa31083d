// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../guest_memory.h"

// A view replaces only placeholders, and V8 reserves the memory of its guests as something else.
uint32_t guest_span_granularity() { return 0; }

bool is_guard_region(const void * /*start*/, const void * /*end*/) {
  return false; // Never called: there are no spans.
}

bool make_readable(void * /*page*/, bool /*readable*/) { return false; }

bool has_ample_addresses() { return false; }
