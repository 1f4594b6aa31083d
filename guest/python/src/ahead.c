/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Reading ahead, where there are no spans. Small pieces that a loop takes one after the other from a READ or COPY map
 * come from a copy of what follows. The copy is served forward only, every byte of it once, so that who looks again
 * asks the file again; whatever this program does through any map drops it. It begins after WARM_UP accesses in a row
 * between which the program spent no more than SLOW_NS each: a loop that talks to somebody, and may so learn of a
 * change, takes longer. The time of the host's own answers does not count. A map has some such streams, for programs
 * read here and there in turns.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARM_UP = 4, SLOW_NS = 4000, PAUSE = 64, AHEAD_LEAST = 256 };

Py_ssize_t ahead_most = AHEAD_DEFAULT;

static uint64_t accesses; /* Of all maps. */
static int64_t asked;     /* Nanoseconds that the host took for them. */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Around a question to the host: its time is not counted as the program's own. */
int64_t ask_begins(const Mmap *self) { return self->ahead ? now() : 0; }

void ask_ends(Mmap *self, int64_t begin) {
  if (!self->ahead)
    return;
  const int64_t end = now();
  asked += end - begin;
  self->ahead->streams[0].own_time = end - asked;
  self->ahead->streams[0].accesses = accesses;
}

static void use_first(Ahead *ahead, int number) {
  if (number == 0)
    return;
  const Stream used = ahead->streams[number];
  memmove(ahead->streams + 1, ahead->streams, (size_t)number * sizeof used);
  ahead->streams[0] = used;
}

/* Brings the stream to the front that has these bytes, or that they continue, or else the one that is idle longest. */
static bool choose(Ahead *ahead, Py_ssize_t at, Py_ssize_t length) {
  for (int number = 0; number < STREAMS; number += 1) {
    const Stream *stream = ahead->streams + number;
    if (at >= stream->start && length <= stream->end - at)
      return use_first(ahead, number), true;
  }
  for (int number = 0; number < STREAMS; number += 1) {
    const Stream *stream = ahead->streams + number;
    if (at >= stream->next && at - stream->next <= GAP && stream->next > 0)
      return use_first(ahead, number), false;
  }
  use_first(ahead, STREAMS - 1);
  ahead->streams[0].row = 0;
  ahead->streams[0].size = 0;
  return false;
}

static void drop_all(Ahead *ahead) {
  for (Stream *stream = ahead->streams; stream < ahead->streams + STREAMS; stream += 1)
    *stream = (Stream){.bytes = stream->bytes, .capacity = stream->capacity, .pause = stream->pause};
  ahead->changes = changes;
}

/* Asks the host for what follows, if the accesses so far say that it will be wanted. */
static bool read_ahead(Mmap *self, Stream *stream, Py_ssize_t at, Py_ssize_t length) {
  stream->start = stream->end = 0;
  stream->next = at + length;
  if (stream->pause > 0) {
    stream->pause -= 1;
    return false;
  }
  stream->row += 1;
  if (stream->row > 2 && now() - asked - stream->own_time > (int64_t)SLOW_NS * (int64_t)(accesses - stream->accesses)) {
    stream->row = 0;
    stream->size = 0;
    stream->pause = PAUSE;
    return false;
  }
  Py_ssize_t size = stream->size ? stream->size * 4 : AHEAD_LEAST;
  if (size > ahead_most)
    size = ahead_most;
  if (size > self->size - at)
    size = self->size - at;
  if (stream->row < WARM_UP || size < length)
    return false;
  if (stream->capacity < size) {
    char *const bytes = realloc(stream->bytes, (size_t)size);
    if (!bytes)
      return false;
    stream->bytes = bytes;
    stream->capacity = size;
  }
  if (fetch(self, at, size, stream->bytes) < 0) {
    Py_DecRef(PyErr_GetRaisedException()); /* Of a byte that nobody asked for, perhaps. */
    stream->row = 0;
    stream->size = 0;
    stream->pause = PAUSE;
    return false;
  }
  stream->size = size;
  stream->origin = stream->start = at;
  stream->end = at + size;
  return true;
}

/* The bytes from `at` on that were read ahead, or are now: `count` of them and at least `length`, or NULL. */
const char *find_ahead(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count) {
  if (length > GAP || ahead_most == 0 || (self->access != ACCESS_READ && self->access != ACCESS_COPY))
    return NULL;
  if (!self->ahead && !(self->ahead = calloc(1, sizeof(Ahead))))
    return NULL;
  Ahead *const ahead = self->ahead;
  accesses += 1;
  if (ahead->changes != changes)
    drop_all(ahead);
  Stream *const stream = ahead->streams;
  if (!choose(ahead, at, length) && !read_ahead(self, stream, at, length))
    return NULL;
  *count = stream->end - at;
  return stream->bytes + (at - stream->origin);
}

/* Notes that the bytes before `next` were served by the stream in use, or by the host instead of it. */
void served(Mmap *self, Py_ssize_t next) {
  if (self->ahead)
    self->ahead->streams[0].start = self->ahead->streams[0].next = next;
}

void forget_ahead(Mmap *self) {
  for (int number = 0; self->ahead && number < STREAMS; number += 1)
    free(self->ahead->streams[number].bytes);
  free(self->ahead);
  self->ahead = NULL;
}
