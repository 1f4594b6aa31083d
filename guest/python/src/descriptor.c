/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "descriptor.h"
#include "errors.h"
#include "libc_table.h"
#include "src/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static PyObject *paths_of;
static bool always_paths;

PyObject *descriptor_use_paths(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *paths = NULL;
  int always = 0;
  if (!PyArg_ParseTuple(arguments, "Op:_use_paths", &paths, &always))
    return NULL;
  Py_IncRef(paths);
  if (paths_of)
    Py_DecRef(paths_of);
  paths_of = paths;
  always_paths = always;
  Py_IncRef(Py_None);
  return Py_None;
}

/* Opens a path with these rights and no others, if it is the file of this identity. */
static bool reopen(const char *path, size_t length, uint32_t rights, uint64_t identity, wmmap_file *file) {
  char *const name = strndup(path, length);
  if (!name)
    return false;
  const wmmap_status status = wmmap_file_open(name, rights, file);
  free(name);
  if (status != WMMAP_OK)
    return false;
  uint64_t found = 0;
  if (wmmap_file_identity(*file, &found) && found == identity)
    return true;
  wmmap_file_close(file);
  return false;
}

static int by_path(int fd, Descriptor *result) {
  const int status = fcntl(fd, F_GETFL);
  if (status < 0)
    return raise_errno(EBADF);
  const int mode = status & O_ACCMODE;
  const uint32_t rights = (mode != O_WRONLY ? WMMAP_CAN_READ : 0) | (mode != O_RDONLY ? WMMAP_CAN_WRITE : 0);
  PyObject *found = paths_of ? PyObject_CallFunction(paths_of, "i", fd) : NULL;
  if (!found) {
    if (!PyErr_Occurred())
      raise_errno(EBADF);
    return -1;
  }
  unsigned long long identity = 0;
  PyObject *list = NULL;
  int status_of_call = -1;
  if (PyArg_ParseTuple(found, "KO", &identity, &list)) {
    /* A path a line: paths with newlines were left out. */
    Py_ssize_t length = 0;
    const char *paths = PyUnicode_AsUTF8AndSize(list, &length);
    for (const char *path = paths, *end = paths + length; path && path < end;) {
      const char *stop = memchr(path, '\n', (size_t)(end - path));
      stop = stop ? stop : end;
      if (reopen(path, (size_t)(stop - path), rights, identity, &result->file)) {
        result->is_ours = true;
        status_of_call = 0;
        break;
      }
      path = stop + 1;
    }
    if (status_of_call < 0 && !PyErr_Occurred())
      raise_errno(EBADF);
  }
  Py_DecRef(found);
  return status_of_call;
}

int descriptor_of(int fd, Descriptor *result) {
  *result = (Descriptor){0};
  if (always_paths || !descriptor_table_get_ref)
    return by_path(fd, result);
  const libc_entry *entry = descriptor_table_get_ref(fd);
  if (!entry)
    return raise_errno(EBADF);
  /* A terminal, a socket. */
  if (!entry->operations->get_file || entry->operations->get_file(entry->data, &result->file.handle) < 0)
    return raise_errno(ENODEV);
  return 0;
}

void descriptor_release(Descriptor *descriptor) {
  if (descriptor->is_ours)
    wmmap_file_close(&descriptor->file);
}

PyObject *descriptor_fcntl(PyObject *module, PyObject *arguments) {
  (void)module;
  int fd = 0, command = 0, argument = 0;
  if (!PyArg_ParseTuple(arguments, "iii:fcntl", &fd, &command, &argument))
    return NULL;
  const int result = fcntl(fd, command, argument);
  return result < 0 ? (void)raise_errno(errno), NULL : PyLong_FromLong(result);
}
