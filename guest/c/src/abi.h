/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The imported functions as the component model's canonical ABI has them (CanonicalABI.md in
 * WebAssembly/component-model). They are written by hand, and few, so that a program needs no generator. This is the
 * only such file: the other libraries written in C stand on it. A program imports the functions that it calls, and no
 * others.
 */
#ifndef WASI_MMAP_ABI_H
#define WASI_MMAP_ABI_H

#include "../wasi_mmap.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The longest list that a call passes, in bytes: a multiple of every granularity. Hosts charge for lists (wasmtime
 * traps past 128 MiB by default), and the component model limits them. Longer ranges go in pieces.
 */
#define LONGEST_LIST ((size_t)16 << 20)

/*
 * Without -DWMMAP_P3 the contract and the files are those of WASI 0.2. Functions of wasi:filesystem that are async in
 * 0.3 are lowered as sync ones: a call waits, which the component model allows below a function whose type is async.
 */
#ifdef WMMAP_P3
#define WMMAP_VERSION "@0.3.0"
#define WMMAP_WASI "@0.3.0"
#else
#define WMMAP_VERSION "@0.2.0"
#define WMMAP_WASI "@0.2.12"
#endif

#define IMPORT(interface, name) __attribute__((import_module(interface), import_name(name)))
#define MAPPING(name) IMPORT("wasi-mmap:mmap/mapping" WMMAP_VERSION, name)
#define SPAN(name) IMPORT("wasi-mmap:mmap/span" WMMAP_VERSION, name)
#define FILES(name) IMPORT("wasi:filesystem/types" WMMAP_WASI, name)
#define EXIT(name) IMPORT("wasi:cli/exit@0.2.12", name) /* The adapter's generation. */

/* Results as the host stores them: a tag, then the value or, in its place, the error-code. */
static inline wmmap_status status(uint8_t is_error, uint8_t error) {
  return is_error ? (wmmap_status)(error + 1) : WMMAP_OK;
}

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

/* A case of wasi:filesystem's error-code or descriptor-type. In 0.3 the last one, `other`, may have a text. */
typedef struct {
  uint8_t number;
#ifdef WMMAP_P3
  struct {
    uint8_t is_some;
    char *text;
    size_t length;
  } other;
#endif
} file_case;

typedef struct {
  uint8_t is_error;
  union {
    file_case error;
    int32_t handle;
  };
} open_result;

/* metadata-hash-value; its lower half is the `st_ino` of C libraries. */
typedef struct {
  uint8_t is_error;
  union {
    file_case error;
    struct {
      uint64_t lower;
      uint64_t upper;
    };
  };
} hash_result;

typedef struct {
  uint8_t is_error;
  union {
    file_case error;
    uint8_t flags;
  };
} flags_result;

/* descriptor-stat; the three times at its end are not used. */
typedef struct {
  uint8_t is_error;
  union {
    file_case error;
    struct {
      file_case type;
      uint64_t links;
      uint64_t size;
      uint64_t times[9];
    };
  };
} stat_result;

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
void import_mmap(int32_t has_file, int32_t file, int64_t length, int32_t access, int64_t offset, handle_result *result);
MAPPING("mmap-posix")
void import_mmap_posix(int32_t has_file, int32_t file, int64_t length, int32_t sharing, int32_t protection,
                       int64_t offset, handle_result *result);
MAPPING("[resource-drop]mapping") void import_drop_mapping(int32_t self);
MAPPING("[method]mapping.length") int64_t import_length(int32_t self);
MAPPING("[method]mapping.access") int32_t import_access(int32_t self);
MAPPING("[method]mapping.file-size") void import_file_size(int32_t self, u64_result *result);
MAPPING("[method]mapping.read") void import_read(int32_t self, int64_t offset, int64_t length, list_result *result);
MAPPING("[method]mapping.write")
void import_write(int32_t self, int64_t offset, const void *bytes, size_t length, unit_result *result);
MAPPING("[method]mapping.move")
void import_move(int32_t self, int64_t destination, int64_t source, int64_t length, unit_result *result);
MAPPING("[method]mapping.find")
void import_find(int32_t self, const void *needle, size_t length, int64_t start, int64_t end, option_result *result);
MAPPING("[method]mapping.rfind")
void import_rfind(int32_t self, const void *needle, size_t length, int64_t start, int64_t end, option_result *result);
MAPPING("[method]mapping.flush") void import_flush(int32_t self, int64_t offset, int64_t length, unit_result *result);
MAPPING("[method]mapping.start-flush")
void import_start_flush(int32_t self, int64_t offset, int64_t length, unit_result *result);
MAPPING("[method]mapping.resize") void import_resize(int32_t self, int64_t length, unit_result *result);
MAPPING("[method]mapping.advise")
void import_advise(int32_t self, int64_t offset, int64_t length, int32_t advice, unit_result *result);
MAPPING("[method]mapping.populate")
void import_populate(int32_t self, int64_t offset, int64_t length, unit_result *result);
MAPPING("[method]mapping.resident")
void import_resident(int32_t self, int64_t offset, int64_t length, u64_result *result);
MAPPING("[method]mapping.mlock") void import_mlock(int32_t self, unit_result *result);
MAPPING("[method]mapping.munlock") void import_munlock(int32_t self, unit_result *result);

SPAN("granularity") void import_granularity(u32_option *result);
SPAN("attach")
void import_attach(int32_t mapping, int64_t offset, void *region, size_t length, handle_result *result);
SPAN("[resource-drop]span") void import_drop_span(int32_t self);
SPAN("[method]span.flush") void import_span_flush(int32_t self, int64_t offset, int64_t length, unit_result *result);
SPAN("[method]span.advise")
void import_span_advise(int32_t self, int64_t offset, int64_t length, int32_t advice, unit_result *result);
SPAN("[method]span.faulted") int32_t import_span_faulted(int32_t self);

IMPORT("wasi:filesystem/preopens" WMMAP_WASI, "get-directories") void import_get_directories(preopen_list *result);
FILES("[method]descriptor.open-at")
void import_open_at(int32_t self, int32_t path_flags, const char *path, size_t path_length, int32_t open_flags,
                    int32_t rights, open_result *result);
FILES("[method]descriptor.stat") void import_stat(int32_t self, stat_result *result);
FILES("[method]descriptor.get-flags") void import_get_flags(int32_t self, flags_result *result);
FILES("[method]descriptor.metadata-hash") void import_metadata_hash(int32_t self, hash_result *result);
FILES("[resource-drop]descriptor") void import_drop_descriptor(int32_t self);

#endif
