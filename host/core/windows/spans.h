// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "../faults.h"

namespace wmcore {

/// Shows the file in place of the memory past its end, where `address` lies, if the file has grown since the span was
/// attached and no page was lost. Returns where the pages end that show it, in bytes from the start of the span. A
/// fault handler calls it, with `Changing` held.
uint64_t show_growth(const FaultSlot &slot, uint8_t *address);

} // namespace wmcore
