/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What a map does like an array: lengths, items, slices and buffers. */
#include "mmap.h"

#include <stdlib.h>
#include <string.h>

static PyObject *numbers[256]; /* The integers that bytes are; they are immortal (PEP 683). */

int make_numbers(void) {
  for (int i = 0; i < 256; i += 1)
    if (!(numbers[i] = PyLong_FromLong(i)))
      return -1;
  return 0;
}

PyObject *take_bytes(Mmap *self, Py_ssize_t at, Py_ssize_t length) {
  PyObject *result = PyBytes_FromStringAndSize(NULL, length);
  if (result && length > 0 && take(self, at, length, PyBytes_AsString(result)) < 0) {
    Py_DecRef(result);
    return NULL;
  }
  return result;
}

PyObject *take_byte(Mmap *self, Py_ssize_t at) {
  char byte = 0;
  if (self->region && self->region[at] != 0)
    byte = self->region[at];
  else if (take(self, at, 1, &byte) < 0)
    return NULL;
  return numbers[(uint8_t)byte];
}

Py_ssize_t mmap_length(Mmap *self) {
  CHECK_VALID(-1);
  return self->size;
}

/* What iteration and `in` use: bytes of length 1, as in CPython. */
PyObject *mmap_item(Mmap *self, Py_ssize_t index) {
  CHECK_VALID(NULL);
  if (index < 0 || index >= self->size) {
    PyErr_SetString(PyExc_IndexError, "mmap index out of range");
    return NULL;
  }
  return take_bytes(self, index, 1);
}

/* The index as a position, or -1. */
static Py_ssize_t position_of(Mmap *self, PyObject *item) {
  Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred())
    return -1;
  CHECK_VALID(-1);
  if (index < 0)
    index += self->size;
  if (index < 0 || index >= self->size) {
    PyErr_SetString(PyExc_IndexError, "mmap index out of range");
    return -1;
  }
  return index;
}

typedef struct {
  Py_ssize_t start, step, count;
  Py_ssize_t first, length; /* The part of the map that holds them. */
} Slice;

static int parse_slice(Mmap *self, PyObject *item, Slice *slice) {
  Py_ssize_t stop = 0;
  if (PySlice_Unpack(item, &slice->start, &stop, &slice->step) < 0)
    return -1;
  slice->count = PySlice_AdjustIndices(self->size, &slice->start, &stop, slice->step);
  CHECK_VALID(-1);
  const Py_ssize_t last = slice->start + (slice->count - 1) * slice->step;
  slice->first = slice->step > 0 ? slice->start : last;
  slice->length = slice->count == 0 ? 0 : (slice->step > 0 ? last - slice->start : slice->start - last) + 1;
  return 0;
}

