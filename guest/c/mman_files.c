/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The files of the C library as descriptors of `wasi:filesystem`, which is what the contract maps. Part of mman.c.
 *
 * The library of WASI 0.1 gets its files from an adapter that keeps their descriptors to itself. So this file stands
 * between the two: it defines the symbols with which the library names the adapter's functions, and calls those
 * itself. A file that is opened is opened once more, at once, and this second descriptor follows the number through
 * close() and dup2(): what happens to the path afterwards does not matter. It is also how a mapping that is a copy
 * learns what the program itself does to the file.
 */
#if defined(__wasip2__) || defined(__wasilibc_use_wasip2)
#error "mman.c needs the C library of WASI 0.1, such as that of the target wasm32-wasip1: that of 0.2 has no such seam"
#endif
#include <wasi/api.h>

#define ADAPTER(name) IMPORT("wasi_snapshot_preview1", name)
#define LIBRARY(name) __imported_wasi_snapshot_preview1_##name

ADAPTER("fd_fdstat_get") int32_t adapter_fdstat_get(int32_t fd, __wasi_fdstat_t *stat);
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
ADAPTER("proc_exit") _Noreturn void adapter_exit(int32_t code);

typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    struct {
      uint64_t lower;
      uint64_t upper;
    };
  };
} hash_result;

FILES("[method]descriptor.metadata-hash") void host_metadata_hash(int32_t self, hash_result *result);

/* Of mman.c: whether there are copies, and what is to be done for those of a file. Ranges are of the file. */
static bool have_copies(void);
static int store_copies(uint64_t file, uint64_t start, uint64_t end);
static void load_copies(uint64_t file, uint64_t start, uint64_t end);
static void store_all_copies(void);

typedef struct {
  int32_t descriptor; /* 0: none */
  bool granted;       /* of the list of preopens, which keeps it */
  bool has_id;
  uint64_t id; /* the file, as st_ino has it */
} open_file;

static open_file *open_files;
static int32_t open_files_count;

/* The entry of a number; NULL without memory. */
static open_file *open_file_at(int32_t fd) {
  enum { FIRST_GRANTED = 3 };
  if (fd < 0)
    return NULL;
  if (fd >= open_files_count) {
    const preopen_list *list = directories();
    const bool first = open_files == NULL;
    int32_t count = fd + 1;
    if (first && count < FIRST_GRANTED + (int32_t)list->count)
      count = FIRST_GRANTED + (int32_t)list->count;
    if (count < open_files_count + open_files_count / 2)
      count = open_files_count + open_files_count / 2;
    open_file *files = realloc(open_files, (size_t)count * sizeof *files);
    if (!files)
      return NULL;
    memset(files + open_files_count, 0, (size_t)(count - open_files_count) * sizeof *files);
    for (size_t i = 0; first && i < list->count; i += 1) /* The adapter numbers them in this order. */
      files[FIRST_GRANTED + i] = (open_file){.descriptor = list->items[i].directory, .granted = true};
    open_files = files;
    open_files_count = count;
  }
  return &open_files[fd];
}

static void forget(open_file *file) {
  if (file->descriptor != 0 && !file->granted)
    host_drop_descriptor(file->descriptor);
  *file = (open_file){0};
}

