/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The C library of WASI 0.1 gets its files from an adapter that hides their descriptors. So this file stands between
 * the two: it defines the symbols by which the library names the adapter's functions, and calls the adapter itself.
 * Each file that is opened is opened once more, at once. This second descriptor follows the number through close() and
 * dup2(), and stays while a mapping may need it, so a later change of the path does not matter. Mappings that are
 * copies also learn here what the program does to the file.
 */
#include "mman_files.h"

#include "files.h"
#include "mman_regions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__wasip2__) || defined(__wasilibc_use_wasip2) || defined(__wasip3__)
#error "mman.c needs the C library of WASI 0.1, such as that of the target wasm32-wasip1: later ones have no such seam"
#endif

#define LIBRARY(name) __imported_wasi_snapshot_preview1_##name

ADAPTER("fd_fdstat_set_flags") int32_t adapter_set_flags(int32_t fd, int32_t flags);
ADAPTER("fd_filestat_get") int32_t adapter_filestat_get(int32_t fd, __wasi_filestat_t *stat);
ADAPTER("path_open")
int32_t adapter_path_open(int32_t directory, int32_t lookup, const char *path, size_t length, int32_t open_flags,
                          int64_t rights, int64_t inherited, int32_t flags, int32_t *fd);
ADAPTER("fd_close") int32_t adapter_close(int32_t fd);
ADAPTER("fd_renumber") int32_t adapter_renumber(int32_t from, int32_t to);
ADAPTER("fd_tell") int32_t adapter_tell(int32_t fd, uint64_t *offset);
ADAPTER("fd_read") int32_t adapter_read(int32_t fd, const __wasi_iovec_t *list, size_t count, size_t *done);
ADAPTER("fd_pread")
int32_t adapter_pread(int32_t fd, const __wasi_iovec_t *list, size_t count, int64_t offset, size_t *done);
ADAPTER("fd_write") int32_t adapter_write(int32_t fd, const __wasi_ciovec_t *list, size_t count, size_t *done);
ADAPTER("fd_pwrite")
int32_t adapter_pwrite(int32_t fd, const __wasi_ciovec_t *list, size_t count, int64_t offset, size_t *done);
ADAPTER("fd_filestat_set_size") int32_t adapter_set_size(int32_t fd, int64_t size);
ADAPTER("fd_sync") int32_t adapter_sync(int32_t fd);
ADAPTER("fd_datasync") int32_t adapter_datasync(int32_t fd);
#ifdef WMMAP_ADAPTER_EXIT
ADAPTER("proc_exit") _Noreturn void adapter_exit(int32_t code);
#endif

static bool have_copies(void) { return wmman_copies > 0; }

static wmman_file **open_files; /* by number; NULL for none */
static int32_t open_files_count;

static wmman_file *new_file(int32_t descriptor, bool granted) {
  wmman_file *file = malloc(sizeof *file);
  if (file)
    *file = (wmman_file){.descriptor = descriptor, .uses = 1, .granted = granted};
  return file;
}

void wmman_drop_file(wmman_file *file) {
  if (!file || (file->uses -= 1) > 0)
    return;
  if (!file->granted)
    import_drop_descriptor(file->descriptor);
  free(file);
}

/* The place of a number; NULL without memory. */
static wmman_file **place_of(int32_t fd) {
  enum { FIRST_GRANTED = 3 };
  if (fd < 0)
    return NULL;
  if (fd >= open_files_count) {
    const preopen_list *list = wmmap_preopens();
    const bool first = open_files == NULL;
    int32_t count = fd + 1;
    if (first && count < FIRST_GRANTED + (int32_t)list->count)
      count = FIRST_GRANTED + (int32_t)list->count;
    if (count < open_files_count + open_files_count / 2)
      count = open_files_count + open_files_count / 2;
    wmman_file **files = realloc(open_files, (size_t)count * sizeof(wmman_file *));
    if (!files)
      return NULL;
    memset(files + open_files_count, 0, (size_t)(count - open_files_count) * sizeof(wmman_file *));
    for (size_t i = 0; first && i < list->count; i += 1) /* The adapter numbers them in this order. */
      files[FIRST_GRANTED + i] = new_file(list->items[i].directory, true);
    open_files = files;
    open_files_count = count;
  }
  return &open_files[fd];
}

static wmman_file *file_at(int32_t fd) {
  wmman_file **place = place_of(fd);
  return place ? *place : NULL;
}

static void forget(wmman_file **place) {
  wmman_drop_file(*place);
  *place = NULL;
}

/* The identity of the file behind a number; false if there is none. */
static bool file_id(int32_t fd, uint64_t *id) {
  wmman_file *file = file_at(fd);
  if (!file)
    return false;
  if (!file->has_id) {
    __wasi_filestat_t stat;
    if (adapter_filestat_get(fd, &stat) != 0)
      return false;
    file->id = stat.ino;
    file->has_id = true;
  }
  *id = file->id;
  return true;
}

