/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "errors.h"
#include "contract.h"
#include "stable_abi.h"

#include <string.h>

void raise_errno(int number) {
  PyObject *error = PyObject_CallFunction(PyExc_OSError, "is", number, strerror(number));
  if (!error)
    return;
  PyErr_SetObject((PyObject *)error->ob_type, error);
  Py_DecRef(error);
}

void raise_code(int code) {
  switch (code) {
  case EMPTY_FILE:
    return PyErr_SetString(PyExc_ValueError, "cannot mmap an empty file");
  case PAST_END:
    return PyErr_SetString(PyExc_ValueError, "mmap length is greater than file size");
  case READ_ONLY:
    return PyErr_SetString(PyExc_TypeError, "mmap can't modify a readonly memory map.");
  case OUT_OF_RANGE:
    return PyErr_SetString(PyExc_ValueError, "data out of range");
  case NOT_RESIZABLE:
    return PyErr_SetString(PyExc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
  case ACCESS_DENIED:
    return raise_errno(EACCES);
  case BAD_DESCRIPTOR:
    return raise_errno(EBADF);
  case INVALID_ARGUMENT:
    return raise_errno(EINVAL);
  case BUSY:
    return raise_errno(EBUSY);
  case FAULT: /* Where CPython dies of SIGBUS. */
    return raise_errno(EFAULT);
  case NO_MEMORY:
    return raise_errno(ENOMEM);
  case NO_SPACE:
    return raise_errno(ENOSPC);
  case UNSUPPORTED:
    return raise_errno(ENODEV);
  default:
    return raise_errno(EIO);
  }
}
