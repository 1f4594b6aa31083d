/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* From the number of an open file to the descriptor of wasi:filesystem behind it. */
#ifndef WASI_MMAP_DESCRIPTOR_H
#define WASI_MMAP_DESCRIPTOR_H

#include "stable_abi.h"
#include "wasi_mmap.h"

#include <stdbool.h>

typedef struct {
  wmmap_file file;
  bool is_ours; /* Else it belongs to the C library, and is valid until Python code runs again. */
} Descriptor;

/* Raises OSError and returns -1 if there is none. No Python code may run before the descriptor is used. */
int descriptor_of(int fd, Descriptor *result);

void descriptor_release(Descriptor *descriptor);

/* use_paths(paths, always): `paths(fd)` returns the paths at which the file of a descriptor may be found. It is called
 * if the C library hides the descriptor, or always. */
PyObject *descriptor_use_paths(PyObject *module, PyObject *arguments);

/* _fcntl(fd, command, argument): the function of the C library. */
PyObject *descriptor_fcntl(PyObject *module, PyObject *arguments);

#endif
