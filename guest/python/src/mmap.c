/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Python's `mmap` over the contract: the type, with the names, checks and messages of CPython 3.14 on UNIX. */
#include "contract.h"
#include "descriptor.h"
#include "errors.h"
#include "map.h"
#include "stable_abi.h"

#include <stdlib.h>
#include <string.h>

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20 }; /* As on Linux. */

static PyTypeObject *mmap_type;
static PyObject *numbers[256]; /* The integers that bytes are; they are immortal (PEP 683). */

static int closed(void) {
  PyErr_SetString(PyExc_ValueError, "mmap closed or invalid");
  return -1;
}

#define CHECK_VALID(failure)                                                                                           \
  do {                                                                                                                 \
    if (!self->is_open)                                                                                                \
      return closed(), failure;                                                                                        \
  } while (0)

static PyObject *take_bytes(Mmap *self, Py_ssize_t at, Py_ssize_t length) {
  PyObject *result = PyBytes_FromStringAndSize(NULL, length);
  if (result && length > 0 && take(self, at, length, PyBytes_AsString(result)) < 0) {
    Py_DecRef(result);
    return NULL;
  }
  return result;
}

static PyObject *take_byte(Mmap *self, Py_ssize_t at) {
  char byte = 0;
  if (self->region && self->region[at] != 0)
    byte = self->region[at];
  else if (take(self, at, 1, &byte) < 0)
    return NULL;
  return numbers[(uint8_t)byte];
}

/* ---- Making and closing */

static void shut(Mmap *self) {
  detach(self);
  if (self->is_open)
    contract_drop(self->mapping);
  self->is_open = false;
  changes += 1;
  forget_ahead(self);
}

static int parse_access(int *access, int *flags, int *prot) {
  if (*access != ACCESS_DEFAULT && (*flags != MAP_SHARED || *prot != (PROT_WRITE | PROT_READ))) {
    PyErr_SetString(PyExc_ValueError, "mmap can't specify both access and flags, prot.");
    return -1;
  }
  switch (*access) {
  case ACCESS_READ:
    *prot = PROT_READ;
    return 0;
  case ACCESS_WRITE:
    return 0;
  case ACCESS_COPY:
    *flags = MAP_PRIVATE;
    return 0;
  case ACCESS_DEFAULT:
    if ((*prot & PROT_READ) == 0 || (*prot & PROT_WRITE) == 0)
      *access = *prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
    return 0;
  default:
    PyErr_SetString(PyExc_ValueError, "mmap invalid access parameter.");
    return -1;
  }
}

/* CPython's checks of a regular file; other files are the host's to judge. */
static int check_size(int32_t file, Py_ssize_t *length, int64_t offset) {
  contract_result result;
  file_stat(file, &result);
  if (result.stat.failed || result.stat.type != FILE_REGULAR)
    return 0;
  const char *problem = NULL;
  const uint64_t size = result.stat.size;
  if (*length == 0) {
    if (size == 0)
      problem = "cannot mmap an empty file";
    else if ((uint64_t)offset >= size)
      problem = "mmap offset is greater than file size";
    else if (size - (uint64_t)offset > PY_SSIZE_T_MAX)
      problem = "mmap length is too large";
    else
      *length = (Py_ssize_t)(size - (uint64_t)offset);
  } else if ((uint64_t)offset > size || size - (uint64_t)offset < (uint64_t)*length) {
    problem = "mmap length is greater than file size";
  }
  if (problem)
    PyErr_SetString(PyExc_ValueError, problem);
  return problem ? -1 : 0;
}

/* The rights of the descriptor, in CPython's order: what is no regular file is judged after them. */
static int check_rights(int32_t file, int flags, int prot) {
  contract_result result;
  file_rights(file, &result);
  if (result.plain.failed)
    return raise_errno(EBADF), -1;
  const bool stores = (flags & MAP_SHARED) && (prot & PROT_WRITE);
  if (!(result.plain.code & FILE_RIGHT_READ) || (stores && !(result.plain.code & FILE_RIGHT_WRITE)))
    return raise_errno(EACCES), -1;
  return 0;
}

static int map_file(const Descriptor *file, Py_ssize_t *length, int flags, int prot, int64_t offset, int32_t *mapping) {
  if (file && (check_size(file->handle, length, offset) < 0 || check_rights(file->handle, flags, prot) < 0))
    return -1;
  if (!(flags & (MAP_SHARED | MAP_PRIVATE)) || offset % PAGE != 0)
    return raise_errno(EINVAL), -1;
  const int32_t handle = file ? file->handle : 0;
  const bool is_private = (flags & MAP_SHARED) == 0;
  contract_result result;
  if (!(prot & (PROT_READ | PROT_WRITE | PROT_EXEC))) {
    contract_mmap_posix(file != NULL, handle, (uint64_t)*length, is_private, 0, (uint64_t)offset, &result);
  } else {
    /* PROT_EXEC asks for nothing: no program in WebAssembly can execute data. It implies reading, as on x86. */
    const int access = !(prot & PROT_WRITE) ? CONTRACT_READ : is_private ? CONTRACT_COPY : CONTRACT_WRITE;
    contract_mmap(file != NULL, handle, (uint64_t)*length, access, (uint64_t)offset, &result);
  }
  if (result.small.failed)
    return raise_code(result.small.code), -1;
  *mapping = result.small.handle;
  const uint64_t mapped = contract_length(*mapping);
  if (mapped > PY_SSIZE_T_MAX) {
    contract_drop(*mapping);
    PyErr_SetString(PyExc_ValueError, "mmap length is too large");
    return -1;
  }
  *length = (Py_ssize_t)mapped;
  return 0;
}

