// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

/// The granularity of spans in memory that the engine allocates; 0 if none can lie there.
uint32_t guest_span_granularity();

/// Whether all addresses from `start` to `end` are reserved and inaccessible. Engines reserve such a region after a
/// guest's memory, so that the memory can grow in place.
bool is_guard_region(const void *start, const void *end);
