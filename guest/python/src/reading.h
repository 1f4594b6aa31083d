/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The methods that read and search. */
#ifndef WASI_MMAP_READING_H
#define WASI_MMAP_READING_H

#include "map.h"

PyObject *mmap_read(Mmap *self, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_read_byte(Mmap *self, PyObject *unused);
PyObject *mmap_readline(Mmap *self, PyObject *unused);
PyObject *mmap_find(Mmap *self, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_rfind(Mmap *self, PyObject *const *arguments, Py_ssize_t count);

#endif
