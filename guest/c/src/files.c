/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Files by path. The component model passes no file descriptors of the C library, so files are opened here. */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers of cases of wasi:filesystem. */
#ifdef WMMAP_P3
enum { ALREADY = 1, REGULAR_FILE = 5, OTHER_TYPE = 7 };
#else
enum { ALREADY = 2, REGULAR_FILE = 6 };
#endif

/* The errno of each error-code of wasi:filesystem, in its order. */
static const int open_errors[] = {EACCES,  EAGAIN,    EALREADY,        EBADF,   EBUSY,  EDEADLK, EDQUOT,    EEXIST,
                                  EFBIG,   EILSEQ,    EINPROGRESS,     EINTR,   EINVAL, EIO,     EISDIR,    ELOOP,
                                  EMLINK,  EMSGSIZE,  ENAMETOOLONG,    ENODEV,  ENOENT, ENOLCK,  ENOMEM,    ENOSPC,
                                  ENOTDIR, ENOTEMPTY, ENOTRECOVERABLE, ENOTSUP, ENOTTY, ENXIO,   EOVERFLOW, EPERM,
                                  EPIPE,   EROFS,     ESPIPE,          ETXTBSY, EXDEV};

/* The errno of an error-code. 0.3 has no `would-block`, the second one. */
static int errno_of(uint8_t number) {
  const size_t index = number < ALREADY ? number : number + (2U - ALREADY);
  return index < sizeof open_errors / sizeof open_errors[0] ? open_errors[index] : EIO;
}

/* Frees the text of an error-code. */
static void free_error(const file_case *error) {
  (void)error;
#ifdef WMMAP_P3
  if (error->number == sizeof open_errors / sizeof open_errors[0] - 1 && error->other.is_some)
    free(error->other.text);
#endif
}

/* The path without leading slashes and "./". Programs start in the root. */
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

/* The rest of a path below a directory; NULL if the path does not lie there. */
static const char *below(const char *path, const char *directory, size_t length) {
  if (length == 0)
    return path;
  if (strncmp(path, directory, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;
  return path[length] == '/' ? path + length + 1 : path + length;
}

const preopen_list *wmmap_preopens(void) {
  static preopen_list list;
  static bool listed;
  if (!listed) {
    import_get_directories(&list);
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

/* The innermost granted directory that holds the path. */
static const preopen *granted(const char *path, const char **rest) {
  const preopen_list *list = wmmap_preopens();
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

/* The absolute path, for the caller to free; NULL without memory or a working directory. */
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

int wmmap_file_open_at(int32_t directory, int32_t path_flags, const char *path, size_t length, uint32_t rights,
                       int32_t *descriptor) {
  open_result got;
  import_open_at(directory, path_flags, path, length, 0, (int32_t)rights, &got);
  if (!got.is_error) {
    *descriptor = got.handle;
    return 0;
  }
  const int error = errno_of(got.error.number);
  free_error(&got.error);
  return error;
}

wmmap_status wmmap_file_open(const char *path, uint32_t rights, wmmap_file *result) {
  enum { SYMLINK_FOLLOW = 1 };
  char *whole = absolute(path);
  if (!whole)
    return WMMAP_CANNOT_OPEN;
  const char *rest = NULL;
  const preopen *directory = granted(below_root(whole), &rest);
  int error = ENOENT;
  if (directory) {
    const char *name = rest[0] ? rest : ".";
    error = wmmap_file_open_at(directory->directory, SYMLINK_FOLLOW, name, strlen(name), rights, &result->handle);
  }
  free(whole);
  if (error == 0)
    return WMMAP_OK;
  errno = error;
  return WMMAP_CANNOT_OPEN;
}

void wmmap_file_close(wmmap_file *file) {
  if (file->handle != 0)
    import_drop_descriptor(file->handle);
  file->handle = 0;
}

bool wmmap_file_rights(wmmap_file file, uint32_t *rights) {
  flags_result got;
  import_get_flags(file.handle, &got);
  *rights = got.is_error ? 0 : got.flags & (WMMAP_CAN_READ | WMMAP_CAN_WRITE);
  if (got.is_error)
    free_error(&got.error);
  return !got.is_error;
}

bool wmmap_file_regular_size(wmmap_file file, bool *is_regular, uint64_t *size) {
  stat_result got;
  import_stat(file.handle, &got);
  *is_regular = !got.is_error && got.type.number == REGULAR_FILE;
  *size = got.is_error ? 0 : got.size;
  if (got.is_error)
    free_error(&got.error);
#ifdef WMMAP_P3
  else if (got.type.number == OTHER_TYPE && got.type.other.is_some)
    free(got.type.other.text);
#endif
  return !got.is_error;
}

bool wmmap_file_identity(wmmap_file file, uint64_t *identity) {
  hash_result got;
  import_metadata_hash(file.handle, &got);
  *identity = got.is_error ? 0 : got.lower;
  if (got.is_error)
    free_error(&got.error);
  return !got.is_error;
}