wmman_file *wmman_file_of(int32_t fd) {
  wmman_file *file = file_at(fd);
  uint64_t id = 0;
  uint64_t own = 0;
  if (!file || !file_id(fd, &id)) {
    errno = ENODEV;
    return NULL;
  }
  if (!wmmap_file_identity((wmmap_file){file->descriptor}, &own) || own != id) { /* Replaced between the openings. */
    errno = ESTALE;
    return NULL;
  }
  return file;
}

static bool is_regular(const __wasi_fdstat_t *stat) { return stat->fs_filetype == __WASI_FILETYPE_REGULAR_FILE; }

/*
 * O_NONBLOCK does nothing for a file on disk, but the adapter lets read() fail with EAGAIN, and without a wait that
 * never ends. So only this file knows of it.
 */
static void set_blocking(int32_t fd, const __wasi_fdstat_t *stat) {
  if (is_regular(stat) && (stat->fs_flags & __WASI_FDFLAGS_NONBLOCK) != 0)
    adapter_set_flags(fd, stat->fs_flags & __WASI_FDFLAGS_APPEND);
}

int32_t LIBRARY(path_open)(int32_t directory, int32_t lookup, const char *path, size_t length, int32_t open_flags,
                           int64_t rights, int64_t inherited, int32_t flags, int32_t *fd) {
  const int32_t error = adapter_path_open(directory, lookup, path, length, open_flags, rights, inherited, flags, fd);
  if (error != 0) /* The adapter's table of files is full where it says that memory is. */
    return error == __WASI_ERRNO_NOMEM ? __WASI_ERRNO_MFILE : error;
  /* Opening a pipe or a device again could change it. */
  __wasi_fdstat_t stat;
  if (adapter_fdstat_get(*fd, &stat) != 0 || (!is_regular(&stat) && stat.fs_filetype != __WASI_FILETYPE_DIRECTORY))
    return 0;
  set_blocking(*fd, &stat);
  const wmman_file *below = file_at(directory);
  wmman_file **place = place_of(*fd);
  if (!place || !below)
    return 0;
  forget(place);
  const uint32_t wanted = ((rights & __WASI_RIGHTS_FD_READ) ? WMMAP_CAN_READ : 0U) |
                          ((rights & __WASI_RIGHTS_FD_WRITE) ? WMMAP_CAN_WRITE : 0U);
  int32_t descriptor = 0;
  if (wmmap_file_open_at(below->descriptor, lookup, path, length, wanted, &descriptor) == 0) {
    *place = new_file(descriptor, false);
    if (!*place)
      import_drop_descriptor(descriptor);
    else
      (*place)->nonblocking = (flags & __WASI_FDFLAGS_NONBLOCK) != 0;
  }
  uint64_t id = 0;
  if ((open_flags & __WASI_OFLAGS_TRUNC) != 0 && have_copies() && file_id(*fd, &id))
    wmman_load_copies(id, 0, UINT64_MAX);
  return 0;
}

int32_t LIBRARY(fd_fdstat_get)(int32_t fd, __wasi_fdstat_t *stat) {
  const int32_t error = adapter_fdstat_get(fd, stat);
  if (error == 0 && fd < open_files_count && open_files[fd] && open_files[fd]->nonblocking)
    stat->fs_flags |= __WASI_FDFLAGS_NONBLOCK;
  return error;
}

int32_t LIBRARY(fd_fdstat_set_flags)(int32_t fd, int32_t flags) {
  const int32_t error = adapter_set_flags(fd, flags);
  wmman_file *file = error == 0 ? file_at(fd) : NULL;
  __wasi_fdstat_t stat;
  if (file && adapter_fdstat_get(fd, &stat) == 0) {
    file->nonblocking = (flags & __WASI_FDFLAGS_NONBLOCK) != 0;
    set_blocking(fd, &stat);
  }
  return error;
}

int32_t LIBRARY(fd_close)(int32_t fd) {
  const int32_t error = adapter_close(fd);
  if (error == 0 && fd >= 0 && fd < open_files_count)
    forget(&open_files[fd]);
  return error;
}

void __wasilibc_populate_preopens(void) __attribute__((weak));

/* That of zig's C library calls the adapter itself, past this file. */
int close(int fd) {
  if (__wasilibc_populate_preopens) /* First, as in wasi-libc: afterwards a directory may be missing. */
    __wasilibc_populate_preopens();
  const int32_t error = LIBRARY(fd_close)(fd);
  if (error == 0)
    return 0;
  errno = error;
  return -1;
}

int32_t LIBRARY(fd_renumber)(int32_t from, int32_t to) {
  place_of(from > to ? from : to); /* First: afterwards nothing may fail. */
  const int32_t error = adapter_renumber(from, to);
  if (error != 0 || from == to || from >= open_files_count || to >= open_files_count)
    return error;
  forget(&open_files[to]);
  open_files[to] = open_files[from];
  open_files[from] = NULL;
  return 0;
}

