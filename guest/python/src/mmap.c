/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Python's `mmap` over the contract, with the names, checks and messages of CPython 3.14 on UNIX: the module, the type,
 * and how maps are made and closed.
 */
#include "mmap.h"
#include "contract.h"
#include "descriptor.h"
#include "errors.h"

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20 }; /* As on Linux. */

static PyTypeObject *mmap_type;

int closed(void) {
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

PyObject *mmap_close(Mmap *self, PyObject *unused) {
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

PyObject *mmap_enter(Mmap *self, PyObject *unused) {
  (void)unused;
  CHECK_VALID(NULL);
  Py_IncRef(&self->base);
  return &self->base;
}

PyObject *mmap_exit(Mmap *self, PyObject *unused) { return mmap_close(self, unused); }

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

/* ---- The type and the module */

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
    {Py_tp_methods, mmap_methods},
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
      PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0 || make_numbers() < 0)
    return NULL;
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i += 1)
    if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
      return NULL;
  return module;
}
