// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <windows.h>

/// A function that the running program exports, whatever the name of its file. Null if it exports none of this name.
void *find_in_executable(const char *name);
