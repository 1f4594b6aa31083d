/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "methods.h"
#include "arguments.h"
#include "bytes.h"
#include "errors.h"
#include "host.h"
#include "open.h"
#include "reading.h"
#include "span.h"
#include "src/mman_effects.h"

#include <string.h>

/* CPython casts it back to what the flags say. */
#define METHOD(name) ((PyCFunction)(void (*)(void))(name))

static PyObject *write(Mmap *self, const Py_buffer *data) {
  CHECK_OPEN(NULL);
  if (check_writable(self) < 0)
    return NULL;
  if (self->position > self->size || self->size - self->position < data->len) {
    PyErr_SetString(PyExc_ValueError, "data out of range");
    return NULL;
  }
  if (map_write(self, self->position, data->buf, data->len) < 0)
    return NULL;
  self->position += data->len;
  return PyLong_FromSsize_t(data->len);
}

static PyObject *mmap_write(Mmap *self, PyObject *argument) {
  Py_buffer data;
  if (PyObject_GetBuffer(argument, &data, PyBUF_SIMPLE) < 0)
    return NULL;
  PyObject *result = write(self, &data);
  PyBuffer_Release(&data);
  return result;
}

static PyObject *mmap_write_byte(Mmap *self, PyObject *argument) {
  unsigned char value = 0;
  if (!to_byte(argument, &value))
    return NULL;
  CHECK_OPEN(NULL);
  if (check_writable(self) < 0)
    return NULL;
  if (self->position >= self->size) {
    PyErr_SetString(PyExc_ValueError, "write byte out of range");
    return NULL;
  }
  if (map_write(self, self->position, (char *)&value, 1) < 0)
    return NULL;
  self->position += 1;
  return none();
}

static PyObject *mmap_size(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_OPEN(NULL);
  if (!self->has_file || !self->tracks_file)
    return (void)raise_errno(EBADF), NULL;
  uint64_t size = 0;
  if (check_status(wmmap_file_size(self->mapping, &size)) < 0)
    return NULL;
  return PyLong_FromLongLong((long long)size);
}

static int resize(Mmap *self, Py_ssize_t size) {
  drop_span(self); /* The next access that wants one attaches it again. */
  if (check_status(wmmap_resize(self->mapping, (uint64_t)size)) < 0)
    return -1;
  self->size = size;
  generation += 1;
  return 0;
}

static PyObject *mmap_resize(Mmap *self, PyObject *argument) {
  Py_ssize_t size = 0;
  if (!to_size(argument, &size))
    return NULL;
  CHECK_OPEN(NULL);
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "mmap can't resize with extant buffers exported.");
  } else if (!self->tracks_file) {
    PyErr_SetString(PyExc_ValueError, "mmap can't resize with trackfd=False.");
  } else if ((self->access != ACCESS_WRITE && self->access != ACCESS_DEFAULT) || is_private(self)) {
    PyErr_SetString(PyExc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
  } else if (size < 0 || size > INT64_MAX - self->offset) {
    PyErr_SetString(PyExc_ValueError, "new size out of range");
  } else if (!self->has_file && !self->has_private_flag && size > self->size) {
    PyErr_SetString(PyExc_ValueError, "mmap: can't expand a shared anonymous mapping");
  } else if (resize(self, size) == 0) {
    return none();
  }
  return NULL;
}

static PyObject *mmap_tell(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_OPEN(NULL);
  return PyLong_FromSsize_t(self->position);
}

static int flush(Mmap *self, Py_ssize_t offset, Py_ssize_t length, int flags) {
  generation += 1;
  if (self->access == ACCESS_READ || self->access == ACCESS_COPY)
    return 0;
  if (map_write_back(self) < 0)
    return -1;
  wmmap_status (*const begin)(wmmap_mapping, uint64_t, uint64_t) = flags & MS_ASYNC ? wmmap_start_flush : wmmap_flush;
  return check_status(begin(self->mapping, (uint64_t)offset, (uint64_t)length));
}

/* The keyword of Python 3.15. */
static bool parse_flags(PyObject *const *arguments, PyObject *names, int *flags) {
  for (Py_ssize_t i = 0, count = names ? PyTuple_Size(names) : 0; i < count; i += 1) {
    PyObject *name = PyTuple_GetItem(names, i);
    if (!PyUnicode_EqualToUTF8(name, "flags")) {
      PyErr_Format(PyExc_TypeError, "flush() got an unexpected keyword argument '%U'", name);
      return false;
    }
    if (!to_int(arguments[i], flags))
      return false;
  }
  return true;
}

static PyObject *mmap_flush(Mmap *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
  Py_ssize_t offset = 0, length = 0;
  int flags = 0;
  if (!check_count("flush", count, 0, 2) || (count > 0 && !to_size(arguments[0], &offset)) ||
      !parse_flags(arguments + count, names, &flags))
    return NULL;
  CHECK_OPEN(NULL);
  length = self->size;
  if (count > 1 && !to_size_unless_none(arguments[1], &length))
    return NULL;
  CHECK_OPEN(NULL);
  if (length < 0 || offset < 0 || self->size - offset < length) {
    PyErr_SetString(PyExc_ValueError, "flush values out of range");
    return NULL;
  }
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || ((flags & MS_ASYNC) && (flags & MS_SYNC)))
    return (void)raise_errno(EINVAL), NULL;
  return flush(self, offset, length, flags) < 0 ? NULL : none();
}

