/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Files of WASI 0.3 as guests without mappings have them: streams, at most one at a time. The names are those of the
 * component model's built-ins for the functions that return or take the stream.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "src/abi.h"

#include <stdlib.h>

#define READ_STREAM "[method]descriptor.read-via-stream"
#define WRITE_STREAM "[method]descriptor.write-via-stream"
#define BUILT_IN(name) IMPORT("$root", "[" name "]")

FILES(READ_STREAM) void import_read_via_stream(int32_t self, int64_t offset, int32_t *stream_and_future);
FILES("[async-lower][stream-read-0]" READ_STREAM)
uint32_t import_stream_read(int32_t stream, void *bytes, size_t length);
FILES("[stream-drop-readable-0]" READ_STREAM) void import_drop_stream(int32_t stream);
FILES("[future-drop-readable-1]" READ_STREAM) void import_drop_read_future(int32_t future);

FILES(WRITE_STREAM) int32_t import_write_via_stream(int32_t self, int32_t stream, int64_t offset);
FILES("[stream-new-0]" WRITE_STREAM) uint64_t import_stream_new(void);
FILES("[async-lower][stream-write-0]" WRITE_STREAM)
uint32_t import_stream_write(int32_t stream, const void *bytes, size_t length);
FILES("[stream-drop-writable-0]" WRITE_STREAM) void import_drop_writable(int32_t stream);
FILES("[async-lower][future-read-1]" WRITE_STREAM) uint32_t import_future_read(int32_t future, void *result);
FILES("[future-drop-readable-1]" WRITE_STREAM) void import_drop_write_future(int32_t future);

BUILT_IN("waitable-set-new") int32_t import_set_new(void);
BUILT_IN("waitable-set-wait") int32_t import_set_wait(int32_t set, uint32_t *waitable_and_code);
BUILT_IN("waitable-set-drop") void import_set_drop(int32_t set);
BUILT_IN("waitable-join") void import_join(int32_t waitable, int32_t set);

/* The end of a read or write that has begun: its low four bits say whether the other side is gone, the others count. */
static uint32_t stream_end(int32_t waitable, uint32_t code) {
  enum { BLOCKED = -1 };
  if (code != (uint32_t)BLOCKED)
    return code;
  uint32_t event[2];
  const int32_t set = import_set_new();
  import_join(waitable, set);
  import_set_wait(set, event);
  import_join(waitable, 0);
  import_set_drop(set);
  return event[1];
}

/* A file from an offset on. */
typedef struct {
  int32_t stream;
  int32_t future;
  bool ended; /* The host may not be asked again. */
} stream_reader;

static inline stream_reader stream_open(wmmap_file file, uint64_t offset) {
  int32_t ends[2];
  import_read_via_stream(file.handle, (int64_t)offset, ends);
  return (stream_reader){ends[0], ends[1], false};
}

static inline void stream_close(stream_reader reader) {
  import_drop_stream(reader.stream);
  import_drop_read_future(reader.future);
}

/* Reads the next bytes, as many as there are at most. */
static inline size_t stream_read(stream_reader *reader, void *target, size_t length) {
  size_t done = 0;
  while (done < length && !reader->ended) {
    const uint32_t code =
        stream_end(reader->stream, import_stream_read(reader->stream, (uint8_t *)target + done, length - done));
    done += code >> 4;
    reader->ended = (code & 15) != 0;
  }
  return done;
}

/* Writes bytes at an offset, and waits until the file has them. */
static inline void stream_write(wmmap_file file, uint64_t offset, const void *source, size_t length) {
  const uint64_t ends = import_stream_new();
  const int32_t writable = (int32_t)(ends >> 32);
  const int32_t future = import_write_via_stream(file.handle, (int32_t)ends, (int64_t)offset);
  for (size_t done = 0; done < length;) {
    const uint32_t code =
        stream_end(writable, import_stream_write(writable, (const uint8_t *)source + done, length - done));
    if ((code & 15) != 0)
      abort();
    done += code >> 4;
  }
  import_drop_writable(writable);
  struct {
    uint8_t is_error;
    file_case error;
  } result;
  stream_end(future, import_future_read(future, &result));
  if (result.is_error)
    abort();
  import_drop_write_future(future);
}

#endif
