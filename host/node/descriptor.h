// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "wasi_mmap_core.h"

/// The operating system's file of a file descriptor of Node. A closed descriptor gives a file that is not open either.
wmcore_file file_of_descriptor(int descriptor);
