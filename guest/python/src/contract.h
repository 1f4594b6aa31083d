/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The imported functions as the canonical ABI of the component model has them. The extension calls them itself: through
 * componentize-py's bindings every byte would become an element of a Python list, and a span could not be made at all.
 * A function that returns a `result` writes it to `result`: one byte, 0 for success, and behind it the value.
 */
#ifndef WASI_MMAP_CONTRACT_H
#define WASI_MMAP_CONTRACT_H

#include <stdint.h>

#define IMPORT(interface, name) __attribute__((import_module(interface), import_name(name)))
#define MAPPING(name) IMPORT("wasi-mmap:mmap/mapping@0.2.0", name)
#define METHOD(name) MAPPING("[method]mapping." name)
#define FILES(name) IMPORT("wasi:filesystem/types@0.2.12", name)

enum { CONTRACT_READ, CONTRACT_WRITE, CONTRACT_COPY };
enum { CONTRACT_PROTECT_READ = 1, CONTRACT_PROTECT_WRITE = 2, CONTRACT_PROTECT_EXECUTE = 4 };
/* error-code */
enum {
  ACCESS_DENIED,
  BAD_DESCRIPTOR,
  EMPTY_FILE,
  PAST_END,
  INVALID_ARGUMENT,
  READ_ONLY,
  OUT_OF_RANGE,
  NOT_RESIZABLE,
  BUSY,
  FAULT,
  NO_MEMORY,
  NO_SPACE,
  UNSUPPORTED,
  IO
};

/* Any result of these functions. */
typedef union {
  uint8_t bytes[128];
  uint64_t alignment;
  struct {
    uint8_t failed;
    uint8_t code; /* of a result without a value */
  } plain;
  struct {
    uint8_t failed, none[3];
    union {
      int32_t handle;
      uint8_t code;
      struct {
        uint8_t *data;
        uint32_t length;
      } list;
    };
  } small;
  struct {
    uint8_t failed, none[7];
    union {
      uint64_t value;
      uint8_t code;
      struct {
        uint8_t found, none[7];
        uint64_t at;
      } option;
    };
  } large;
  struct { /* of descriptor.stat */
    uint8_t failed, none[7];
    union {
      uint8_t code;
      struct {
        uint8_t type, not_used[7];
        uint64_t links, size;
      };
    };
  } stat;
  struct {
    uint8_t *data;
    uint32_t length;
  } list; /* of a function that cannot fail */
  struct {
    uint8_t found, none[3];
    uint32_t value;
  } option; /* the same */
} contract_result;

MAPPING("mmap")
void contract_mmap(int32_t has_file, int32_t file, uint64_t length, int32_t access, uint64_t offset,
                   contract_result *result);
MAPPING("mmap-posix")
void contract_mmap_posix(int32_t has_file, int32_t file, uint64_t length, int32_t sharing, int32_t protection,
                         uint64_t offset, contract_result *result);
MAPPING("[resource-drop]mapping") void contract_drop(int32_t mapping);
METHOD("length") uint64_t contract_length(int32_t mapping);
METHOD("file-size") void contract_file_size(int32_t mapping, contract_result *result);
METHOD("read") void contract_read(int32_t mapping, uint64_t offset, uint64_t length, contract_result *result);
METHOD("write")
void contract_write(int32_t mapping, uint64_t offset, const void *bytes, uint32_t length, contract_result *result);
METHOD("move")
void contract_move(int32_t mapping, uint64_t destination, uint64_t source, uint64_t length, contract_result *result);
METHOD("find")
void contract_find(int32_t mapping, const void *needle, uint32_t length, uint64_t start, uint64_t end,
                   contract_result *result);
METHOD("rfind")
void contract_rfind(int32_t mapping, const void *needle, uint32_t length, uint64_t start, uint64_t end,
                    contract_result *result);
METHOD("flush") void contract_flush(int32_t mapping, uint64_t offset, uint64_t length, contract_result *result);
METHOD("resize") void contract_resize(int32_t mapping, uint64_t length, contract_result *result);
METHOD("advise")
void contract_advise(int32_t mapping, uint64_t offset, uint64_t length, int32_t advice, contract_result *result);

#define SPAN(name) IMPORT("wasi-mmap:mmap/span@0.2.0", name)
/* option<u32> */
SPAN("granularity") void span_granularity(contract_result *result);
SPAN("attach")
void span_attach(int32_t mapping, uint64_t offset, void *region, uint32_t length, contract_result *result);
SPAN("[method]span.faulted") int32_t span_faulted(int32_t span);
SPAN("[resource-drop]span") void span_drop(int32_t span);

enum { FILE_REGULAR = 6, FILE_RIGHT_READ = 1, FILE_RIGHT_WRITE = 2 };
FILES("[method]descriptor.stat") void file_stat(int32_t descriptor, contract_result *result);
FILES("[method]descriptor.get-flags") void file_rights(int32_t descriptor, contract_result *result);
FILES("[method]descriptor.metadata-hash") void file_hash(int32_t descriptor, contract_result *result);
FILES("[method]descriptor.open-at")
void file_open_at(int32_t directory, int32_t path_flags, const char *path, uint32_t path_length, int32_t open_flags,
                  int32_t rights, contract_result *result);
FILES("[resource-drop]descriptor") void file_drop(int32_t descriptor);
/* list<tuple<descriptor, string>> */
IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void file_directories(contract_result *result);

#endif
