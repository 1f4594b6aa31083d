/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What a map does like a file: the methods of CPython's, with its checks and messages. */
#include "contract.h"
#include "errors.h"
#include "mmap.h"

#include <string.h>

static PyObject *mmap_read(Mmap *self, PyObject *arguments) {
  PyObject *wanted = Py_None;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "|O:read", &wanted))
    return NULL;
  Py_ssize_t length = PY_SSIZE_T_MAX;
  if (wanted != Py_None) {
    if (!PyIndex_Check(wanted)) {
      PyObject *name = PyType_GetName(wanted->ob_type);
      if (name)
        PyErr_Format(PyExc_TypeError, "argument should be integer or None, not '%U'", name);
      if (name)
        Py_DecRef(name);
      return NULL;
    }
    length = PyNumber_AsSsize_t(wanted, PyExc_OverflowError);
    if (length == -1 && PyErr_Occurred())
      return NULL;
    CHECK_VALID(NULL);
  }
  const Py_ssize_t rest = self->pos < self->size ? self->size - self->pos : 0;
  if (length < 0 || length > rest)
    length = rest;
  PyObject *result = take_bytes(self, self->pos, length);
  if (result)
    self->pos += length;
  return result;
}

static PyObject *mmap_read_byte(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  if (self->pos >= self->size) {
    PyErr_SetString(PyExc_ValueError, "read byte out of range");
    return NULL;
  }
  PyObject *result = take_byte(self, self->pos);
  if (result)
    self->pos += 1;
  return result;
}

/* The line, if its end is among these bytes. */
static PyObject *line_of(Mmap *self, const char *bytes, Py_ssize_t count) {
  const char *newline = memchr(bytes, '\n', (size_t)count);
  if (!newline && count < self->size - self->pos)
    return NULL;
  const Py_ssize_t length = newline ? newline + 1 - bytes : count;
  PyObject *result = PyBytes_FromStringAndSize(bytes, length);
  if (result)
    served(self, self->pos += length);
  return result;
}

static PyObject *mmap_readline(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  const Py_ssize_t start = self->pos;
  const Py_ssize_t rest = start < self->size ? self->size - start : 0;
  if (rest == 0)
    return PyBytes_FromStringAndSize(NULL, 0);
  if (has_span_by_now(self) && !self->is_lost) {
    const char *newline = memchr(self->region + start, '\n', (size_t)rest);
    const int checked = check_pages(self, start, newline ? newline + 1 - (self->region + start) : rest);
    if (checked == 0 && !self->is_lost)
      return line_of(self, self->region + start, rest);
    if (checked < 0)
      return NULL;
    forsake(self);
  }
  Py_ssize_t count = 0;
  const char *here = find_here(self, self->pos, 1, &count);
  PyObject *result = here ? line_of(self, here, count) : NULL;
  if (result || PyErr_Occurred())
    return result;
  /* Most lines are short: a guess saves the search. What it cannot read may lie behind the end of the line. */
  char guess[256];
  count = rest < (Py_ssize_t)sizeof guess ? rest : (Py_ssize_t)sizeof guess;
  if (!self->bytes && fetch(self, self->pos, count, guess) == 0) {
    result = line_of(self, guess, count);
    if (result || PyErr_Occurred())
      return result;
  } else if (PyErr_Occurred()) {
    Py_DecRef(PyErr_GetRaisedException());
  }
  const Py_ssize_t found = search(self, "\n", 1, self->pos, self->size, false);
  if (found == -2)
    return NULL;
  const Py_ssize_t end = found < 0 ? self->size : found + 1;
  result = take_bytes(self, self->pos, end - self->pos);
  if (result)
    served(self, self->pos = end);
  return result;
}

static PyObject *mmap_write(Mmap *self, PyObject *arguments) {
  Py_buffer data;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "y*:write", &data))
    return NULL;
  PyObject *result = NULL;
  if (!self->is_open) {
    closed();
  } else if (check_writable(self) == 0) {
    if (self->pos > self->size || self->size - self->pos < data.len) {
      PyErr_SetString(PyExc_ValueError, "data out of range");
    } else if (give(self, self->pos, data.buf, data.len) == 0) {
      self->pos += data.len;
      result = PyLong_FromSsize_t(data.len);
    }
  }
  PyBuffer_Release(&data);
  return result;
}