static PyObject *mmap_new(PyTypeObject *type, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"fileno", "length", "flags", "prot", "access", "offset", "trackfd", NULL};
  int fd = -1, flags = MAP_SHARED, prot = PROT_WRITE | PROT_READ, access = ACCESS_DEFAULT, trackfd = 1;
  Py_ssize_t length = 0;
  long long offset = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "in|iiiL$p", keywords, &fd, &length, &flags, &prot, &access,
                                   &offset, &trackfd))
    return NULL;
  if (length < 0) {
    PyErr_SetString(PyExc_OverflowError, "memory mapped length must be positive");
    return NULL;
  }
  if (offset < 0) {
    PyErr_SetString(PyExc_OverflowError, "memory mapped offset must be positive");
    return NULL;
  }
  if (parse_access(&access, &flags, &prot) < 0)
    return NULL;
  if (PySys_Audit("mmap.__new__", "iniL", fd, length, access, offset) < 0)
    return NULL;

  Descriptor file = {0};
  if (fd != -1 && descriptor_of(fd, &file) < 0)
    return NULL;
  const bool has_file = fd != -1 && !(flags & MAP_ANONYMOUS);
  int32_t mapping = 0;
  const int mapped = map_file(has_file ? &file : NULL, &length, flags, prot, offset, &mapping);
  descriptor_release(&file);
  if (mapped < 0)
    return NULL;

  PyObject *(*const alloc)(PyTypeObject *, Py_ssize_t) =
      (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(type, Py_tp_alloc);
  Mmap *self = (Mmap *)alloc(type, 0);
  if (!self) {
    contract_drop(mapping);
    return NULL;
  }
  self->mapping = mapping;
  self->is_open = true;
  self->has_file = fd != -1;
  self->tracks_file = trackfd;
  self->is_resizable = (flags & MAP_SHARED) != 0;
  self->access = access;
  self->size = length;
  self->offset = offset;
  return (PyObject *)self;
}

static int mmap_traverse(PyObject *self, visitproc visit, void *argument) {
  return visit((PyObject *)self->ob_type, argument);
}

static void mmap_dealloc(Mmap *self) {
  PyTypeObject *type = self->base.ob_type;
  PyObject_GC_UnTrack(self);
  shut(self);
  if (self->weakrefs)
    PyObject_ClearWeakRefs((PyObject *)self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DecRef((PyObject *)type);
}

static PyObject *none(void) {
  Py_IncRef(Py_None);
  return Py_None;
}

static PyObject *mmap_close(Mmap *self, PyObject *unused) {
  (void)unused;
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "cannot close exported pointers exist");
    return NULL;
  }
  shut(self);
  return none();
}

static PyObject *get_closed(Mmap *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(!self->is_open);
}

static PyObject *mmap_enter(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  Py_IncRef(&self->base);
  return &self->base;
}

static PyObject *mmap_exit(Mmap *self, PyObject *unused) { return mmap_close(self, unused); }

