/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "open.h"
#include "bytes.h"
#include "errors.h"
#include "read_ahead.h"
#include "span.h"
#include "src/files.h"

int parse_access(int *access, int *flags, int *prot) {
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

/* CPython's checks of a regular file; the host judges all others. */
static int check_size(wmmap_file file, Py_ssize_t *length, int64_t offset) {
  bool is_regular = false;
  uint64_t size = 0;
  if (!wmmap_file_regular_size(file, &is_regular, &size) || !is_regular)
    return 0;
  const char *problem = NULL;
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

/* Checks the rights of the descriptor here, for CPython checks them before the kind of the file. */
static int check_rights(wmmap_file file, int flags, int prot) {
  uint32_t rights = 0;
  if (!wmmap_file_rights(file, &rights))
    return raise_errno(EBADF);
  const bool writes = (flags & MAP_SHARED) && (prot & PROT_WRITE);
  if (!(rights & WMMAP_CAN_READ) || (writes && !(rights & WMMAP_CAN_WRITE)))
    return raise_errno(EACCES);
  return 0;
}

int map_file(wmmap_file file, Py_ssize_t *length, int flags, int prot, int64_t offset, wmmap_mapping *mapping) {
  if (file.handle != 0 && check_size(file, length, offset) < 0)
    return -1;
  if (flags & MAP_ANONYMOUS)
    file = (wmmap_file){0};
  if (file.handle != 0 && check_rights(file, flags, prot) < 0)
    return -1;
  if (!(flags & (MAP_SHARED | MAP_PRIVATE)) || offset % PAGE != 0)
    return raise_errno(EINVAL);
  /* Nobody else sees memory without a file, so it is not private to the host, which then can resize it. */
  const bool is_private = (flags & MAP_SHARED) == 0 && file.handle != 0;
  wmmap_status status = WMMAP_OK;
  if (!(prot & (PROT_READ | PROT_WRITE | PROT_EXEC))) {
    const wmmap_sharing sharing = is_private ? WMMAP_PRIVATE : WMMAP_SHARED;
    status = wmmap_map_posix(file, (uint64_t)*length, sharing, 0, (uint64_t)offset, mapping);
  } else {
    /* PROT_EXEC asks for nothing: no program in WebAssembly can execute data. It implies reading, as on x86. */
    const wmmap_access access = !(prot & PROT_WRITE) ? WMMAP_READ : is_private ? WMMAP_COPY : WMMAP_WRITE;
    status = wmmap_map(file, (uint64_t)*length, access, (uint64_t)offset, mapping);
  }
  if (check_status(status) < 0)
    return -1;
  const uint64_t mapped = wmmap_length(*mapping);
  if (mapped > PY_SSIZE_T_MAX) {
    wmmap_close(mapping);
    PyErr_SetString(PyExc_ValueError, "mmap length is too large");
    return -1;
  }
  *length = (Py_ssize_t)mapped;
  if (flags & MAP_POPULATE)
    (void)wmmap_populate(*mapping, 0, mapped); /* As in Linux, it may fail. */
  return 0;
}

void close_map(Mmap *self) {
  drop_span(self);
  drop_copy(self);
  wmmap_close(&self->mapping);
  self->is_open = false;
  generation += 1;
  free_read_ahead(self);
}
