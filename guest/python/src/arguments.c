/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "arguments.h"

bool check_count(const char *method, Py_ssize_t given, Py_ssize_t least, Py_ssize_t most) {
  if (given >= least && given <= most)
    return true;
  const Py_ssize_t bound = given < least ? least : most;
  const char *const kind = least == most ? "" : given < least ? "at least " : "at most ";
  PyErr_Format(PyExc_TypeError, "%s expected %s%zd argument%s, got %zd", method, kind, bound, bound == 1 ? "" : "s",
               given);
  return false;
}

bool to_size(PyObject *argument, Py_ssize_t *result) {
  PyObject *number = PyNumber_Index(argument);
  if (!number)
    return false;
  const Py_ssize_t value = PyLong_AsSsize_t(number);
  Py_DecRef(number);
  if (value == -1 && PyErr_Occurred())
    return false;
  *result = value;
  return true;
}

bool to_size_unless_none(PyObject *argument, Py_ssize_t *result) {
  return argument == Py_None || to_size(argument, result);
}

bool to_int(PyObject *argument, int *result) {
  const int value = PyLong_AsInt(argument);
  if (value == -1 && PyErr_Occurred())
    return false;
  *result = value;
  return true;
}

bool to_byte(PyObject *argument, unsigned char *result) {
  const long value = PyLong_AsLong(argument);
  if (value == -1 && PyErr_Occurred())
    return false;
  if (value < 0 || value > 255) {
    PyErr_Format(PyExc_OverflowError, "unsigned byte integer is %s",
                 value < 0 ? "less than minimum" : "greater than maximum");
    return false;
  }
  *result = (unsigned char)value;
  return true;
}
