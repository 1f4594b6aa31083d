/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "errors.h"
#include "stable_abi.h"

#include <string.h>

int raise_errno(int number) {
  PyObject *error = PyObject_CallFunction(PyExc_OSError, "is", number, strerror(number));
  if (!error)
    return -1;
  PyErr_SetObject((PyObject *)error->ob_type, error);
  Py_DecRef(error);
  return -1;
}

static int raise(PyObject *type, const char *message) {
  PyErr_SetString(type, message);
  return -1;
}

int check_status(wmmap_status status) {
  switch (status) {
  case WMMAP_OK:
    return 0;
  case WMMAP_EMPTY_FILE:
    return raise(PyExc_ValueError, "cannot mmap an empty file");
  case WMMAP_PAST_END:
    return raise(PyExc_ValueError, "mmap length is greater than file size");
  case WMMAP_READ_ONLY:
    return raise(PyExc_TypeError, "mmap can't modify a readonly memory map.");
  case WMMAP_OUT_OF_RANGE:
    return raise(PyExc_ValueError, "data out of range");
  case WMMAP_NOT_RESIZABLE:
    return raise(PyExc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
  case WMMAP_ACCESS_DENIED:
    return raise_errno(EACCES);
  case WMMAP_BAD_DESCRIPTOR:
    return raise_errno(EBADF);
  case WMMAP_INVALID_ARGUMENT:
    return raise_errno(EINVAL);
  case WMMAP_BUSY:
    return raise_errno(EBUSY);
  case WMMAP_FAULT: /* CPython dies of SIGBUS. */
    return raise_errno(EFAULT);
  case WMMAP_NO_MEMORY:
    return raise_errno(ENOMEM);
  case WMMAP_NO_SPACE:
    return raise_errno(ENOSPC);
  case WMMAP_UNSUPPORTED:
    return raise_errno(ENODEV);
  default:
    return raise_errno(EIO);
  }
}
