/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The part of CPython's stable ABI (PEP 384, https://docs.python.org/3/c-api/stable.html) that the extension uses, as
 * of Python 3.13. No registry has headers of Python for WebAssembly, and those of an installed Python are for its own
 * machine.
 */
#ifndef WASI_MMAP_STABLE_ABI_H
#define WASI_MMAP_STABLE_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t Py_ssize_t; /* wasm32 */
#define PY_SSIZE_T_MAX INT32_MAX

typedef struct PyTypeObject PyTypeObject;
typedef struct PyObject {
  Py_ssize_t ob_refcnt;
  PyTypeObject *ob_type;
} PyObject;

typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef int (*visitproc)(PyObject *, void *);
typedef void (*freefunc)(void *);

typedef struct {
  const char *ml_name;
  PyCFunction ml_meth;
  int ml_flags;
  const char *ml_doc;
} PyMethodDef;
enum { METH_VARARGS = 1, METH_KEYWORDS = 2, METH_NOARGS = 4, METH_O = 8, METH_FASTCALL = 128 };

typedef struct {
  const char *name;
  int type;
  Py_ssize_t offset;
  int flags;
  const char *doc;
} PyMemberDef;
enum { Py_T_PYSSIZET = 19, Py_READONLY = 1 };

typedef struct {
  const char *name;
  PyObject *(*get)(PyObject *, void *);
  int (*set)(PyObject *, PyObject *, void *);
  const char *doc;
  void *closure;
} PyGetSetDef;

typedef struct {
  int slot;
  void *pfunc;
} PyType_Slot;

typedef struct {
  const char *name;
  int basicsize;
  int itemsize;
  unsigned int flags;
  PyType_Slot *slots;
} PyType_Spec;
enum { Py_TPFLAGS_IMMUTABLETYPE = 1 << 8, Py_TPFLAGS_BASETYPE = 1 << 10, Py_TPFLAGS_HAVE_GC = 1 << 14 };
enum {
  Py_bf_getbuffer = 1,
  Py_bf_releasebuffer = 2,
  Py_mp_ass_subscript = 3,
  Py_mp_length = 4,
  Py_mp_subscript = 5,
  Py_sq_item = 44,
  Py_sq_length = 45,
  Py_tp_dealloc = 52,
  Py_tp_doc = 56,
  Py_tp_methods = 64,
  Py_tp_new = 65,
  Py_tp_repr = 66,
  Py_tp_traverse = 71,
  Py_tp_members = 72,
  Py_tp_getset = 73,
  Py_tp_free = 74,
  Py_tp_alloc = 47
};

typedef struct {
  PyObject ob_base;
  PyObject *(*m_init)(void);
  Py_ssize_t m_index;
  PyObject *m_copy;
  const char *m_name;
  const char *m_doc;
  Py_ssize_t m_size;
  PyMethodDef *m_methods;
  void *m_slots, *m_traverse, *m_clear, *m_free;
} PyModuleDef;
#define PYTHON_API_VERSION 1013

typedef struct {
  void *buf;
  PyObject *obj;
  Py_ssize_t len, itemsize;
  int readonly, ndim;
  char *format;
  Py_ssize_t *shape, *strides, *suboffsets;
  void *internal;
} Py_buffer;
enum { PyBUF_SIMPLE = 0, PyBUF_WRITABLE = 1 };

extern PyObject _Py_NoneStruct, _Py_TrueStruct, _Py_FalseStruct;
#define Py_None (&_Py_NoneStruct)
extern PyObject *PyExc_BufferError, *PyExc_IndexError, *PyExc_MemoryError, *PyExc_OSError, *PyExc_OverflowError,
    *PyExc_TypeError, *PyExc_ValueError;
extern PyTypeObject PySlice_Type, PyLong_Type;

void Py_IncRef(PyObject *), Py_DecRef(PyObject *);
PyObject *PyModule_Create2(PyModuleDef *, int);
int PyModule_AddObjectRef(PyObject *, const char *, PyObject *);
int PyModule_AddIntConstant(PyObject *, const char *, long);
PyObject *PyType_FromModuleAndSpec(PyObject *, PyType_Spec *, PyObject *);
void *PyType_GetSlot(PyTypeObject *, int);
PyObject *PyType_GetName(PyTypeObject *);
int PyType_IsSubtype(PyTypeObject *, PyTypeObject *);
void PyObject_GC_UnTrack(void *);
void PyObject_ClearWeakRefs(PyObject *);
int PyArg_ParseTuple(PyObject *, const char *, ...);
int PyArg_ParseTupleAndKeywords(PyObject *, PyObject *, const char *, char **, ...);
PyObject *Py_BuildValue(const char *, ...);
int PySys_Audit(const char *, const char *, ...);
void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
PyObject *PyErr_Format(PyObject *, const char *, ...);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Occurred(void);
PyObject *PyErr_GetRaisedException(void);
void PyErr_SetRaisedException(PyObject *);
void PyErr_WriteUnraisable(PyObject *);
PyObject *PyObject_CallFunction(PyObject *, const char *, ...);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
int PyBuffer_FillInfo(Py_buffer *, PyObject *, void *, Py_ssize_t, int, int);
void PyBuffer_Release(Py_buffer *);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
char *PyBytes_AsString(PyObject *);
PyObject *PyLong_FromLong(long);
PyObject *PyLong_FromSsize_t(Py_ssize_t);
PyObject *PyLong_FromLongLong(long long);
long PyLong_AsLong(PyObject *);
Py_ssize_t PyLong_AsSsize_t(PyObject *);
unsigned long long PyLong_AsUnsignedLongLong(PyObject *);
PyObject *PyBool_FromLong(long);
int PyLong_AsInt(PyObject *);
int PyIndex_Check(PyObject *);
PyObject *PyNumber_Index(PyObject *);
Py_ssize_t PyNumber_AsSsize_t(PyObject *, PyObject *);
int PySlice_Unpack(PyObject *, Py_ssize_t *, Py_ssize_t *, Py_ssize_t *);
Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t *, Py_ssize_t *, Py_ssize_t);
PyObject *PyUnicode_FromFormat(const char *, ...);
int PyUnicode_EqualToUTF8(PyObject *, const char *);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);

#endif
