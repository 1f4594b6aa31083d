/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "map.h"

uint64_t generation = 1;

bool is_private(const Mmap *self) { return self->is_private_file && self->access != ACCESS_READ; }

int raise_closed(void) {
  PyErr_SetString(PyExc_ValueError, "mmap closed or invalid");
  return -1;
}

int check_writable(const Mmap *self) {
  if (self->access != ACCESS_READ)
    return 0;
  PyErr_SetString(PyExc_TypeError, "mmap can't modify a readonly memory map.");
  return -1;
}

PyObject *none(void) {
  Py_IncRef(Py_None);
  return Py_None;
}
