// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

/// The granularity of spans in memory that the engine allocates; 0 if none can lie there.
uint32_t guest_span_granularity();

/// Whether all addresses from `start` to `end` are reserved and inaccessible. Engines reserve such a region after a
/// guest's memory, so that the memory can grow in place.
bool is_guard_region(const void *start, const void *end);

/// Makes the page at this address readable, or inaccessible again. The engine has reserved it.
bool make_readable(void *page, bool readable);

/// Whether the system cannot have refused to reserve addresses: there is no limit, and most of them are free.
bool has_ample_addresses();
