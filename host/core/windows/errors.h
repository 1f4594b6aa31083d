// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "../system.h"

#include <windows.h>

namespace wmcore {

/// Keeps a number of GetLastError() for wmcore_system_error().
void remember(DWORD error_number);

/// Keeps it, and returns the contract's error-code for it.
wmcore_status fail(DWORD error_number);

} // namespace wmcore
