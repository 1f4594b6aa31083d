// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

/// Whether all addresses from `start` to `end` are reserved and inaccessible. Engines reserve such a region after a
/// guest's memory, so that the memory can grow in place.
bool is_guard_region(const void *start, const void *end);
