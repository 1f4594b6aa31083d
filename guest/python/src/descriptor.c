/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "descriptor.h"
#include "contract.h"
#include "errors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/*
 * The table of wasi-libc for WASI 0.2 (libc-bottom-half/headers/private/wasi/descriptor_table.h), as componentize-py
 * 0.25 has it. It is no public interface: newer ones hide it, and then the symbol is NULL and paths have to do.
 */
typedef struct {
  void (*free)(void *);
  void *get_read_stream, *get_write_stream, *set_blocking, *fstat;
  int (*get_file)(void *, int32_t *handle);
} table_operations;
typedef struct {
  void *data;
  const table_operations *operations;
} table_entry;
extern table_entry *descriptor_table_get_ref(int fd) __attribute__((weak));

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

/* Whether a directory's name is a path's beginning, and how much of the path it is. */
static bool holds(const char *name, uint32_t name_length, const char *path, uint32_t length, uint32_t *skip) {
  while (name_length > 0 && name[name_length - 1] == '/')
    name_length -= 1;
  if (name_length == 1 && *name == '.')
    name_length = 0; /* As in the C library, whose working directory is the root. */
  if (name_length > length || memcmp(name, path, name_length) != 0 || path[name_length] != '/')
    return false;
  *skip = name_length + 1;
  return true;
}

/* Opens a path with these rights and no others, if it is the file of this identity. */
static bool reopen(const char *path, uint32_t length, int rights, uint64_t identity, int32_t *handle) {
  typedef struct {
    int32_t handle;
    const char *name;
    uint32_t length;
  } Directory;
  contract_result result;
  file_directories(&result);
  Directory *directories = (Directory *)result.list.data;
  const uint32_t count = result.list.length;
  const Directory *best = NULL;
  uint32_t skip = 0, best_skip = 0;
  for (const Directory *each = directories; each < directories + count; each += 1) {
    if (holds(each->name, each->length, path, length, &skip) && (!best || skip > best_skip)) {
      best = each;
      best_skip = skip;
    }
  }
  bool is_found = false;
  if (best && best_skip < length) {
    file_open_at(best->handle, 1, path + best_skip, length - best_skip, 0, rights, &result);
    if (!result.small.failed) {
      *handle = result.small.handle;
      file_hash(*handle, &result);
      is_found = !result.large.failed && result.large.value == identity;
      if (!is_found)
        file_drop(*handle);
    }
  }
  for (uint32_t i = 0; i < count; i += 1) {
    file_drop(directories[i].handle);
    if (directories[i].length > 0)
      free((void *)directories[i].name);
  }
  if (count > 0)
    free(directories);
  return is_found;
}

static int by_path(int fd, Descriptor *result) {
  const int status = fcntl(fd, F_GETFL);
  if (status < 0)
    return raise_errno(EBADF), -1;
  const int mode = status & O_ACCMODE;
  const int rights = (mode != O_WRONLY ? FILE_RIGHT_READ : 0) | (mode != O_RDONLY ? FILE_RIGHT_WRITE : 0);
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
    /* Text with a path a line: no file that Python opens has a newline in what is remembered of it. */
    Py_ssize_t length = 0;
    const char *paths = PyUnicode_AsUTF8AndSize(list, &length);
    for (const char *path = paths, *end = paths + length; path && path < end;) {
      const char *stop = memchr(path, '\n', (size_t)(end - path));
      stop = stop ? stop : end;
      if (reopen(path, (uint32_t)(stop - path), rights, identity, &result->handle)) {
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
  const table_entry *entry = descriptor_table_get_ref(fd);
  if (!entry)
    return raise_errno(EBADF), -1;
  /* A terminal, a socket. */
  if (!entry->operations->get_file || entry->operations->get_file(entry->data, &result->handle) < 0)
    return raise_errno(ENODEV), -1;
  return 0;
}

void descriptor_release(const Descriptor *descriptor) {
  if (descriptor->is_ours)
    file_drop(descriptor->handle);
}