static PyObject *mmap_repr(Mmap *self) {
  static const char *const accesses[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"};
  PyObject *name =
      self->base.ob_type == mmap_type ? Py_BuildValue("s", "mmap.mmap") : PyType_GetName(self->base.ob_type);
  if (!name)
    return NULL;
  PyObject *result = self->is_open
                         ? PyUnicode_FromFormat("<%U closed=False, access=%s, length=%zd, pos=%zd, offset=%lld>", name,
                                                accesses[self->access], self->size, self->pos, (long long)self->offset)
                         : PyUnicode_FromFormat("<%U closed=True>", name);
  Py_DecRef(name);
  return result;
}

/* ---- Like a file */

static int check_writable(const Mmap *self) {
  if (self->access != ACCESS_READ)
    return 0;
  PyErr_SetString(PyExc_TypeError, "mmap can't modify a readonly memory map.");
  return -1;
}

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

/* ---- Like an array */

static Py_ssize_t mmap_length(Mmap *self) {
  CHECK_VALID(-1);
  return self->size;
}

/* What iteration and `in` use: bytes of length 1, as in CPython. */
static PyObject *mmap_item(Mmap *self, Py_ssize_t index) {
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

static PyObject *mmap_subscript(Mmap *self, PyObject *item) {
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

static int mmap_ass_subscript(Mmap *self, PyObject *item, PyObject *value) {
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

static int mmap_getbuffer(Mmap *self, Py_buffer *view, int flags) {
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

static void mmap_releasebuffer(Mmap *self, Py_buffer *view) {
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

/* ---- The type and the module */

#define FUNCTION(name) ((PyCFunction)(name))

static PyMethodDef methods[] = {
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

static PyMemberDef members[] = {{"__weaklistoffset__", Py_T_PYSSIZET, offsetof(Mmap, weakrefs), Py_READONLY, NULL},
                                {0}};

static PyGetSetDef properties[] = {{"closed", (PyObject * (*)(PyObject *, void *)) get_closed, NULL, NULL, NULL}, {0}};

static PyType_Slot slots[] = {
    {Py_tp_new, mmap_new},
    {Py_tp_dealloc, mmap_dealloc},
    {Py_tp_traverse, mmap_traverse},
    {Py_tp_repr, mmap_repr},
    {Py_tp_doc,
     "mmap(fileno, length, flags=MAP_SHARED, prot=PROT_READ|PROT_WRITE, access=ACCESS_DEFAULT, offset=0, *, "
     "trackfd=True)\n\nMaps length bytes (0: to the end) of the file of this descriptor, -1 for memory without "
     "a file."},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {Py_sq_length, mmap_length},
    {Py_sq_item, mmap_item},
    {Py_mp_length, mmap_length},
    {Py_mp_subscript, mmap_subscript},
    {Py_mp_ass_subscript, mmap_ass_subscript},
    {Py_bf_getbuffer, mmap_getbuffer},
    {Py_bf_releasebuffer, mmap_releasebuffer},
    {0, NULL}};

static PyType_Spec spec = {"mmap.mmap", sizeof(Mmap), 0,
                           Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, slots};

static PyObject *set_read_ahead(PyObject *module, PyObject *argument) {
  (void)module;
  const Py_ssize_t most = PyNumber_AsSsize_t(argument, PyExc_OverflowError);
  if (most == -1 && PyErr_Occurred())
    return NULL;
  if (most < 0 || most > AHEAD_MOST) {
    PyErr_Format(PyExc_ValueError, "bytes to read ahead must be in range(0, %d)", AHEAD_MOST + 1);
    return NULL;
  }
  ahead_most = most;
  changes += 1;
  return none();
}

static PyObject *forget(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  changes += 1;
  return none();
}

static PyObject *tell_span(PyObject *module, PyObject *map) {
  (void)module;
  if (!PyType_IsSubtype(map->ob_type, mmap_type)) {
    PyErr_SetString(PyExc_TypeError, "an mmap is needed");
    return NULL;
  }
  return PyBool_FromLong(((Mmap *)map)->region != NULL);
}

static PyMethodDef functions[] = {
    {"_has_span", FUNCTION(tell_span), METH_O, "Whether the pages of a map are in the memory of this program by now."},
    {"set_read_ahead", FUNCTION(set_read_ahead), METH_O, "How many bytes loops may read ahead; 0 for none."},
    {"_forget", FUNCTION(forget), METH_NOARGS, "Drop what was read ahead."},
    {"_use_paths", FUNCTION(descriptor_use_paths), METH_VARARGS, "How to find the file of a descriptor if C cannot."},
    {0}};

static PyModuleDef module_definition = {
    .ob_base = {1, NULL}, .m_name = "_wasi_mmap", .m_size = -1, .m_methods = functions};

__attribute__((visibility("default"))) PyObject *PyInit__wasi_mmap(void) {
  static const struct {
    const char *name;
    long value;
  } constants[] = {{"ACCESS_DEFAULT", ACCESS_DEFAULT},
                   {"ACCESS_READ", ACCESS_READ},
                   {"ACCESS_WRITE", ACCESS_WRITE},
                   {"ACCESS_COPY", ACCESS_COPY},
                   {"PROT_READ", PROT_READ},
                   {"PROT_WRITE", PROT_WRITE},
                   {"PROT_EXEC", PROT_EXEC},
                   {"MAP_SHARED", MAP_SHARED},
                   {"MAP_PRIVATE", MAP_PRIVATE},
                   {"MAP_ANON", MAP_ANONYMOUS},
                   {"MAP_ANONYMOUS", MAP_ANONYMOUS},
                   {"MADV_NORMAL", 0},
                   {"MADV_RANDOM", 1},
                   {"MADV_SEQUENTIAL", 2},
                   {"MADV_WILLNEED", 3},
                   {"MADV_DONTNEED", 4},
                   {"PAGESIZE", PAGE},
                   {"ALLOCATIONGRANULARITY", GRANULARITY}};
  PyObject *module = PyModule_Create2(&module_definition, PYTHON_API_VERSION);
  if (!module)
    return NULL;
  mmap_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
  if (!mmap_type || PyModule_AddObjectRef(module, "mmap", (PyObject *)mmap_type) < 0 ||
      PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0)
    return NULL;
  for (int i = 0; i < 256; i += 1)
    if (!(numbers[i] = PyLong_FromLong(i)))
      return NULL;
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i += 1)
    if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
      return NULL;
  return module;
}
