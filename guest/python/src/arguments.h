/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The arguments of methods, with the checks and messages of CPython's Argument Clinic. All raise and return false. */
#ifndef WASI_MMAP_ARGUMENTS_H
#define WASI_MMAP_ARGUMENTS_H

#include "stable_abi.h"

#include <stdbool.h>

/* Whether `least` to `most` arguments were given. */
bool check_count(const char *method, Py_ssize_t given, Py_ssize_t least, Py_ssize_t most);

/* An integer, or what has an `__index__`, which may run Python code. */
bool to_size(PyObject *argument, Py_ssize_t *result);
bool to_int(PyObject *argument, int *result);
bool to_byte(PyObject *argument, unsigned char *result);

/* None leaves the result as it is. */
bool to_size_unless_none(PyObject *argument, Py_ssize_t *result);

#endif
