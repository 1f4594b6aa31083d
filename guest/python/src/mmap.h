/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The parts of the type `mmap`: how it is made and closed, what it does like a file, and what it does like an array. */
#ifndef WASI_MMAP_MMAP_H
#define WASI_MMAP_MMAP_H

#include "map.h"

/* Raises what a closed map raises; returns -1. */
int closed(void);

#define CHECK_VALID(failure)                                                                                           \
  do {                                                                                                                 \
    if (!self->is_open)                                                                                                \
      return closed(), failure;                                                                                        \
  } while (0)

#define FUNCTION(name) ((PyCFunction)(name))

/* mmap.c: making and closing */
/* Fails if the map is of ACCESS_READ. */
int check_writable(const Mmap *self);
PyObject *none(void);
PyObject *mmap_close(Mmap *self, PyObject *unused);
PyObject *mmap_enter(Mmap *self, PyObject *unused);
PyObject *mmap_exit(Mmap *self, PyObject *unused);

/* like_file.c: the methods */
extern PyMethodDef mmap_methods[];

/* like_array.c: lengths, items, slices and buffers */
/* Makes what take_byte gives; raises and returns -1 if it fails. */
int make_numbers(void);
PyObject *take_bytes(Mmap *self, Py_ssize_t at, Py_ssize_t length);
PyObject *take_byte(Mmap *self, Py_ssize_t at);
Py_ssize_t mmap_length(Mmap *self);
PyObject *mmap_item(Mmap *self, Py_ssize_t index);
PyObject *mmap_subscript(Mmap *self, PyObject *item);
int mmap_ass_subscript(Mmap *self, PyObject *item, PyObject *value);
int mmap_getbuffer(Mmap *self, Py_buffer *view, int flags);
void mmap_releasebuffer(Mmap *self, Py_buffer *view);

#endif
