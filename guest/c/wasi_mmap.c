/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The binding is written by hand, and small, so that a program needs no generator. Layouts and names are those of the
 * component model's canonical ABI (CanonicalABI.md in WebAssembly/component-model).
 */
#include "wasi_mmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPORT(interface, name) __attribute__((import_module(interface), import_name(name)))
#define MAPPING(name) IMPORT("wasi-mmap:mmap/mapping@0.2.0", name)
#define SPAN(name) IMPORT("wasi-mmap:mmap/span@0.2.0", name)
#define FILES(name) IMPORT("wasi:filesystem/types@0.2.12", name)

/* Results as the host stores them: a tag, then the value or, in its place, the error-code. */
typedef struct {
  uint8_t is_error;
  uint8_t error;
} unit_result;

typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    int32_t handle;
  };
} handle_result;

typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    struct {
      uint8_t *bytes;
      size_t length;
    };
  };
} list_result;

typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    uint64_t value;
  };
} u64_result;

typedef struct {
  uint8_t is_error;
  union {
    uint8_t error;
    struct {
      uint8_t is_some;
      uint64_t value;
    };
  };
} option_result;

typedef struct {
  uint8_t is_some;
  uint32_t value;
} u32_option;

typedef struct {
  int32_t directory;
  char *path;
  size_t path_length;
} preopen;

typedef struct {
  preopen *items;
  size_t count;
} preopen_list;

MAPPING("mmap")
void host_mmap(int32_t has_file, int32_t file, int64_t length, int32_t access, int64_t offset, handle_result *result);
MAPPING("mmap-posix")
void host_mmap_posix(int32_t has_file, int32_t file, int64_t length, int32_t sharing, int32_t protection,
                     int64_t offset, handle_result *result);
MAPPING("[resource-drop]mapping") void host_drop_mapping(int32_t self);
MAPPING("[method]mapping.length") int64_t host_length(int32_t self);
MAPPING("[method]mapping.access") int32_t host_access(int32_t self);
MAPPING("[method]mapping.file-size") void host_file_size(int32_t self, u64_result *result);
MAPPING("[method]mapping.read") void host_read(int32_t self, int64_t offset, int64_t length, list_result *result);
MAPPING("[method]mapping.write")
void host_write(int32_t self, int64_t offset, const void *bytes, size_t length, unit_result *result);
MAPPING("[method]mapping.move")
void host_move(int32_t self, int64_t destination, int64_t source, int64_t length, unit_result *result);
MAPPING("[method]mapping.find")
void host_find(int32_t self, const void *needle, size_t length, int64_t start, int64_t end, option_result *result);
MAPPING("[method]mapping.rfind")
void host_rfind(int32_t self, const void *needle, size_t length, int64_t start, int64_t end, option_result *result);
MAPPING("[method]mapping.flush") void host_flush(int32_t self, int64_t offset, int64_t length, unit_result *result);
MAPPING("[method]mapping.resize") void host_resize(int32_t self, int64_t length, unit_result *result);
MAPPING("[method]mapping.advise")
void host_advise(int32_t self, int64_t offset, int64_t length, int32_t advice, unit_result *result);

SPAN("granularity") void host_granularity(u32_option *result);
SPAN("attach")
void host_attach(int32_t mapping, int64_t offset, void *region, size_t length, handle_result *result);
SPAN("[resource-drop]span") void host_drop_span(int32_t self);
SPAN("[method]span.flush") void host_span_flush(int32_t self, int64_t offset, int64_t length, unit_result *result);
SPAN("[method]span.advise")
void host_span_advise(int32_t self, int64_t offset, int64_t length, int32_t advice, unit_result *result);
SPAN("[method]span.faulted") int32_t host_span_faulted(int32_t self);

IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void host_get_directories(preopen_list *result);
FILES("[method]descriptor.open-at")
void host_open_at(int32_t self, int32_t path_flags, const char *path, size_t path_length, int32_t open_flags,
                  int32_t rights, handle_result *result);
FILES("[resource-drop]descriptor") void host_drop_descriptor(int32_t self);

/* Where the list of the running call goes, if it is of this size: the host then fills the caller's own memory. */
static _Thread_local void *destination;
static _Thread_local size_t destination_length;

/* How a host gets memory for what it returns. Weak, because generated bindings define one too: either will do. */
__attribute__((weak, export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align,
                                                                      size_t size) {
  if (destination && !old && size == destination_length) {
    void *bytes = destination;
    destination = NULL;
    return bytes;
  }
  if (size == 0)
    return (void *)align;
  (void)old_size;
  void *bytes = realloc(old, size); /* Aligned for every type, and no type of the contract needs more. */
  if (!bytes)
    abort();
  return bytes;
}

static wmmap_status status(uint8_t is_error, uint8_t error) { return is_error ? (wmmap_status)(error + 1) : WMMAP_OK; }

static wmmap_status unit(const unit_result *result) { return status(result->is_error, result->error); }

static wmmap_status mapped(const handle_result *result, wmmap_mapping *mapping) {
  if (!result->is_error)
    mapping->handle = result->handle;
  return status(result->is_error, result->error);
}

wmmap_status wmmap_map(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result) {
  handle_result got;
  host_mmap(file.handle != 0, file.handle, (int64_t)length, (int32_t)access, (int64_t)offset, &got);
  return mapped(&got, result);
}

wmmap_status wmmap_map_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                             uint64_t offset, wmmap_mapping *result) {
  handle_result got;
  host_mmap_posix(file.handle != 0, file.handle, (int64_t)length, (int32_t)sharing, (int32_t)protection,
                  (int64_t)offset, &got);
  return mapped(&got, result);
}

