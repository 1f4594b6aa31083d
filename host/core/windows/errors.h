// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "../system.h"

#include <windows.h>

namespace wmcore {

/// Remembers a number of GetLastError for wmcore_system_error().
void remember(DWORD error_number);

/// Remembers it and finds its error-code in the contract.
wmcore_status fail(DWORD error_number);

} // namespace wmcore
