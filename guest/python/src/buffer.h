/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The buffer protocol: the pages of a span, else a copy of the map. Changes in the copy are written back when the last
 * buffer is released.
 */
#ifndef WASI_MMAP_BUFFER_H
#define WASI_MMAP_BUFFER_H

#include "map.h"

int mmap_getbuffer(Mmap *self, Py_buffer *view, int flags);
void mmap_releasebuffer(Mmap *self, Py_buffer *view);

#endif
