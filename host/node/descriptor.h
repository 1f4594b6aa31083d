// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "wasi_mmap_core.h"

/// The system's file behind one of Node's descriptors; for one that is not open, a file that is not open either.
wmcore_file file_of_descriptor(int descriptor);
