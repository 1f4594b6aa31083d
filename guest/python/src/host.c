/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "host.h"
#include "errors.h"

#include <time.h>

uint64_t accesses;

/* One call moves at most so much: hosts limit the length of a list, and what a call may cost. */
enum { PIECE = 16 << 20 };

static int64_t host_time; /* Nanoseconds that the host took for its answers. */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int64_t own_time(void) { return now() - host_time; }

/* Only maps that read ahead want to know the time, and a clock is a call of the host, too. */
static int64_t begin_call(const Mmap *self) { return self->read_ahead ? now() : 0; }

static void end_call(Mmap *self, int64_t begin) {
  if (!self->read_ahead)
    return;
  const int64_t end = now();
  host_time += end - begin;
  self->last_call = (Moment){.own_time = end - host_time, .accesses = accesses};
  self->was_called = true;
}

int host_read(Mmap *self, Py_ssize_t at, Py_ssize_t length, char *target) {
  while (length > 0) {
    const Py_ssize_t piece = length < PIECE ? length : PIECE;
    const int64_t begin = begin_call(self);
    const wmmap_status status = wmmap_read(self->mapping, (uint64_t)at, (uint64_t)piece, target);
    end_call(self, begin);
    if (check_status(status) < 0)
      return -1;
    at += piece;
    target += piece;
    length -= piece;
  }
  return 0;
}

int host_write(Mmap *self, Py_ssize_t at, const char *bytes, Py_ssize_t length) {
  generation += 1;
  while (length > 0) {
    const Py_ssize_t piece = length < PIECE ? length : PIECE;
    if (check_status(wmmap_write(self->mapping, (uint64_t)at, (size_t)piece, bytes)) < 0)
      return -1;
    at += piece;
    bytes += piece;
    length -= piece;
  }
  return 0;
}

Py_ssize_t host_find(Mmap *self, const char *needle, Py_ssize_t length, Py_ssize_t start, Py_ssize_t end,
                     bool backward) {
  uint64_t position = WMMAP_NOT_FOUND;
  const int64_t begin = begin_call(self);
  const wmmap_status status = (backward ? wmmap_rfind : wmmap_find)(self->mapping, needle, (size_t)length,
                                                                    (uint64_t)start, (uint64_t)end, &position);
  end_call(self, begin);
  if (check_status(status) < 0)
    return -2;
  return position == WMMAP_NOT_FOUND ? -1 : (Py_ssize_t)position;
}
