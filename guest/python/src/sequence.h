/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The sequence protocol: length, items and slices. */
#ifndef WASI_MMAP_SEQUENCE_H
#define WASI_MMAP_SEQUENCE_H

#include "map.h"

/* Makes the integers that read_byte() returns; raises and returns -1 on failure. */
int sequence_init(void);

/* Bytes of a range inside the map, as an object of Python. */
PyObject *read_bytes(Mmap *self, Py_ssize_t at, Py_ssize_t length);
/* A byte inside the map, as an integer of Python. */
PyObject *read_byte(Mmap *self, Py_ssize_t at);

Py_ssize_t mmap_length(Mmap *self);
PyObject *mmap_item(Mmap *self, Py_ssize_t index);
PyObject *mmap_subscript(Mmap *self, PyObject *item);
int mmap_ass_subscript(Mmap *self, PyObject *item, PyObject *value);

#endif