static PyObject *mmap_seek(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  Py_ssize_t distance = 0;
  int whence = 0;
  if (!check_count("seek", count, 1, 2) || !to_size(arguments[0], &distance) ||
      (count > 1 && !to_int(arguments[1], &whence)))
    return NULL;
  CHECK_OPEN(NULL);
  if (whence < 0 || whence > 2) {
    PyErr_SetString(PyExc_ValueError, "unknown seek type");
    return NULL;
  }
  const int64_t where = (int64_t)(whence == 0 ? 0 : whence == 1 ? self->position : self->size) + distance;
  if (where < 0 || where > self->size) {
    PyErr_SetString(PyExc_ValueError, "seek out of range");
    return NULL;
  }
  self->position = (Py_ssize_t)where;
  return PyLong_FromSsize_t(self->position);
}

static PyObject *mmap_seekable(Mmap *self, PyObject *unused) {
  (void)self;
  (void)unused;
  return PyBool_FromLong(1);
}

static int move(Mmap *self, Py_ssize_t destination, Py_ssize_t source, Py_ssize_t count) {
  generation += 1;
  if (is_private(self)) {
    const bool is_attached = attach_span(self);
    if (is_attached && (check_pages(self, source, count) < 0 || check_pages(self, destination, count) < 0))
      return -1;
    self->is_changed = true;
    if (is_attached && !self->span_is_stale) {
      memmove(self->region + destination, self->region + source, (size_t)count);
      return host_write(self, destination, self->region + destination, count);
    }
  }
  if (self->copy.bytes) {
    unsigned char *const moved = self->copy.bytes + destination;
    memmove(moved, self->copy.bytes + source, (size_t)count);
    if (!is_private(self))
      return map_write_back(self);
    return self->keeps_copy ? 0 : host_write(self, destination, (const char *)moved, count);
  }
  return check_status(wmmap_move(self->mapping, (uint64_t)destination, (uint64_t)source, (uint64_t)count));
}

static PyObject *mmap_move(Mmap *self, PyObject *const *arguments, Py_ssize_t given) {
  Py_ssize_t destination = 0, source = 0, count = 0;
  if (!check_count("move", given, 3, 3) || !to_size(arguments[0], &destination) || !to_size(arguments[1], &source) ||
      !to_size(arguments[2], &count))
    return NULL;
  CHECK_OPEN(NULL);
  if (check_writable(self) < 0)
    return NULL;
  if (destination < 0 || source < 0 || count < 0 || self->size - destination < count || self->size - source < count) {
    PyErr_SetString(PyExc_ValueError, "source, destination, or count out of range");
    return NULL;
  }
  return count > 0 && move(self, destination, source, count) < 0 ? NULL : none();
}

static int advise(Mmap *self, int option, Py_ssize_t start, Py_ssize_t length) {
  switch (wmman_effect_of(option)) {
  case WMMAN_ADVISE:
    return check_status(wmmap_advise(self->mapping, (uint64_t)start, (uint64_t)length, (wmmap_advice)option));
  case WMMAN_DISCARD: /* Keeps private changes: of a buffer's holder, they would change under its hands. */
    return check_status(wmmap_advise(self->mapping, (uint64_t)start, (uint64_t)length, WMMAP_DONT_NEED));
  case WMMAN_FREE: /* Of memory that the program does not need: the system may take it, or not. */
    return self->has_file || !self->has_private_flag ? raise_errno(EINVAL) : 0;
  case WMMAN_LOAD:
    if (option == MADV_POPULATE_WRITE && self->access == ACCESS_READ)
      return raise_errno(EINVAL);
    length = length < self->size - start ? length : self->size - start;
    return check_status(wmmap_populate(self->mapping, (uint64_t)start, (uint64_t)length));
  case WMMAN_NOTHING:
    return 0;
  case WMMAN_FORBIDDEN:
    return raise_errno(EPERM);
  default: /* MADV_REMOVE would change bytes. */
    return raise_errno(EINVAL);
  }
}

static PyObject *mmap_madvise(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  int option = 0;
  Py_ssize_t start = 0, length = 0;
  if (!check_count("madvise", count, 1, 3) || !to_int(arguments[0], &option) ||
      (count > 1 && !to_size(arguments[1], &start)))
    return NULL;
  CHECK_OPEN(NULL);
  length = self->size;
  if (count > 2 && !to_size_unless_none(arguments[2], &length))
    return NULL;
  CHECK_OPEN(NULL);
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

static PyObject *mmap_close(Mmap *self, PyObject *unused) {
  (void)unused;
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "cannot close exported pointers exist");
    return NULL;
  }
  close_map(self);
  return none();
}

static PyObject *mmap_enter(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_OPEN(NULL);
  Py_IncRef(&self->base);
  return &self->base;
}

