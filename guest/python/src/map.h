/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The state of a map. Its bytes are at the host, in a span, in a copy that buffers are exported from, or read ahead. */
#ifndef WASI_MMAP_MAP_H
#define WASI_MMAP_MAP_H

#include "src/copy.h"
#include "stable_abi.h"

#include <stdbool.h>

enum { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY }; /* CPython's numbers. */
/*
 * The page size is that of Linux, the granularity that of spans. Hosts map any offset. The drop-in keeps the rule that
 * Python's programs know, but accepts multiples of PAGE, where there will be no span.
 */
enum { PAGE = 4096, GRANULARITY = 65536 };

/* Accesses that are at most so many bytes apart belong to one loop. */
enum { GAP = 64 };

/* When the host answered last: the program's own time so far in nanoseconds, and the accesses so far. */
typedef struct {
  int64_t own_time;
  uint64_t accesses;
} Moment;

typedef struct {
  PyObject base;
  wmmap_mapping mapping;
  bool is_open, has_file, tracks_file;
  bool has_private_flag; /* MAP_PRIVATE */
  bool is_private_file;  /* Changes stay in this map. Memory without a file has nobody else who could see them. */
  int access;
  Py_ssize_t size, position;
  int64_t offset;
  PyObject *weakrefs;
  Py_ssize_t exports; /* buffers */
  wmmap_copy copy;    /* The map's bytes while buffers are exported without a span; else all NULL. */
  bool keeps_copy; /* Of a private map: the copy is the map from now on, as through a buffer anything may be stored. */
  wmmap_span span;
  char *region; /* The pages of the span; NULL without one. */
  int small_reads;
  bool span_was_tried;
  bool span_is_stale;           /* Pages of it are no longer the file's. */
  bool is_changed;              /* Of a private map: by a method or, perhaps, through a buffer. */
  bool was_exported;            /* Of a private map: so the host may not know of a change. */
  Py_ssize_t zero_at;           /* The last access to a page of zeros that the file has; -1 for none. */
  struct ReadAhead *read_ahead; /* NULL before the first small read. */
  bool was_called;              /* Whether there is a last call that the read-ahead has not looked at. */
  Moment last_call;
} Mmap;

/* Rises with every operation that makes what was read before it out of date. */
extern uint64_t generation;

/* Whether changes stay in this map and are told from those of its file. */
bool is_private(const Mmap *self);

/* These raise and return -1. */

/* Raises what CPython raises for a closed map. */
int raise_closed(void);
/* Fails if the map is of ACCESS_READ. */
int check_writable(const Mmap *self);

#define CHECK_OPEN(failure)                                                                                            \
  do {                                                                                                                 \
    if (!self->is_open)                                                                                                \
      return raise_closed(), failure;                                                                                  \
  } while (0)

/* A new reference to None. */
PyObject *none(void);

#endif
