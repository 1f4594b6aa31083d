/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Python's exceptions for what the host answers. */
#ifndef WASI_MMAP_ERRORS_H
#define WASI_MMAP_ERRORS_H

#include "wasi_mmap.h"

#include <errno.h>

/* Raises OSError, or its subclass for the number. Returns -1. */
int raise_errno(int number);

/* Raises what CPython raises for an error-code of the contract, and returns -1; returns 0 for WMMAP_OK. */
int check_status(wmmap_status status);

#endif