/* Takes every step-th byte in pieces, for the range may be far larger than what is wanted of it. */
static PyObject *take_slice(Mmap *self, const Slice *slice) {
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
    if (take(self, first, length, piece) < 0) {
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
  CHECK_VALID(NULL);
  /* The way of loops: a call from one library of a component to another takes as long as the rest. */
  if (item->ob_type == &PyLong_Type) {
    const Py_ssize_t index = PyLong_AsSsize_t(item);
    if (index >= 0 && index < self->size)
      return take_byte(self, index);
    if (index == -1 && PyErr_Occurred())
      Py_DecRef(PyErr_GetRaisedException()); /* Said below, as an IndexError. */
  }
  if (PyIndex_Check(item)) {
    const Py_ssize_t index = position_of(self, item);
    return index < 0 ? NULL : take_byte(self, index);
  }
  if (is_slice(item)) {
    Slice slice;
    if (parse_slice(self, item, &slice) < 0)
      return NULL;
    if (slice.count == 0)
      return PyBytes_FromStringAndSize(NULL, 0);
    return slice.step == 1 ? take_bytes(self, slice.start, slice.count) : take_slice(self, &slice);
  }
  PyErr_SetString(PyExc_TypeError, "mmap indices must be integers");
  return NULL;
}

static int give_byte(Mmap *self, Py_ssize_t index, PyObject *value) {
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
  CHECK_VALID(-1);
  /* The value's __index__ may have resized the map. */
  if (index >= self->size) {
    PyErr_SetString(PyExc_IndexError, "mmap index out of range");
    return -1;
  }
  const char byte = (char)number;
  return give(self, index, &byte, 1);
}

static int give_slice(Mmap *self, const Slice *slice, const char *bytes) {
  if (slice->count == 0)
    return 0;
  if (slice->step == 1)
    return give(self, slice->start, bytes, slice->count);
  /* Byte by byte, for what lies between is not to be touched: somebody else may be changing it. */
  for (Py_ssize_t i = 0; i < slice->count; i += 1)
    if (give(self, slice->start + i * slice->step, bytes + i, 1) < 0)
      return -1;
  return 0;
}

int mmap_ass_subscript(Mmap *self, PyObject *item, PyObject *value) {
  CHECK_VALID(-1);
  if (check_writable(self) < 0)
    return -1;
  if (PyIndex_Check(item)) {
    const Py_ssize_t index = position_of(self, item);
    return index < 0 ? -1 : give_byte(self, index, value);
  }
  if (!is_slice(item)) {
    PyErr_SetString(PyExc_TypeError, "mmap indices must be integer");
    return -1;
  }
  Slice slice;
  if (parse_slice(self, item, &slice) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap object doesn't support slice deletion");
    return -1;
  }
  Py_buffer bytes;
  if (PyObject_GetBuffer(value, &bytes, PyBUF_SIMPLE) < 0)
    return -1;
  int result = -1;
  if (bytes.len != slice.count) {
    PyErr_SetString(PyExc_IndexError, "mmap slice assignment is wrong size");
  } else if (!self->is_open) {
    closed();
  } else if (slice.count > 0 &&
             slice.first + slice.length > self->size) { /* A buffer's exporter may have resized the map. */
    PyErr_SetString(PyExc_IndexError, "mmap index out of range");
  } else {
    result = give_slice(self, &slice, bytes.buf);
  }
  PyBuffer_Release(&bytes);
  return result;
}

/*
 * ---- Buffers: the pages themselves. Without a span they are a copy of the map, and what was changed in it goes back
 * when the last one is released.
 */

int mmap_getbuffer(Mmap *self, Py_buffer *view, int flags) {
  view->obj = NULL;
  CHECK_VALID(-1);
  const bool is_readonly = self->access == ACCESS_READ;
  if (is_readonly && (flags & PyBUF_WRITABLE)) {
    PyErr_SetString(PyExc_BufferError, "Object is not writable.");
    return -1;
  }
  if (!self->bytes && !has_span(self)) {
    changes += 1;
    char *const bytes = malloc((size_t)self->size);
    char *const known = is_readonly ? NULL : malloc((size_t)self->size);
    if (!bytes || (!is_readonly && !known)) {
      free(bytes);
      free(known);
      PyErr_NoMemory();
      return -1;
    }
    if (fetch(self, 0, self->size, bytes) < 0) {
      free(bytes);
      free(known);
      return -1;
    }
    if (known)
      memcpy(known, bytes, (size_t)self->size);
    self->bytes = bytes;
    self->known = known;
  }
  if (PyBuffer_FillInfo(view, &self->base, self->region ? self->region : self->bytes, self->size, is_readonly, flags) <
      0)
    return -1;
  if (is_private(self))
    self->is_changed = self->was_lent = true;
  self->exports += 1;
  return 0;
}

void mmap_releasebuffer(Mmap *self, Py_buffer *view) {
  (void)view;
  self->exports -= 1;
  if (self->exports > 0)
    return;
  if (self->known) {
    /* Nobody can be told of an error here; what is at hand stays as it is. */
    PyObject *current = PyErr_GetRaisedException();
    if (give_back(self) < 0)
      PyErr_WriteUnraisable(&self->base);
    if (current)
      PyErr_SetRaisedException(current);
  }
  free(self->bytes);
  free(self->known);
  self->bytes = self->known = NULL;
}
