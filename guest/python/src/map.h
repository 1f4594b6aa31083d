/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What a map is, and its bytes, wherever they are: at the host, in a span, in exported buffers, or read ahead. */
#ifndef WASI_MMAP_MAP_H
#define WASI_MMAP_MAP_H

#include "stable_abi.h"

#include <stdbool.h>

enum { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY };
/*
 * The values of Linux, but for the granularity, which is that of spans. Hosts take any offset; the drop-in has the rule
 * that Python's programs know, and is content with a multiple of PAGE, where there will be no span.
 */
enum { PAGE = 4096, GRANULARITY = 65536 };

/* Bytes that lie no farther apart are of one row of accesses. */
enum { GAP = 64 };

/* Places in a map where loops are, see ahead.c. */
enum { STREAMS = 24 };
typedef struct {
  char *bytes;
  Py_ssize_t capacity;
  Py_ssize_t origin, start, end; /* What of the map is in `bytes`, and what of that was not served yet. */
  Py_ssize_t next;               /* Where an access continues the row. */
  Py_ssize_t size;               /* How much was read ahead last. */
  int64_t own_time;              /* Nanoseconds of the program's own, when the host was last asked in this row. */
  uint64_t accesses;             /* How many there had been then. */
  int row;                       /* Questions to the host in this row. */
  int pause;                     /* Accesses for which nothing is read ahead, as the loop is slow. */
} Stream;

typedef struct {
  Stream streams[STREAMS]; /* The one that was used last is the first. */
  uint64_t changes;
} Ahead;

typedef struct {
  PyObject base;
  int32_t mapping; /* The handle, if `is_open`. */
  bool is_open, has_file, tracks_file, is_resizable;
  int access;
  Py_ssize_t size, pos;
  int64_t offset;
  PyObject *weakrefs;
  /* While buffers are exported without a span, the map's bytes are these; `known` is what the mapping has, if they may
   * be changed. */
  Py_ssize_t exports;
  char *bytes, *known;
  /* The pages themselves, if there is a span. */
  int32_t span;
  char *region;
  int small_reads;
  bool was_tried, is_lost;   /* Whether a span was asked for; whether pages of it are not the file's any more. */
  bool is_changed, was_lent; /* A private map: by its methods, which the host knows of; perhaps through a buffer. */
  Py_ssize_t zero_at;        /* The last access to a page of zeros that the file has, or -1. */
  Ahead *ahead;              /* NULL before the first small read. */
} Mmap;

/* All functions that return an int raise and return -1 if they fail. Ranges lie inside the map. */

/* host.c: the mapping of the contract. Rises with every operation after which nothing read before is served. */
extern uint64_t changes;
int fetch(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target);
int store(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length);

/* span.c */
bool is_private(const Mmap *self);
bool has_span(Mmap *self);
bool has_span_by_now(Mmap *self);
int check_page(Mmap *self, Py_ssize_t at);
int check_pages(Mmap *self, Py_ssize_t at, Py_ssize_t length);
void forsake(Mmap *self);
void detach(Mmap *self);

/* ahead.c */
extern Py_ssize_t ahead_most;
enum { AHEAD_DEFAULT = 4096, AHEAD_MOST = 1 << 16 };
const char *find_ahead(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count);
void served(Mmap *self, Py_ssize_t next);
int64_t ask_begins(const Mmap *self);
void ask_ends(Mmap *self, int64_t begin);
void forget_ahead(Mmap *self);

/* bytes.c */
const char *find_here(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count);
int take(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target);
int give(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length);
int give_back(Mmap *self);
Py_ssize_t search(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end, bool backward);

#endif
