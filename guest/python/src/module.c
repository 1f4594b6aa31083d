/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Python's `mmap` over the contract, with the names, checks and messages of CPython 3.14 on UNIX: the module and the
 * type.
 */
#include "buffer.h"
#include "descriptor.h"
#include "methods.h"
#include "open.h"
#include "read_ahead.h"
#include "seek.h"
#include "sequence.h"

#define METHOD(name) ((PyCFunction)(name))

static PyTypeObject *mmap_type;

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
  if (fd != -1 && descriptor_of(fd, &file) < 0) {
    /* CPython looks at a number that it does not track last, and not at all if it maps memory. */
    if (trackfd || (offset % PAGE == 0 && !(flags & MAP_ANONYMOUS)))
      return NULL;
    Py_DecRef(PyErr_GetRaisedException());
  }
  wmmap_mapping mapping = {0};
  const int mapped = map_file(file.file, &length, flags, prot, offset, &mapping);
  descriptor_release(&file);
  if (mapped < 0)
    return NULL;

  PyObject *(*const alloc)(PyTypeObject *, Py_ssize_t) =
      (PyObject * (*)(PyTypeObject *, Py_ssize_t)) PyType_GetSlot(type, Py_tp_alloc);
  Mmap *self = (Mmap *)alloc(type, 0);
  if (!self) {
    wmmap_close(&mapping);
    return NULL;
  }
  self->mapping = mapping;
  self->is_open = true;
  self->has_file = fd != -1;
  self->tracks_file = trackfd;
  self->has_private_flag = (flags & MAP_PRIVATE) != 0;
  self->is_private_file = !(flags & (MAP_SHARED | MAP_ANONYMOUS)) && fd != -1;
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
  close_map(self);
  if (self->weakrefs)
    PyObject_ClearWeakRefs((PyObject *)self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DecRef((PyObject *)type);
}

static PyObject *get_closed(Mmap *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(!self->is_open);
}

static PyObject *mmap_repr(Mmap *self) {
  static const char *const accesses[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"};
  PyObject *name =
      self->base.ob_type == mmap_type ? Py_BuildValue("s", "mmap.mmap") : PyType_GetName(self->base.ob_type);
  if (!name)
    return NULL;
  PyObject *result =
      self->is_open ? PyUnicode_FromFormat("<%U closed=False, access=%s, length=%zd, pos=%zd, offset=%lld>", name,
                                           accesses[self->access], self->size, self->position, (long long)self->offset)
                    : PyUnicode_FromFormat("<%U closed=True>", name);
  Py_DecRef(name);
  return result;
}

static PyMemberDef members[] = {{"__weaklistoffset__", Py_T_PYSSIZET, offsetof(Mmap, weakrefs), Py_READONLY, NULL},
                                {0}};

static PyGetSetDef properties[] = {{"closed", (PyObject * (*)(PyObject *, void *)) get_closed, NULL, NULL, NULL}, {0}};

static PyType_Slot slots[] = {
    {Py_tp_new, mmap_new},
    {Py_tp_dealloc, mmap_dealloc},
    {Py_tp_traverse, mmap_traverse},
    {Py_tp_repr, mmap_repr},
    {Py_tp_doc, "mmap(fileno, length, flags=MAP_SHARED, prot=PROT_READ|PROT_WRITE, access=ACCESS_DEFAULT, offset=0, *, "
                "trackfd=True)\n\nMap length bytes (0: to the end) of an open file, or memory if fileno is -1, from "
                "offset on, a multiple of PAGESIZE. Give access, or flags and prot.\n\n"
                "ValueError: an empty file, a range past its end, or both access and flags or prot. OverflowError: "
                "a negative length or offset. OSError: EBADF, EACCES (the file is not open for the access), EINVAL, "
                "ENODEV (not a regular file), ENOMEM, EBUSY, EIO."},
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
  if (most < 0 || most > READ_AHEAD_LIMIT) {
    PyErr_Format(PyExc_ValueError, "bytes to read ahead must be in range(0, %d)", READ_AHEAD_LIMIT + 1);
    return NULL;
  }
  read_ahead_most = most;
  generation += 1;
  return none();
}

static PyObject *forget(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  generation += 1;
  return none();
}

static PyObject *has_span(PyObject *module, PyObject *map) {
  (void)module;
  if (!PyType_IsSubtype(map->ob_type, mmap_type)) {
    PyErr_SetString(PyExc_TypeError, "an mmap is needed");
    return NULL;
  }
  return PyBool_FromLong(((Mmap *)map)->region != NULL);
}

static PyMethodDef functions[] = {
    {"_fcntl", METHOD(descriptor_fcntl), METH_VARARGS, "Control a descriptor."},
    {"_has_span", METHOD(has_span), METH_O, "Return whether the pages of a map are in the memory of this program."},
    {"set_read_ahead", METHOD(set_read_ahead), METH_O,
     "set_read_ahead(most)\n\nSet how many bytes loops may read ahead, from 0 (none) to 65536.\n\n"
     "ValueError: out of range."},
    {"_forget", METHOD(forget), METH_NOARGS, "Drop what was read ahead."},
    {"_repair_files", METHOD(seek_repair), METH_O, "Repair how the C library keeps the positions of files."},
    {"_use_paths", METHOD(descriptor_use_paths), METH_VARARGS,
     "Set the function that finds the paths of a descriptor."},
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
                   {"MAP_32BIT", MAP_32BIT},
                   {"MAP_DENYWRITE", MAP_DENYWRITE},
                   {"MAP_EXECUTABLE", MAP_EXECUTABLE},
                   {"MAP_NORESERVE", MAP_NORESERVE},
                   {"MAP_POPULATE", MAP_POPULATE},
                   {"MAP_STACK", MAP_STACK},
                   {"MS_ASYNC", MS_ASYNC},
                   {"MS_INVALIDATE", MS_INVALIDATE},
                   {"MS_SYNC", MS_SYNC},
                   {"MADV_NORMAL", MADV_NORMAL},
                   {"MADV_RANDOM", MADV_RANDOM},
                   {"MADV_SEQUENTIAL", MADV_SEQUENTIAL},
                   {"MADV_WILLNEED", MADV_WILLNEED},
                   {"MADV_DONTNEED", MADV_DONTNEED},
                   {"MADV_FREE", MADV_FREE},
                   {"MADV_REMOVE", MADV_REMOVE},
                   {"MADV_DONTFORK", MADV_DONTFORK},
                   {"MADV_DOFORK", MADV_DOFORK},
                   {"MADV_MERGEABLE", MADV_MERGEABLE},
                   {"MADV_UNMERGEABLE", MADV_UNMERGEABLE},
                   {"MADV_HUGEPAGE", MADV_HUGEPAGE},
                   {"MADV_NOHUGEPAGE", MADV_NOHUGEPAGE},
                   {"MADV_DONTDUMP", MADV_DONTDUMP},
                   {"MADV_DODUMP", MADV_DODUMP},
                   {"MADV_HWPOISON", MADV_HWPOISON},
                   {"PAGESIZE", PAGE},
                   {"ALLOCATIONGRANULARITY", GRANULARITY}};
  PyObject *module = PyModule_Create2(&module_definition, PYTHON_API_VERSION);
  if (!module)
    return NULL;
  mmap_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
  if (!mmap_type || PyModule_AddObjectRef(module, "mmap", (PyObject *)mmap_type) < 0 ||
      PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0 || sequence_init() < 0)
    return NULL;
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i += 1)
    if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
      return NULL;
  return module;
}
