// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "../faults.h"

namespace wmcore {

/// Shows the file in place of the memory past its end, where the file has grown since the span was attached, and no
/// page was lost. Returns false if the page of the address is not the file's. A fault handler calls it, with `Changing`
/// held.
bool show_growth(const FaultSlot &slot, uint8_t *address);

} // namespace wmcore