wmmap_status wmmap_open(const char *path, uint64_t length, wmmap_access access, uint64_t offset,
                        wmmap_mapping *result) {
  wmmap_file file = {0};
  if (path) {
    const wmmap_status opened =
        wmmap_file_open(path, access == WMMAP_WRITE ? WMMAP_CAN_READ | WMMAP_CAN_WRITE : WMMAP_CAN_READ, &file);
    if (opened != WMMAP_OK)
      return opened;
  }
  const wmmap_status done = wmmap_map(file, length, access, offset, result);
  wmmap_file_close(&file);
  return done;
}

void wmmap_close(wmmap_mapping *mapping) {
  if (mapping->handle != 0)
    host_drop_mapping(mapping->handle);
  mapping->handle = 0;
}

uint64_t wmmap_length(wmmap_mapping mapping) { return (uint64_t)host_length(mapping.handle); }

wmmap_access wmmap_get_access(wmmap_mapping mapping) { return (wmmap_access)host_access(mapping.handle); }

wmmap_status wmmap_file_size(wmmap_mapping mapping, uint64_t *size) {
  u64_result got;
  host_file_size(mapping.handle, &got);
  if (!got.is_error)
    *size = got.value;
  return status(got.is_error, got.error);
}

wmmap_status wmmap_read(wmmap_mapping mapping, uint64_t offset, uint64_t length, void *target) {
  list_result got;
  destination = target;
  destination_length = (size_t)length; /* The host refuses what no list can hold. */
  host_read(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  destination = NULL;
  if (!got.is_error && length > 0 && got.bytes != target) { /* Another cabi_realloc was linked. */
    memcpy(target, got.bytes, (size_t)length);
    free(got.bytes);
  }
  return status(got.is_error, got.error);
}

wmmap_status wmmap_write(wmmap_mapping mapping, uint64_t offset, size_t length, const void *source) {
  unit_result got;
  host_write(mapping.handle, (int64_t)offset, source, length, &got);
  return unit(&got);
}

wmmap_status wmmap_move(wmmap_mapping mapping, uint64_t destination_offset, uint64_t source, uint64_t length) {
  unit_result got;
  host_move(mapping.handle, (int64_t)destination_offset, (int64_t)source, (int64_t)length, &got);
  return unit(&got);
}

static wmmap_status found(const option_result *result, uint64_t *position) {
  if (!result->is_error)
    *position = result->is_some ? result->value : WMMAP_NOT_FOUND;
  return status(result->is_error, result->error);
}

wmmap_status wmmap_find(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                        uint64_t *position) {
  option_result got;
  host_find(mapping.handle, needle, needle_length, (int64_t)start, (int64_t)end, &got);
  return found(&got, position);
}

wmmap_status wmmap_rfind(wmmap_mapping mapping, const void *needle, size_t needle_length, uint64_t start, uint64_t end,
                         uint64_t *position) {
  option_result got;
  host_rfind(mapping.handle, needle, needle_length, (int64_t)start, (int64_t)end, &got);
  return found(&got, position);
}

wmmap_status wmmap_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length) {
  unit_result got;
  host_flush(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_resize(wmmap_mapping mapping, uint64_t length) {
  unit_result got;
  host_resize(mapping.handle, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_advise(wmmap_mapping mapping, uint64_t offset, uint64_t length, wmmap_advice advice) {
  unit_result got;
  host_advise(mapping.handle, (int64_t)offset, (int64_t)length, (int32_t)advice, &got);
  return unit(&got);
}

uint32_t wmmap_granularity(void) {
  u32_option got;
  host_granularity(&got);
  return got.is_some ? got.value : 0;
}

wmmap_status wmmap_attach(wmmap_mapping mapping, uint64_t offset, void *region, size_t length, wmmap_span *result) {
  handle_result got;
  host_attach(mapping.handle, (int64_t)offset, region, length, &got);
  /* The host has changed the region: what the compiler knew of it is no longer true. */
  __asm__ volatile("" : : "r"(region) : "memory");
  if (!got.is_error)
    result->handle = got.handle;
  return status(got.is_error, got.error);
}

void wmmap_detach(wmmap_span *span) {
  if (span->handle != 0)
    host_drop_span(span->handle);
  span->handle = 0;
}

wmmap_status wmmap_span_flush(wmmap_span span, uint64_t offset, uint64_t length) {
  unit_result got;
  host_span_flush(span.handle, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_span_advise(wmmap_span span, uint64_t offset, uint64_t length, wmmap_advice advice) {
  unit_result got;
  host_span_advise(span.handle, (int64_t)offset, (int64_t)length, (int32_t)advice, &got);
  return unit(&got);
}

bool wmmap_span_faulted(wmmap_span span) { return host_span_faulted(span.handle) != 0; }

/* Paths. The component model passes no file descriptors of the C library, so files are opened here. */

/* The errno of each error-code of wasi:filesystem, in its order. */
static const int open_errors[] = {EACCES,  EAGAIN,    EALREADY,        EBADF,   EBUSY,  EDEADLK, EDQUOT,    EEXIST,
                                  EFBIG,   EILSEQ,    EINPROGRESS,     EINTR,   EINVAL, EIO,     EISDIR,    ELOOP,
                                  EMLINK,  EMSGSIZE,  ENAMETOOLONG,    ENODEV,  ENOENT, ENOLCK,  ENOMEM,    ENOSPC,
                                  ENOTDIR, ENOTEMPTY, ENOTRECOVERABLE, ENOTSUP, ENOTTY, ENXIO,   EOVERFLOW, EPERM,
                                  EPIPE,   EROFS,     ESPIPE,          ETXTBSY, EXDEV};

/* Without leading slashes and "./": what is below the root, which is also where a program starts. */
static const char *below_root(const char *path) {
  for (;;) {
    if (path[0] == '/')
      path += 1;
    else if (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
      path += 1;
    else
      return path;
  }
}

/* What remains of a path below the directory, or NULL if it is not below. */
static const char *below(const char *path, const char *directory, size_t length) {
  if (length == 0)
    return path;
  if (strncmp(path, directory, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;
  return path[length] == '/' ? path + length + 1 : path + length;
}

/* What the host has granted, in its order. The list is asked for once and kept, like the C library's. */
static const preopen_list *directories(void) {
  static preopen_list list;
  static bool listed;
  if (!listed) {
    host_get_directories(&list);
    for (size_t i = 0; i < list.count; i += 1) {
      char *name = malloc(list.items[i].path_length + 1);
      if (!name)
        abort();
      memcpy(name, list.items[i].path, list.items[i].path_length);
      name[list.items[i].path_length] = '\0';
      list.items[i].path = strdup(below_root(name));
      list.items[i].path_length = strlen(list.items[i].path);
      while (list.items[i].path_length > 0 && list.items[i].path[list.items[i].path_length - 1] == '/')
        list.items[i].path_length -= 1;
      free(name);
    }
    listed = true;
  }
  return &list;
}

/* The directory that was granted for the path most narrowly. */
static const preopen *granted(const char *path, const char **rest) {
  const preopen_list *list = directories();
  const preopen *best = NULL;
  for (size_t i = 0; i < list->count; i += 1) {
    const char *remaining = below(path, list->items[i].path, list->items[i].path_length);
    if (remaining && (!best || list->items[i].path_length > best->path_length)) {
      best = &list->items[i];
      *rest = remaining;
    }
  }
  return best;
}

/* The whole path, in memory that the caller frees; NULL without memory or working directory. */
static char *absolute(const char *path) {
  char *directory = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
  if (!directory)
    return NULL;
  const size_t length = strlen(directory);
  char *whole = malloc(length + strlen(path) + 2);
  if (whole) {
    memcpy(whole, directory, length);
    whole[length] = '/';
    strcpy(whole + length + 1, path);
  }
  free(directory);
  return whole;
}

wmmap_status wmmap_file_open(const char *path, uint32_t rights, wmmap_file *result) {
  enum { SYMLINK_FOLLOW = 1 };
  char *whole = absolute(path);
  if (!whole)
    return WMMAP_CANNOT_OPEN;
  const char *rest = NULL;
  const preopen *directory = granted(below_root(whole), &rest);
  handle_result got = {.is_error = 1, .error = 20 /* no-entry */};
  if (directory) {
    const char *name = rest[0] ? rest : ".";
    host_open_at(directory->directory, SYMLINK_FOLLOW, name, strlen(name), 0, (int32_t)rights, &got);
  }
  free(whole);
  if (got.is_error) {
    errno = got.error < sizeof open_errors / sizeof open_errors[0] ? open_errors[got.error] : EIO;
    return WMMAP_CANNOT_OPEN;
  }
  result->handle = got.handle;
  return WMMAP_OK;
}

void wmmap_file_close(wmmap_file *file) {
  if (file->handle != 0)
    host_drop_descriptor(file->handle);
  file->handle = 0;
}

const char *wmmap_status_name(wmmap_status value) {
  static const char *const names[] = {
      "ok",           "access-denied", "bad-descriptor", "empty-file", "past-end",  "invalid-argument", "read-only",
      "out-of-range", "not-resizable", "busy",           "fault",      "no-memory", "no-space",         "unsupported",
      "io",           "cannot-open"};
  return (size_t)value < sizeof names / sizeof names[0] ? names[value] : "unknown";
}
