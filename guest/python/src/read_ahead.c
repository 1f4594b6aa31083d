/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "read_ahead.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

enum { STREAMS = 24, WARM_UP = 4, SLOW_NS = 4000, PAUSE = 64, LEAST = 256 };

/* A place in a map where a loop is. */
typedef struct {
  char *bytes;
  Py_ssize_t capacity;
  Py_ssize_t origin;     /* Where in the map `bytes` begins. */
  Py_ssize_t start, end; /* The part of it that was not used yet. */
  Py_ssize_t next;       /* Where an access continues the row. */
  Py_ssize_t size;       /* How much was read ahead last. */
  Moment last_call;      /* Of the host, in this row. */
  int row;               /* Calls of the host in this row. */
  int pause;             /* Accesses for which nothing is read ahead, as the loop is slow. */
} Stream;

typedef struct ReadAhead {
  Stream streams[STREAMS]; /* The one that was used last is the first. */
  uint64_t generation;
} ReadAhead;

Py_ssize_t read_ahead_most = READ_AHEAD_DEFAULT;

static void use_first(ReadAhead *ahead, int number) {
  if (number == 0)
    return;
  const Stream used = ahead->streams[number];
  memmove(ahead->streams + 1, ahead->streams, (size_t)number * sizeof used);
  ahead->streams[0] = used;
}

/* Moves to the front the stream that has these bytes, or that they continue, or else the one that is idle longest. */
static bool choose(ReadAhead *ahead, Py_ssize_t at, Py_ssize_t length) {
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

static void drop_all(ReadAhead *ahead) {
  for (Stream *stream = ahead->streams; stream < ahead->streams + STREAMS; stream += 1)
    *stream = (Stream){.bytes = stream->bytes, .capacity = stream->capacity, .pause = stream->pause};
  ahead->generation = generation;
}

static void stop(Stream *stream) {
  stream->row = 0;
  stream->size = 0;
  stream->pause = PAUSE;
}

/* Reads the bytes that follow, if the accesses so far say that they will be wanted. */
static bool fill(Mmap *self, Stream *stream, Py_ssize_t at, Py_ssize_t length) {
  stream->start = stream->end = 0;
  stream->next = at + length;
  if (stream->pause > 0) {
    stream->pause -= 1;
    return false;
  }
  stream->row += 1;
  const Moment *last = &stream->last_call;
  if (stream->row > 2 && own_time() - last->own_time > (int64_t)SLOW_NS * (int64_t)(accesses - last->accesses)) {
    stop(stream);
    return false;
  }
  Py_ssize_t size = stream->size ? stream->size * 4 : LEAST;
  if (size > read_ahead_most)
    size = read_ahead_most;
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
  if (host_read(self, at, size, stream->bytes) < 0) {
    Py_DecRef(PyErr_GetRaisedException()); /* Perhaps of a byte that the program did not ask for. */
    stop(stream);
    return false;
  }
  stream->size = size;
  stream->origin = stream->start = at;
  stream->end = at + size;
  return true;
}

const char *read_ahead(Mmap *self, Py_ssize_t at, Py_ssize_t length, Py_ssize_t *count) {
  if (length > GAP || read_ahead_most == 0 || (self->access != ACCESS_READ && self->access != ACCESS_COPY))
    return NULL;
  if (!self->read_ahead && !(self->read_ahead = calloc(1, sizeof(ReadAhead))))
    return NULL;
  ReadAhead *const ahead = self->read_ahead;
  if (self->was_called) {
    ahead->streams[0].last_call = self->last_call;
    self->was_called = false;
  }
  accesses += 1;
  if (ahead->generation != generation)
    drop_all(ahead);
  Stream *const stream = ahead->streams;
  if (!choose(ahead, at, length) && !fill(self, stream, at, length))
    return NULL;
  *count = stream->end - at;
  return stream->bytes + (at - stream->origin);
}

void read_ahead_used(Mmap *self, Py_ssize_t next) {
  if (self->read_ahead)
    self->read_ahead->streams[0].start = self->read_ahead->streams[0].next = next;
}

void free_read_ahead(Mmap *self) {
  for (int number = 0; self->read_ahead && number < STREAMS; number += 1)
    free(self->read_ahead->streams[number].bytes);
  free(self->read_ahead);
  self->read_ahead = NULL;
}
