/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "sequence.h"
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

static PyObject *numbers[256]; /* The values of bytes; small integers are immortal (PEP 683). */

int sequence_init(void) {
  for (int i = 0; i < 256; i += 1)
    if (!(numbers[i] = PyLong_FromLong(i)))
      return -1;
  return 0;
}

PyObject *read_bytes(Mmap *self, Py_ssize_t at, Py_ssize_t length) {
  PyObject *result = PyBytes_FromStringAndSize(NULL, length);
  if (result && length > 0 && map_read(self, at, length, PyBytes_AsString(result)) < 0) {
    Py_DecRef(result);
    return NULL;
  }
  return result;
}

PyObject *read_byte(Mmap *self, Py_ssize_t at) {
  char byte = 0;
  if (self->region && self->region[at] != 0)
    byte = self->region[at];
  else if (map_read(self, at, 1, &byte) < 0)
    return NULL;
  return numbers[(uint8_t)byte];
}

Py_ssize_t mmap_length(Mmap *self) {
  CHECK_OPEN(-1);
  return self->size;
}

/* Iteration and `in` use it. The result is bytes of length 1, as in CPython. */
PyObject *mmap_item(Mmap *self, Py_ssize_t index) {
  CHECK_OPEN(NULL);
  if (index < 0 || index >= self->size) {
    PyErr_SetString(PyExc_IndexError, "mmap index out of range");
    return NULL;
  }
  return read_bytes(self, index, 1);
}

/* Whether the index is a position inside the map, which it becomes. */
static bool adjust(const Mmap *self, Py_ssize_t *index) {
  if (*index < 0)
    *index += self->size;
  if (*index >= 0 && *index < self->size)
    return true;
  PyErr_SetString(PyExc_IndexError, "mmap index out of range");
  return false;
}

typedef struct {
  Py_ssize_t start, step, count;
} Slice;

static void adjust_slice(const Mmap *self, Py_ssize_t stop, Slice *slice) {
  slice->count = PySlice_AdjustIndices(self->size, &slice->start, &stop, slice->step);
}

/* Reads every step-th byte in pieces of the range, which may be far larger than the result. */
static PyObject *read_slice(Mmap *self, const Slice *slice) {
  PyObject *result = PyBytes_FromStringAndSize(NULL, slice->count);
  if (!result)
    return NULL;
  char *target = PyBytes_AsString(result);
  const Py_ssize_t stride = slice->step > 0 ? slice->step : -slice->step;
  enum { MOST = 1 << 20 };
  Py_ssize_t group = stride > MOST ? 1 : MOST / stride + 1;
  if (group > slice->count)
    group = slice->count;
  char *piece = malloc((size_t)((group - 1) * stride + 1));
  if (!piece) {
    Py_DecRef(result);
    return PyErr_NoMemory();
  }
  for (Py_ssize_t from = 0; from < slice->count; from += group) {
    const Py_ssize_t count = slice->count - from < group ? slice->count - from : group;
    const Py_ssize_t length = (count - 1) * stride + 1;
    const Py_ssize_t begin = slice->start + from * slice->step;
    const Py_ssize_t first = slice->step > 0 ? begin : begin - (length - 1);
    if (map_read(self, first, length, piece) < 0) {
      free(piece);
      Py_DecRef(result);
      return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i += 1)
      target[from + i] = piece[slice->step > 0 ? i * stride : length - 1 - i * stride];
  }
  free(piece);
  return result;
}

static bool is_slice(const PyObject *item) { return item->ob_type == &PySlice_Type; }

PyObject *mmap_subscript(Mmap *self, PyObject *item) {
  CHECK_OPEN(NULL);
  /* Loops come here. Each call from one library of a component to another takes as long as all the rest. */
  if (item->ob_type == &PyLong_Type) {
    const Py_ssize_t index = PyLong_AsSsize_t(item);
    if (index >= 0 && index < self->size)
      return read_byte(self, index);
    if (index == -1 && PyErr_Occurred())
      Py_DecRef(PyErr_GetRaisedException()); /* Raised below, as an IndexError. */
  }
  if (PyIndex_Check(item)) {
    Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
    if ((index == -1 && PyErr_Occurred()) || !adjust(self, &index))
      return NULL;
    CHECK_OPEN(NULL);
    return read_byte(self, index);
  }
  if (is_slice(item)) {
    Slice slice = {0};
    Py_ssize_t stop = 0;
    if (PySlice_Unpack(item, &slice.start, &stop, &slice.step) < 0)
      return NULL;
    adjust_slice(self, stop, &slice);
    CHECK_OPEN(NULL);
    if (slice.count == 0)
      return PyBytes_FromStringAndSize(NULL, 0);
    return slice.step == 1 ? read_bytes(self, slice.start, slice.count) : read_slice(self, &slice);
  }
  PyErr_SetString(PyExc_TypeError, "mmap indices must be integers");
  return NULL;
}

static int write_byte(Mmap *self, PyObject *item, PyObject *value) {
  Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred())
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap doesn't support item deletion");
    return -1;
  }
  if (!PyIndex_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "mmap item value must be an int");
    return -1;
  }
  const Py_ssize_t number = PyNumber_AsSsize_t(value, PyExc_TypeError);
  if (number == -1 && PyErr_Occurred())
    return -1;
  if (number < 0 || number > 255) {
    PyErr_SetString(PyExc_ValueError, "mmap item value must be in range(0, 256)");
    return -1;
  }
  /* The `__index__` of either may have closed or resized the map. */
  CHECK_OPEN(-1);
  if (!adjust(self, &index))
    return -1;
  const char byte = (char)number;
  return map_write(self, index, &byte, 1);
}

static int write_slice(Mmap *self, const Slice *slice, const char *bytes) {
  if (slice->count == 0)
    return 0;
  if (slice->step == 1)
    return map_write(self, slice->start, bytes, slice->count);
  /* Byte by byte: somebody else may be changing the bytes between. */
  for (Py_ssize_t i = 0; i < slice->count; i += 1)
    if (map_write(self, slice->start + i * slice->step, bytes + i, 1) < 0)
      return -1;
  return 0;
}

/* Getting the bytes may have closed or resized the map. */
static int check_and_write_slice(Mmap *self, Slice *slice, Py_ssize_t stop, const Py_buffer *bytes) {
  CHECK_OPEN(-1);
  adjust_slice(self, stop, slice);
  if (bytes->len != slice->count) {
    PyErr_SetString(PyExc_IndexError, "mmap slice assignment is wrong size");
    return -1;
  }
  return write_slice(self, slice, bytes->buf);
}

int mmap_ass_subscript(Mmap *self, PyObject *item, PyObject *value) {
  if (check_writable(self) < 0)
    return -1;
  if (PyIndex_Check(item))
    return write_byte(self, item, value);
  if (!is_slice(item)) {
    PyErr_SetString(PyExc_TypeError, "mmap indices must be integer");
    return -1;
  }
  Slice slice = {0};
  Py_ssize_t stop = 0;
  if (PySlice_Unpack(item, &slice.start, &stop, &slice.step) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap object doesn't support slice deletion");
    return -1;
  }
  Py_buffer bytes;
  if (PyObject_GetBuffer(value, &bytes, PyBUF_SIMPLE) < 0)
    return -1;
  const int result = check_and_write_slice(self, &slice, stop, &bytes);
  PyBuffer_Release(&bytes);
  return result;
}
