/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Python's exceptions for what the host answers. */
#ifndef WASI_MMAP_ERRORS_H
#define WASI_MMAP_ERRORS_H

#include <errno.h>

/* Raises OSError, or the subclass that Python has for the number. */
void raise_errno(int number);

/* Raises what CPython raises for an error-code of the contract. */
void raise_code(int code);

/* A call whose result has no value. */
#define PLAIN(call)                                                                                                    \
  do {                                                                                                                 \
    contract_result result;                                                                                            \
    call;                                                                                                              \
    if (result.plain.failed)                                                                                           \
      return raise_code(result.plain.code), -1;                                                                        \
  } while (0)

#endif