static PyObject *mmap_exit(Mmap *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)arguments;
  return check_count("__exit__", count, 3, 3) ? mmap_close(self, NULL) : NULL;
}

PyMethodDef mmap_methods[] = {
    {"close", METHOD(mmap_close), METH_NOARGS,
     "close($self, /)\n--\n\nUnmap. Does nothing if the map is closed already.\n\n"
     "BufferError: buffers are exported."},
    {"find", METHOD(mmap_find), METH_FASTCALL,
     "find($self, view, start=None, end=None, /)\n--\n\nReturn the lowest position where the bytes lie inside "
     "start..end, or -1. "
     "Without start, begin at the position.\n\n"
     "OSError: EFAULT (the search reached a lost page), EACCES (no right to read)."},
    {"flush", METHOD(mmap_flush), METH_FASTCALL | METH_KEYWORDS,
     "flush($self, offset=0, size=None, /, *, flags=0)\n--\n\nReturn when the changed bytes of the range are on the "
     "storage device. "
     "Any offset in bytes will do.\n\n"
     "ValueError: the range is not inside the map. OSError: EFAULT, ENOSPC, EIO."},
    {"madvise", METHOD(mmap_madvise), METH_FASTCALL,
     "madvise($self, option, start=0, length=None, /)\n--\n\nSay how a range in bytes will be used: one of the MADV_ "
     "constants. "
     "A range past the end is cut.\n\n"
     "ValueError: start is not inside the map, or length is negative. OverflowError: length is too large. "
     "OSError: EINVAL (no such option), ENOMEM, EIO."},
    {"move", METHOD(mmap_move), METH_FASTCALL,
     "move($self, dest, src, count, /)\n--\n\nCopy count bytes from src to dest; the ranges may overlap.\n\n"
     "TypeError: the map is read-only. ValueError: a range is not inside the map. OSError: EFAULT, ENOMEM."},
    {"read", METHOD(mmap_read), METH_FASTCALL,
     "read($self, n=None, /)\n--\n\nRead n bytes at the position, or all that follow if n is None, negative or "
     "more.\n\n"
     "OSError: EFAULT (a page is lost), EACCES (no right to read), ENOMEM."},
    {"read_byte", METHOD(mmap_read_byte), METH_NOARGS,
     "read_byte($self, /)\n--\n\nRead one byte at the position, as an integer from 0 to 255.\n\n"
     "ValueError: the position is at the end. OSError: EFAULT, EACCES."},
    {"readline", METHOD(mmap_readline), METH_NOARGS,
     "readline($self, /)\n--\n\nRead through the next newline, or to the end of the map.\n\nOSError: EFAULT, EACCES, "
     "ENOMEM."},
    {"resize", METHOD(mmap_resize), METH_O,
     "resize($self, newsize, /)\n--\n\nSet the size in bytes of the map and of its file, at least 1.\n\n"
     "TypeError: the map is read-only or private. ValueError: newsize is out of range, or trackfd=False. "
     "BufferError: buffers are exported. OSError: EINVAL (0), ENOSPC, ENOMEM, EBUSY, EIO."},
    {"rfind", METHOD(mmap_rfind), METH_FASTCALL,
     "rfind($self, view, start=None, end=None, /)\n--\n\nReturn the highest position where the bytes lie inside "
     "start..end, or -1; "
     "otherwise as find()."},
    {"seek", METHOD(mmap_seek), METH_FASTCALL,
     "seek($self, pos, whence=0, /)\n--\n\nSet the position in bytes, from the start (0), the position (1) or the end "
     "(2), and "
     "return "
     "it.\n\nValueError: it is not from 0 to the size of the map, or there is no such whence."},
    {"seekable", METHOD(mmap_seekable), METH_NOARGS, "seekable($self, /)\n--\n\nReturn True."},
    {"size", METHOD(mmap_size), METH_NOARGS,
     "size($self, /)\n--\n\nReturn the size of the file in bytes now, which may differ from the map's.\n\n"
     "OSError: EBADF (no file, or trackfd=False), EIO."},
    {"tell", METHOD(mmap_tell), METH_NOARGS, "tell($self, /)\n--\n\nReturn the position in bytes."},
    {"write", METHOD(mmap_write), METH_O,
     "write($self, bytes, /)\n--\n\nStore bytes at the position, all or none, and return how many.\n\n"
     "TypeError: the map is read-only. ValueError: they do not fit before the end. OSError: EFAULT (some may be "
     "stored), ENOMEM (private pages), ENOSPC."},
    {"write_byte", METHOD(mmap_write_byte), METH_O,
     "write_byte($self, byte, /)\n--\n\nStore an integer from 0 to 255 at the position.\n\n"
     "TypeError: the map is read-only. ValueError: the position is at the end. OSError: EFAULT, ENOMEM, ENOSPC."},
    {"__enter__", METHOD(mmap_enter), METH_NOARGS, "__enter__($self, /)\n--\n\n"},
    {"__exit__", METHOD(mmap_exit), METH_FASTCALL, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\n"},
    {0}};
