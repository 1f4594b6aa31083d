/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "buffer.h"
#include "bytes.h"
#include "host.h"
#include "span.h"

#include <string.h>

/* Copies the map's bytes into memory, and notes what they were if changes have to be written back. */
static int make_copy(Mmap *self) {
  const size_t size = (size_t)self->size;
  const bool is_shared = self->access != ACCESS_READ && !is_private(self);
  generation += 1;
  wmmap_copy copy = {.mapping = self->mapping, .bytes = take_memory(size)};
  if (is_shared)
    copy.baseline = take_memory(size);
  int result = -1;
  if (!copy.bytes || (is_shared && !copy.baseline))
    PyErr_NoMemory();
  else
    result = host_read(self, 0, self->size, (char *)copy.bytes);
  if (result < 0) {
    give_memory(copy.bytes, size);
    give_memory(copy.baseline, size);
    return -1;
  }
  if (copy.baseline)
    memcpy(copy.baseline, copy.bytes, size);
  self->copy = copy;
  return 0;
}

int mmap_getbuffer(Mmap *self, Py_buffer *view, int flags) {
  view->obj = NULL;
  CHECK_OPEN(-1);
  const bool is_readonly = self->access == ACCESS_READ;
  if (is_readonly && (flags & PyBUF_WRITABLE)) {
    PyErr_SetString(PyExc_BufferError, "Object is not writable.");
    return -1;
  }
  if (!self->copy.bytes && !attach_span(self) && make_copy(self) < 0)
    return -1;
  char *const bytes = self->region ? self->region : (char *)self->copy.bytes;
  if (PyBuffer_FillInfo(view, &self->base, bytes, self->size, is_readonly, flags) < 0)
    return -1;
  if (is_private(self)) {
    self->is_changed = self->was_exported = true;
    /* A store of the byte that is there makes a page private, too, and leaves no trace. Only PyBUF_SIMPLE asks for
       bytes that nobody will change: `re`, `struct` and `bytes` do. */
    self->keeps_copy |= self->copy.bytes && flags != PyBUF_SIMPLE;
  }
  self->exports += 1;
  return 0;
}

void mmap_releasebuffer(Mmap *self, Py_buffer *view) {
  (void)view;
  self->exports -= 1;
  if (self->exports > 0 || self->keeps_copy)
    return;
  if (self->copy.baseline) {
    /* A release has no way to fail, and may happen while an exception is on its way. */
    PyObject *current = PyErr_GetRaisedException();
    if (map_write_back(self) < 0)
      PyErr_WriteUnraisable(&self->base);
    if (current)
      PyErr_SetRaisedException(current);
  }
  drop_copy(self);
}