static uint64_t position(int32_t fd) {
  uint64_t offset = 0;
  return adapter_tell(fd, &offset) == 0 ? offset : 0;
}

static uint64_t after(uint64_t offset, const __wasi_iovec_t *list, size_t count) {
  for (size_t i = 0; i < count; i += 1)
    offset = list[i].buf_len > UINT64_MAX - offset ? UINT64_MAX : offset + list[i].buf_len;
  return offset;
}

int32_t LIBRARY(fd_read)(int32_t fd, const __wasi_iovec_t *list, size_t count, size_t *done) {
  uint64_t id = 0;
  if (have_copies() && file_id(fd, &id)) {
    const uint64_t offset = position(fd);
    wmman_store_copies(id, offset, after(offset, list, count));
  }
  return adapter_read(fd, list, count, done);
}

int32_t LIBRARY(fd_pread)(int32_t fd, const __wasi_iovec_t *list, size_t count, int64_t offset, size_t *done) {
  uint64_t id = 0;
  if (have_copies() && file_id(fd, &id))
    wmman_store_copies(id, (uint64_t)offset, after((uint64_t)offset, list, count));
  return adapter_pread(fd, list, count, offset, done);
}

/*
 * The adapter writes only the first buffer. POSIX writes all buffers to a regular file, and programs that map files
 * rely on it (LMDB takes a short write for an error), so this writes all of them.
 */
static int32_t write_all(int32_t fd, const __wasi_ciovec_t *list, size_t count, int64_t offset, bool at_offset,
                         size_t *done) {
  *done = 0;
  for (size_t i = 0; i < count; i += 1) {
    __wasi_ciovec_t rest = list[i];
    while (rest.buf_len > 0 || (i == 0 && count == 1)) {
      size_t wrote = 0;
      const int32_t error = at_offset ? adapter_pwrite(fd, &rest, 1, offset + (int64_t)*done, &wrote)
                                      : adapter_write(fd, &rest, 1, &wrote);
      if (error != 0)
        return *done > 0 ? 0 : error; /* A short write is a success; the next call meets the error again. */
      if (wrote == 0)
        return 0;
      *done += wrote;
      rest.buf += wrote;
      rest.buf_len -= wrote;
      if (rest.buf_len == 0)
        break;
    }
  }
  return 0;
}

int32_t LIBRARY(fd_write)(int32_t fd, const __wasi_ciovec_t *list, size_t count, size_t *done) {
  if (fd < 0 || fd >= open_files_count || !open_files[fd])
    return adapter_write(fd, list, count, done);
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  const uint64_t before = copied ? position(fd) : 0;
  if (copied)
    wmman_store_copies(id, 0, UINT64_MAX);
  const int32_t error = write_all(fd, list, count, 0, false, done);
  if (copied && *done > 0) {
    const uint64_t end = position(fd); /* With O_APPEND the bytes do not begin at the old position. */
    wmman_load_copies(id, end - *done < before ? end - *done : before, end);
  }
  return error;
}

int32_t LIBRARY(fd_pwrite)(int32_t fd, const __wasi_ciovec_t *list, size_t count, int64_t offset, size_t *done) {
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  const uint64_t end = after((uint64_t)offset, (const __wasi_iovec_t *)list, count);
  if (copied)
    wmman_store_copies(id, (uint64_t)offset, end);
  const int32_t error = write_all(fd, list, count, offset, true, done);
  if (copied && *done > 0)
    wmman_load_copies(id, (uint64_t)offset, end);
  return error;
}

int32_t LIBRARY(fd_filestat_set_size)(int32_t fd, int64_t size) {
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  if (copied)
    wmman_store_copies(id, 0, UINT64_MAX);
  const int32_t error = adapter_set_size(fd, size);
  if (copied && error == 0)
    wmman_load_copies(id, (uint64_t)size, UINT64_MAX);
  return error;
}

/* fsync() makes durable what was stored into the file's mappings, too. */
static int32_t store_before_sync(int32_t fd) {
  uint64_t id = 0;
  return have_copies() && file_id(fd, &id) ? wmman_store_copies(id, 0, UINT64_MAX) : 0;
}

int32_t LIBRARY(fd_sync)(int32_t fd) {
  const int32_t error = store_before_sync(fd);
  return error != 0 ? error : adapter_sync(fd);
}

int32_t LIBRARY(fd_datasync)(int32_t fd) {
  const int32_t error = store_before_sync(fd);
  return error != 0 ? error : adapter_datasync(fd);
}

_Noreturn void LIBRARY(proc_exit)(int32_t code) {
  wmman_store_all_copies();
#ifdef WMMAP_ADAPTER_EXIT
  adapter_exit(code);
#else
  wmmap_exit_with_code(code & 0xff);
#endif
}