static PyObject *mmap_write_byte(Mmap *self, PyObject *arguments) {
  unsigned char value = 0;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "b:write_byte", &value))
    return NULL;
  CHECK_VALID(NULL);
  if (check_writable(self) < 0)
    return NULL;
  if (self->pos >= self->size) {
    PyErr_SetString(PyExc_ValueError, "write byte out of range");
    return NULL;
  }
  if (give(self, self->pos, (char *)&value, 1) < 0)
    return NULL;
  self->pos += 1;
  return none();
}

static Py_ssize_t clamp(Py_ssize_t position, Py_ssize_t size) {
  if (position < 0)
    position += size;
  return position < 0 ? 0 : position > size ? size : position;
}

static PyObject *find(Mmap *self, PyObject *arguments, bool backward) {
  Py_ssize_t start = self->pos, end = self->size;
  Py_buffer needle;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, backward ? "y*|nn:rfind" : "y*|nn:find", &needle, &start, &end))
    return NULL;
  PyObject *result = NULL;
  if (!self->is_open) {
    closed();
  } else {
    const Py_ssize_t found =
        search(self, needle.buf, needle.len, clamp(start, self->size), clamp(end, self->size), backward);
    if (found != -2)
      result = PyLong_FromSsize_t(found);
  }
  PyBuffer_Release(&needle);
  return result;
}

static PyObject *mmap_find(Mmap *self, PyObject *arguments) { return find(self, arguments, false); }
static PyObject *mmap_rfind(Mmap *self, PyObject *arguments) { return find(self, arguments, true); }

static PyObject *mmap_size(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  if (!self->has_file || !self->tracks_file)
    return raise_errno(EBADF), NULL;
  contract_result result;
  contract_file_size(self->mapping, &result);
  if (result.large.failed)
    return raise_code(result.large.code), NULL;
  return PyLong_FromLongLong((long long)result.large.value);
}

static int resize(Mmap *self, Py_ssize_t size) {
  detach(self); /* It comes again when it is wanted. */
  PLAIN(contract_resize(self->mapping, (uint64_t)size, &result));
  self->size = size;
  changes += 1;
  return 0;
}

static PyObject *mmap_resize(Mmap *self, PyObject *arguments) {
  Py_ssize_t size = 0;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "n:resize", &size))
    return NULL;
  CHECK_VALID(NULL);
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "mmap can't resize with extant buffers exported.");
  } else if (!self->tracks_file) {
    PyErr_SetString(PyExc_ValueError, "mmap can't resize with trackfd=False.");
  } else if ((self->access != ACCESS_WRITE && self->access != ACCESS_DEFAULT) || !self->is_resizable) {
    PyErr_SetString(PyExc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
  } else if (size < 0 || size > INT64_MAX - self->offset) {
    PyErr_SetString(PyExc_ValueError, "new size out of range");
  } else if (resize(self, size) == 0) {
    return none();
  }
  return NULL;
}

static PyObject *mmap_tell(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  return PyLong_FromSsize_t(self->pos);
}

static int flush(Mmap *self, Py_ssize_t offset, Py_ssize_t length) {
  if (give_back(self) < 0)
    return -1;
  PLAIN(contract_flush(self->mapping, (uint64_t)offset, (uint64_t)length, &result));
  return 0;
}

static PyObject *mmap_flush(Mmap *self, PyObject *arguments) {
  Py_ssize_t offset = 0, length = self->size;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "|nn:flush", &offset, &length))
    return NULL;
  CHECK_VALID(NULL);
  if (length < 0 || offset < 0 || self->size - offset < length) {
    PyErr_SetString(PyExc_ValueError, "flush values out of range");
    return NULL;
  }
  changes += 1;
  if (self->access == ACCESS_READ || self->access == ACCESS_COPY)
    return none();
  return flush(self, offset, length) < 0 ? NULL : none();
}

static PyObject *mmap_seek(Mmap *self, PyObject *arguments) {
  Py_ssize_t distance = 0;
  int whence = 0;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "n|i:seek", &distance, &whence))
    return NULL;
  CHECK_VALID(NULL);
  if (whence < 0 || whence > 2) {
    PyErr_SetString(PyExc_ValueError, "unknown seek type");
    return NULL;
  }
  const int64_t where = (int64_t)(whence == 0 ? 0 : whence == 1 ? self->pos : self->size) + distance;
  if (where < 0 || where > self->size) {
    PyErr_SetString(PyExc_ValueError, "seek out of range");
    return NULL;
  }
  self->pos = (Py_ssize_t)where;
  return PyLong_FromSsize_t(self->pos);
}

static PyObject *mmap_seekable(Mmap *self, PyObject *unused) {
  (void)self;
  (void)unused;
  return PyBool_FromLong(1);
}

