/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* From the number of an open file to the descriptor of wasi:filesystem behind it. */
#ifndef WASI_MMAP_DESCRIPTOR_H
#define WASI_MMAP_DESCRIPTOR_H

#include "stable_abi.h"

#include <stdbool.h>

typedef struct {
  int32_t handle;
  bool is_ours; /* Else the C library's, and good until it is given back to Python. */
} Descriptor;

/* Raises OSError and returns -1 if there is none. No Python code may run before the handle is used. */
int descriptor_of(int fd, Descriptor *result);

void descriptor_release(const Descriptor *descriptor);

/* use_paths(paths, always): `paths(fd)` tells where the file of a descriptor may be found, if the C library cannot say
 * which it is; `always` asks it even if the C library could. */
PyObject *descriptor_use_paths(PyObject *module, PyObject *arguments);

#endif
