/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Spans. Where the host has them, the pages of the file are put into the memory of this program: when a buffer is asked
 * for, when a private map is written to, and after some small reads. Lost pages are zeros there, so a page of zeros is
 * compared with what the host reads.
 */
#ifndef WASI_MMAP_SPAN_H
#define WASI_MMAP_SPAN_H

#include "map.h"

/* Attaches a span unless there is one; false if the host cannot, now or when it was tried before. */
bool attach_span(Mmap *self);
/* The same for a small read: the first few of them do not attach one. */
bool attach_span_for_small_read(Mmap *self);
void drop_span(Mmap *self);
/* Drops a stale span unless buffers are exported. The next one is attached only if it can show all changes. */
void give_up_span(Mmap *self);

/*
 * Checks the page of a position, or all pages of a range, where the span shows only zeros: raises and returns -1 if the
 * file does not have the page. A lost page stays zeros, even if the file has it again: then the span is stale.
 */
int check_page(Mmap *self, Py_ssize_t at);
int check_pages(Mmap *self, Py_ssize_t at, Py_ssize_t length);

#endif
