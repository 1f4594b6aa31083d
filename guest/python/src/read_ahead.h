/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Reading ahead, where there are no spans. Small pieces that a loop takes one after the other from a READ or COPY map
 * come from a copy of the bytes that follow. The copy is served forward only, every byte of it once, so a second look
 * re-reads the file. Whatever this program does through any map drops it. It begins after WARM_UP accesses in a row
 * between which the program spent at most SLOW_NS each: a loop that talks to another process, and may so learn of a
 * change, takes longer. The time of the host's own answers does not count. A map has several such streams, for programs
 * that read at several places in turns.
 */
#ifndef WASI_MMAP_READ_AHEAD_H
#define WASI_MMAP_READ_AHEAD_H

#include "map.h"

enum { READ_AHEAD_DEFAULT = 4096, READ_AHEAD_LIMIT = 1 << 16 };

/* How many bytes a stream may read ahead, 0 for none; at most READ_AHEAD_LIMIT. */
extern Py_ssize_t read_ahead_most;

/* The bytes from `at` on that were read ahead, or are now: `count` of them and at least `length`; or NULL. */
const char *read_ahead(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count);

/* The bytes before `next` were used, from the stream in use or from the host in its place. */
void read_ahead_used(Mmap *self, Py_ssize_t next);

void free_read_ahead(Mmap *self);

#endif
