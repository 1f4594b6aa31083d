/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "seek.h"
#include "libc_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

/* The `file_t` of wasi-libc (libc-bottom-half/sources/file.c). A stream is 0 before its first use. */
typedef struct {
  int32_t handle;
  int64_t position; /* The library adds what was read or written. */
  int flags;
  int32_t read_stream, write_stream;
  int32_t read_pollable, write_pollable;
  /* Of ours, in the padding: the low bits of the position at which the last operation began. */
  uint32_t begun;
} open_file;
_Static_assert(sizeof(open_file) == 40 && offsetof(open_file, begun) == 36,
               "begun is padding of the C library's struct");

/* Of the C library: notes that a number is ready for these events of poll(). */
extern void __wasilibc_poll_ready(void *state, short events) __attribute__((weak));

static libc_operations original;

/* Whether the last operation moved nothing: it met the end of the file, or failed. Its stream is of no more use. */
static bool moved_nothing(const open_file *file) { return file->begun == (uint32_t)file->position; }

/* The file of the last write in append mode, and where it was before. */
static open_file *appended;
static int64_t position_before;

/* A write in append mode that wrote nothing leaves the position where it was. */
static void settle(void) {
  if (appended && moved_nothing(appended)) {
    original.close_streams(appended);
    appended->position = position_before;
  }
  appended = NULL;
}

/* Only one stream is open at a time, so that it is where the position is. */
static int get_read_stream(void *data, void *result) {
  open_file *const file = data;
  settle();
  if (file->write_stream || (file->read_stream && moved_nothing(file)))
    original.close_streams(file);
  file->begun = (uint32_t)file->position;
  return original.get_read_stream(file, result);
}

static int get_write_stream(void *data, void *result) {
  open_file *const file = data;
  settle();
  if (file->read_stream || (file->write_stream && moved_nothing(file)))
    original.close_streams(file);
  if (file->flags & O_APPEND) {
    /* It begins at the end, and leaves the position after what it wrote. */
    const int64_t before = file->position;
    if (original.seek(file, 0, SEEK_END) < 0)
      return -1;
    appended = file;
    position_before = before;
  }
  file->begun = (uint32_t)file->position;
  return original.get_write_stream(file, result);
}

static void release(void *data) {
  if (data == appended)
    appended = NULL;
  original.free(data);
}

static int64_t seek(void *data, int64_t distance, int whence) {
  open_file *const file = data;
  settle();
  const int64_t before = file->position;
  int64_t base = 0;
  if (whence == SEEK_CUR)
    base = before;
  else if (whence != SEEK_SET) {
    base = original.seek(file, 0, whence); /* The end, or -1 for another `whence`. */
    file->position = before;
  }
  if (base < 0)
    return -1;
  int64_t position = 0;
  if (__builtin_add_overflow(base, distance, &position)) {
    errno = EOVERFLOW;
    return -1;
  }
  if (position < 0) {
    errno = EINVAL;
    return -1;
  }
  if (position != before)
    original.close_streams(file);
  file->position = position;
  return position;
}

static int set_flags(void *data, int flags) {
  open_file *const file = data;
  settle();
  if ((file->flags ^ flags) & O_APPEND)
    original.close_streams(file);
  return original.set_flags(file, flags);
}

/* Regular files are always ready, and none of their streams has to be opened to tell. */
static int poll_register(void *data, void *state, short events) {
  (void)data;
  __wasilibc_poll_ready(state, (short)(events & (POLLRDNORM | POLLWRNORM)));
  return 0;
}

/* Whether the structures of the C library are those above, and its seek forgets the stream. */
static bool has_fault(int fd, const libc_entry *entry) {
  const open_file *const file = entry->data;
  const libc_operations *const operations = entry->operations;
  int32_t handle = 0;
  char byte = 0;
  if (!operations->get_read_stream || !operations->get_write_stream || !operations->get_file || !operations->seek ||
      !operations->close_streams || !operations->set_flags || operations->poll_register || !__wasilibc_poll_ready)
    return false;
  if (operations->get_file(entry->data, &handle) < 0 || handle != file->handle)
    return false;
  if (lseek(fd, 0, SEEK_SET) != 0 || read(fd, &byte, 1) != 1 || file->position != 1 || !file->read_stream)
    return false;
  const bool is_known = lseek(fd, 0, SEEK_SET) == 0 && file->position == 0 && !file->read_stream && !file->write_stream;
  if (!is_known || read(fd, &byte, 1) != 1)
    return false;
  return lseek(fd, 0, SEEK_END) == file->position && file->read_stream;
}

PyObject *seek_repair(PyObject *module, PyObject *fd) {
  (void)module;
  const long number = PyLong_AsLong(fd);
  if (number == -1 && PyErr_Occurred())
    return NULL;
  libc_entry *const entry = descriptor_table_get_ref ? descriptor_table_get_ref((int)number) : NULL;
  if (!entry)
    return PyBool_FromLong(0);
  libc_operations *const operations = entry->operations;
  if (operations->seek == seek)
    return PyBool_FromLong(1);
  if (!has_fault((int)number, entry))
    return PyBool_FromLong(0);
  original = *operations;
  operations->free = release;
  operations->get_read_stream = get_read_stream;
  operations->get_write_stream = get_write_stream;
  operations->seek = seek;
  operations->set_flags = set_flags;
  operations->poll_register = poll_register;
  return PyBool_FromLong(1);
}
