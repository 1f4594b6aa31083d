/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The methods of a map, with the checks and messages of CPython. */
#ifndef WASI_MMAP_METHODS_H
#define WASI_MMAP_METHODS_H

#include "map.h"

extern PyMethodDef mmap_methods[];

#endif
