/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "reading.h"
#include "arguments.h"
#include "bytes.h"
#include "find.h"
#include "host.h"
#include "read_ahead.h"
#include "sequence.h"
#include "span.h"

#include <string.h>

/* The number of bytes to read; all for None. */
static bool to_length(PyObject *argument, Py_ssize_t *result) {
  if (argument == Py_None)
    return true;
  if (!PyIndex_Check(argument)) {
    PyObject *name = PyType_GetName(argument->ob_type);
    if (name)
      PyErr_Format(PyExc_TypeError, "argument should be integer or None, not '%U'", name);
    if (name)
      Py_DecRef(name);
    return false;
  }
  *result = PyNumber_AsSsize_t(argument, PyExc_OverflowError);
  return *result != -1 || !PyErr_Occurred();
}

PyObject *mmap_read(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  Py_ssize_t length = PY_SSIZE_T_MAX;
  if (!check_count("read", count, 0, 1) || (count > 0 && !to_length(arguments[0], &length)))
    return NULL;
  CHECK_OPEN(NULL);
  const Py_ssize_t rest = self->position < self->size ? self->size - self->position : 0;
  if (length < 0 || length > rest)
    length = rest;
  PyObject *result = read_bytes(self, self->position, length);
  if (result)
    self->position += length;
  return result;
}

PyObject *mmap_read_byte(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_OPEN(NULL);
  if (self->position >= self->size) {
    PyErr_SetString(PyExc_ValueError, "read byte out of range");
    return NULL;
  }
  PyObject *result = read_byte(self, self->position);
  if (result)
    self->position += 1;
  return result;
}

/* The line, if its end is among these bytes. */
static PyObject *line_of(Mmap *self, const char *bytes, Py_ssize_t count) {
  const char *newline = memchr(bytes, '\n', (size_t)count);
  if (!newline && count < self->size - self->position)
    return NULL;
  const Py_ssize_t length = newline ? newline + 1 - bytes : count;
  PyObject *result = PyBytes_FromStringAndSize(bytes, length);
  if (result)
    read_ahead_used(self, self->position += length);
  return result;
}

PyObject *mmap_readline(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_OPEN(NULL);
  const Py_ssize_t start = self->position;
  const Py_ssize_t rest = start < self->size ? self->size - start : 0;
  if (rest == 0)
    return PyBytes_FromStringAndSize(NULL, 0);
  if (attach_span_for_small_read(self) && !self->span_is_stale) {
    const char *newline = memchr(self->region + start, '\n', (size_t)rest);
    const int checked = check_pages(self, start, newline ? newline + 1 - (self->region + start) : rest);
    if (checked == 0 && !self->span_is_stale)
      return line_of(self, self->region + start, rest);
    if (checked < 0)
      return NULL;
    give_up_span(self);
  }
  Py_ssize_t count = 0;
  const char *here = bytes_in_memory(self, self->position, 1, &count);
  PyObject *result = here ? line_of(self, here, count) : NULL;
  if (result || PyErr_Occurred())
    return result;
  /* Most lines are short: a guess saves the search. A page that it cannot read may lie past the end of the line. */
  char guess[256];
  count = rest < (Py_ssize_t)sizeof guess ? rest : (Py_ssize_t)sizeof guess;
  if (!self->copy.bytes && host_read(self, self->position, count, guess) == 0) {
    result = line_of(self, guess, count);
    if (result || PyErr_Occurred())
      return result;
  } else if (PyErr_Occurred()) {
    Py_DecRef(PyErr_GetRaisedException());
  }
  const Py_ssize_t found = map_find(self, "\n", 1, self->position, self->size, false);
  if (found == -2)
    return NULL;
  const Py_ssize_t end = found < 0 ? self->size : found + 1;
  result = read_bytes(self, self->position, end - self->position);
  if (result)
    read_ahead_used(self, self->position = end);
  return result;
}

static Py_ssize_t clamp(Py_ssize_t position, Py_ssize_t size) {
  if (position < 0)
    position += size;
  return position < 0 ? 0 : position > size ? size : position;
}

static PyObject *find(Mmap *self, const Py_buffer *needle, PyObject *const *bounds, Py_ssize_t count, bool backward) {
  CHECK_OPEN(NULL);
  Py_ssize_t start = self->position, end = self->size;
  /* CPython looks at the end only if there is a start. */
  if (count > 0 && bounds[0] != Py_None &&
      (!to_size(bounds[0], &start) || (count > 1 && !to_size_unless_none(bounds[1], &end))))
    return NULL;
  CHECK_OPEN(NULL);
  const Py_ssize_t found =
      map_find(self, needle->buf, needle->len, clamp(start, self->size), clamp(end, self->size), backward);
  return found == -2 ? NULL : PyLong_FromSsize_t(found);
}

static PyObject *parse_and_find(Mmap *self, PyObject *const *arguments, Py_ssize_t count, bool backward) {
  Py_buffer needle;
  if (!check_count(backward ? "rfind" : "find", count, 1, 3) ||
      PyObject_GetBuffer(arguments[0], &needle, PyBUF_SIMPLE) < 0)
    return NULL;
  PyObject *result = find(self, &needle, arguments + 1, count - 1, backward);
  PyBuffer_Release(&needle);
  return result;
}

PyObject *mmap_find(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  return parse_and_find(self, arguments, count, false);
}

PyObject *mmap_rfind(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  return parse_and_find(self, arguments, count, true);
}