static int move(Mmap *self, Py_ssize_t destination, Py_ssize_t source, Py_ssize_t count) {
  changes += 1;
  if (is_private(self)) {
    const bool is_here = has_span(self);
    if (is_here && (check_pages(self, source, count) < 0 || check_pages(self, destination, count) < 0))
      return -1;
    self->is_changed = true;
    if (is_here && !self->is_lost) {
      memmove(self->region + destination, self->region + source, (size_t)count);
      return store(self, destination, self->region + destination, count);
    }
  }
  if (self->bytes) {
    memmove(self->bytes + destination, self->bytes + source, (size_t)count);
    return give_back(self);
  }
  PLAIN(contract_move(self->mapping, (uint64_t)destination, (uint64_t)source, (uint64_t)count, &result));
  return 0;
}

static PyObject *mmap_move(Mmap *self, PyObject *arguments) {
  Py_ssize_t destination = 0, source = 0, count = 0;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "nnn:move", &destination, &source, &count))
    return NULL;
  CHECK_VALID(NULL);
  if (check_writable(self) < 0)
    return NULL;
  if (destination < 0 || source < 0 || count < 0 || self->size - destination < count || self->size - source < count) {
    PyErr_SetString(PyExc_ValueError, "source, destination, or count out of range");
    return NULL;
  }
  return count > 0 && move(self, destination, source, count) < 0 ? NULL : none();
}

static int advise(Mmap *self, int option, Py_ssize_t start, Py_ssize_t length) {
  if (option < 0 || option > 4)
    return raise_errno(EINVAL), -1;
  PLAIN(contract_advise(self->mapping, (uint64_t)start, (uint64_t)length, option, &result));
  return 0;
}

static PyObject *mmap_madvise(Mmap *self, PyObject *arguments) {
  int option = 0;
  Py_ssize_t start = 0, length = self->size;
  CHECK_VALID(NULL);
  if (!PyArg_ParseTuple(arguments, "i|nn:madvise", &option, &start, &length))
    return NULL;
  CHECK_VALID(NULL);
  if (start < 0 || start >= self->size) {
    PyErr_SetString(PyExc_ValueError, "madvise start out of bounds");
  } else if (length < 0) {
    PyErr_SetString(PyExc_ValueError, "madvise length invalid");
  } else if (PY_SSIZE_T_MAX - start < length) {
    PyErr_SetString(PyExc_OverflowError, "madvise length too large");
  } else if (advise(self, option, start, length) == 0) {
    return none();
  }
  return NULL;
}

PyMethodDef mmap_methods[] = {
    {"close", FUNCTION(mmap_close), METH_NOARGS, "Unmap. Twice is once."},
    {"find", FUNCTION(mmap_find), METH_VARARGS,
     "Find bytes, from the position or `start` on; -1 if they are not there."},
    {"flush", FUNCTION(mmap_flush), METH_VARARGS, "Return when the changed bytes are on the storage device."},
    {"madvise", FUNCTION(mmap_madvise), METH_VARARGS, "Say how a range will be used."},
    {"move", FUNCTION(mmap_move), METH_VARARGS, "Copy `count` bytes from `src` to `dest`; the ranges may overlap."},
    {"read", FUNCTION(mmap_read), METH_VARARGS,
     "Read bytes from the position on: all that follow if None or negative."},
    {"read_byte", FUNCTION(mmap_read_byte), METH_NOARGS, "Read one byte, as an integer."},
    {"readline", FUNCTION(mmap_readline), METH_NOARGS, "Read through the next newline."},
    {"resize", FUNCTION(mmap_resize), METH_VARARGS, "Set the size of the map and of its file."},
    {"rfind", FUNCTION(mmap_rfind), METH_VARARGS, "Find the last of these bytes; -1 if they are not there."},
    {"seek", FUNCTION(mmap_seek), METH_VARARGS, "Set the position, and return it."},
    {"seekable", FUNCTION(mmap_seekable), METH_NOARGS, "True."},
    {"size", FUNCTION(mmap_size), METH_NOARGS, "The size of the file now, which may differ from the map's."},
    {"tell", FUNCTION(mmap_tell), METH_NOARGS, "The position."},
    {"write", FUNCTION(mmap_write), METH_VARARGS, "Store bytes at the position, all or none, and return how many."},
    {"write_byte", FUNCTION(mmap_write_byte), METH_VARARGS, "Store one byte at the position."},
    {"__enter__", FUNCTION(mmap_enter), METH_NOARGS, NULL},
    {"__exit__", FUNCTION(mmap_exit), METH_VARARGS, NULL},
    {0}};
