/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Positions of files. The C library of componentize-py 0.25 reads and writes a file through two streams of WASI, and
 * loses track of where they are: after a write, or a read, `lseek(fd, 0, SEEK_END)` goes on where the stream was, so
 * that the next write destroys what is there; a read after a write goes on where the last read ended; in append mode
 * every seek ends at the end of the file; and a reader that met the end never sees what the file gets later.
 */
#ifndef WASI_MMAP_SEEK_H
#define WASI_MMAP_SEEK_H

#include "stable_abi.h"

/*
 * _repair_files(fd): puts functions of ours in the place of the C library's, for all files, and returns whether it has
 * them now: not if the library does right by itself, or is none that seek.c knows. `fd` is a regular file of at least
 * two bytes, open for reading; its position is lost.
 */
PyObject *seek_repair(PyObject *module, PyObject *fd);

#endif
