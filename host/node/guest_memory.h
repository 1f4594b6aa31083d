// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

/// Whether all addresses between the two are reserved, and none can be used: what an engine keeps behind the memory of
/// a guest, so that it can grow where it is.
bool unusable(const void *start, const void *end);