/* Which file a number is; false if it is none. */
static bool file_id(int32_t fd, uint64_t *id) {
  open_file *file = open_file_at(fd);
  if (!file || file->descriptor == 0)
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

/*
 * The descriptor of an open file, for a mapping; 0 and errno if there is none. It is not the caller's to drop.
 */
static int32_t descriptor_of(int32_t fd, uint64_t *id) {
  open_file *file = open_file_at(fd);
  hash_result own;
  if (!file || file->descriptor == 0 || !file_id(fd, id)) {
    errno = ENODEV;
    return 0;
  }
  host_metadata_hash(file->descriptor, &own);
  if (own.is_error || own.lower != *id) { /* Between the two openings the path became another file's. */
    errno = ESTALE;
    return 0;
  }
  return file->descriptor;
}

int32_t LIBRARY(path_open)(int32_t directory, int32_t lookup, const char *path, size_t length, int32_t open_flags,
                           int64_t rights, int64_t inherited, int32_t flags, int32_t *fd) {
  const int32_t error = adapter_path_open(directory, lookup, path, length, open_flags, rights, inherited, flags, fd);
  if (error != 0)
    return error;
  /* Something else, such as a pipe, may change by being opened. */
  __wasi_fdstat_t stat;
  if (adapter_fdstat_get(*fd, &stat) != 0 ||
      (stat.fs_filetype != __WASI_FILETYPE_REGULAR_FILE && stat.fs_filetype != __WASI_FILETYPE_DIRECTORY))
    return 0;
  const open_file *from = open_file_at(directory);
  const int32_t below = from ? from->descriptor : 0;
  open_file *file = open_file_at(*fd);
  if (!file || below == 0)
    return 0;
  forget(file);
  const int32_t wanted = ((rights & __WASI_RIGHTS_FD_READ) ? WMMAP_CAN_READ : 0) |
                         ((rights & __WASI_RIGHTS_FD_WRITE) ? WMMAP_CAN_WRITE : 0);
  handle_result got;
  host_open_at(below, lookup, path, length, 0, wanted, &got);
  if (!got.is_error)
    file->descriptor = got.handle;
  uint64_t id = 0;
  if ((open_flags & __WASI_OFLAGS_TRUNC) != 0 && have_copies() && file_id(*fd, &id))
    load_copies(id, 0, UINT64_MAX);
  return 0;
}

int32_t LIBRARY(fd_close)(int32_t fd) {
  const int32_t error = adapter_close(fd);
  if (error == 0 && fd >= 0 && fd < open_files_count)
    forget(&open_files[fd]);
  return error;
}

int32_t LIBRARY(fd_renumber)(int32_t from, int32_t to) {
  open_file_at(from > to ? from : to); /* So that nothing can fail afterwards. */
  const int32_t error = adapter_renumber(from, to);
  if (error != 0 || from == to || from >= open_files_count || to >= open_files_count)
    return error;
  forget(&open_files[to]);
  open_files[to] = open_files[from];
  open_files[from] = (open_file){0};
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
    store_copies(id, offset, after(offset, list, count));
  }
  return adapter_read(fd, list, count, done);
}

int32_t LIBRARY(fd_pread)(int32_t fd, const __wasi_iovec_t *list, size_t count, int64_t offset, size_t *done) {
  uint64_t id = 0;
  if (have_copies() && file_id(fd, &id))
    store_copies(id, (uint64_t)offset, after((uint64_t)offset, list, count));
  return adapter_pread(fd, list, count, offset, done);
}

/*
 * The adapter writes the first buffer and says how much that was. Programs that map files rarely go on from there
 * (LMDB calls it an error), and POSIX writes all of a regular file's: so does this.
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
        return *done > 0 ? 0 : error; /* What was written counts; the next call meets the error again. */
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
  if (fd < 0 || fd >= open_files_count || open_files[fd].descriptor == 0)
    return adapter_write(fd, list, count, done);
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  const uint64_t before = copied ? position(fd) : 0;
  if (copied)
    store_copies(id, 0, UINT64_MAX);
  const int32_t error = write_all(fd, list, count, 0, false, done);
  if (copied && *done > 0) {
    const uint64_t end = position(fd); /* Appended bytes do not begin where the last ones ended. */
    load_copies(id, end - *done < before ? end - *done : before, end);
  }
  return error;
}

int32_t LIBRARY(fd_pwrite)(int32_t fd, const __wasi_ciovec_t *list, size_t count, int64_t offset, size_t *done) {
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  const uint64_t end = after((uint64_t)offset, (const __wasi_iovec_t *)list, count);
  if (copied)
    store_copies(id, (uint64_t)offset, end);
  const int32_t error = write_all(fd, list, count, offset, true, done);
  if (copied && *done > 0)
    load_copies(id, (uint64_t)offset, end);
  return error;
}

int32_t LIBRARY(fd_filestat_set_size)(int32_t fd, int64_t size) {
  uint64_t id = 0;
  const bool copied = have_copies() && file_id(fd, &id);
  if (copied)
    store_copies(id, 0, UINT64_MAX);
  const int32_t error = adapter_set_size(fd, size);
  if (copied && error == 0)
    load_copies(id, (uint64_t)size, UINT64_MAX);
  return error;
}

/* What was stored into the mappings of a file is part of what fsync() makes durable. */
static int32_t store_before_sync(int32_t fd) {
  uint64_t id = 0;
  return have_copies() && file_id(fd, &id) ? store_copies(id, 0, UINT64_MAX) : 0;
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
  store_all_copies();
  adapter_exit(code);
}
