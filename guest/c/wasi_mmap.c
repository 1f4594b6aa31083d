/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The mappings and spans of wasi_mmap.h: each function is one call of the host. This is the file to compile. */
#include "wasi_mmap.h"

#include "src/abi.h"
#include "src/exit.c"
#include "src/files.c"
#include "src/find.c"

#include <stdlib.h>
#include <string.h>

/* Where the list of the running call goes, if it has this size: the host then fills the caller's own memory. */
static _Thread_local void *destination;
static _Thread_local size_t destination_length;
/* The caller's memory, once the host has it. */
static _Thread_local void *lent;

static void *allocate(void *old, size_t size) {
  void *bytes = realloc(old, size); /* Aligned for every type, and no type of the contract needs more. */
  if (!bytes)
    abort();
  return bytes;
}

/* Hosts allocate their results with it. Weak, because generated bindings define one too: either will do. */
__attribute__((weak, export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align,
                                                                      size_t size) {
  if (destination && !old && size == destination_length) {
    lent = destination;
    destination = NULL;
    return lent;
  }
  if (size == 0)
    return (void *)align;
  if (!old || old != lent)
    return allocate(old, size);
  lent = NULL; /* A host that resizes its list gets memory that can be resized. */
  void *bytes = allocate(NULL, size);
  memcpy(bytes, old, old_size < size ? old_size : size);
  return bytes;
}

static size_t piece_size(size_t rest) { return rest < LONGEST_LIST ? rest : LONGEST_LIST; }

static wmmap_status unit(const unit_result *result) { return status(result->is_error, result->error); }

static wmmap_status mapped(const handle_result *result, wmmap_mapping *mapping) {
  if (!result->is_error)
    mapping->handle = result->handle;
  return status(result->is_error, result->error);
}

wmmap_status wmmap_map(wmmap_file file, uint64_t length, wmmap_access access, uint64_t offset, wmmap_mapping *result) {
  handle_result got;
  import_mmap(file.handle != 0, file.handle, (int64_t)length, (int32_t)access, (int64_t)offset, &got);
  return mapped(&got, result);
}

wmmap_status wmmap_map_posix(wmmap_file file, uint64_t length, wmmap_sharing sharing, uint32_t protection,
                             uint64_t offset, wmmap_mapping *result) {
  handle_result got;
  import_mmap_posix(file.handle != 0, file.handle, (int64_t)length, (int32_t)sharing, (int32_t)protection,
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
    import_drop_mapping(mapping->handle);
  mapping->handle = 0;
}

uint64_t wmmap_length(wmmap_mapping mapping) { return (uint64_t)import_length(mapping.handle); }

wmmap_access wmmap_get_access(wmmap_mapping mapping) { return (wmmap_access)import_access(mapping.handle); }

wmmap_status wmmap_file_size(wmmap_mapping mapping, uint64_t *size) {
  u64_result got;
  import_file_size(mapping.handle, &got);
  if (!got.is_error)
    *size = got.value;
  return status(got.is_error, got.error);
}

static wmmap_status read_piece(wmmap_mapping mapping, uint64_t offset, uint64_t length, unsigned char *target) {
  list_result got;
  destination = target;
  destination_length = (size_t)length; /* The host refuses more than a list can hold. */
  import_read(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  destination = lent = NULL;
  if (!got.is_error && length > 0 && got.bytes != target) { /* Another cabi_realloc was linked. */
    memcpy(target, got.bytes, (size_t)length);
    free(got.bytes);
  }
  return status(got.is_error, got.error);
}

static wmmap_status write_piece(wmmap_mapping mapping, uint64_t offset, uint64_t length, unsigned char *source) {
  unit_result got;
  import_write(mapping.handle, (int64_t)offset, source, (size_t)length, &got);
  return unit(&got);
}

typedef wmmap_status piece_action(wmmap_mapping mapping, uint64_t offset, uint64_t length, unsigned char *bytes);

/* The last piece goes first: the host refuses a range that reaches too far before anything has changed. */
static wmmap_status in_pieces(piece_action *action, wmmap_mapping mapping, uint64_t offset, uint64_t length,
                              unsigned char *bytes) {
  if (length <= LONGEST_LIST || length > SIZE_MAX)
    return action(mapping, offset, length, bytes);
  const size_t last = (size_t)length - LONGEST_LIST;
  const uint64_t last_offset = offset > UINT64_MAX - last ? UINT64_MAX : offset + last;
  wmmap_status got = action(mapping, last_offset, LONGEST_LIST, bytes + last);
  for (size_t at = 0; got == WMMAP_OK && at < last; at += LONGEST_LIST)
    got = action(mapping, offset + at, piece_size(last - at), bytes + at);
  return got;
}

wmmap_status wmmap_read(wmmap_mapping mapping, uint64_t offset, uint64_t length, void *target) {
  return in_pieces(read_piece, mapping, offset, length, target);
}

wmmap_status wmmap_write(wmmap_mapping mapping, uint64_t offset, size_t length, const void *source) {
  return in_pieces(write_piece, mapping, offset, length, (unsigned char *)source);
}

wmmap_status wmmap_move(wmmap_mapping mapping, uint64_t destination_offset, uint64_t source, uint64_t length) {
  unit_result got;
  import_move(mapping.handle, (int64_t)destination_offset, (int64_t)source, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length) {
  unit_result got;
  import_flush(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_start_flush(wmmap_mapping mapping, uint64_t offset, uint64_t length) {
  unit_result got;
  import_start_flush(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_resize(wmmap_mapping mapping, uint64_t length) {
  unit_result got;
  import_resize(mapping.handle, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_advise(wmmap_mapping mapping, uint64_t offset, uint64_t length, wmmap_advice advice) {
  unit_result got;
  import_advise(mapping.handle, (int64_t)offset, (int64_t)length, (int32_t)advice, &got);
  return unit(&got);
}

wmmap_status wmmap_populate(wmmap_mapping mapping, uint64_t offset, uint64_t length) {
  unit_result got;
  import_populate(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_resident(wmmap_mapping mapping, uint64_t offset, uint64_t length, uint64_t *bytes) {
  u64_result got;
  import_resident(mapping.handle, (int64_t)offset, (int64_t)length, &got);
  if (!got.is_error)
    *bytes = got.value;
  return status(got.is_error, got.error);
}

wmmap_status wmmap_mlock(wmmap_mapping mapping) {
  unit_result got;
  import_mlock(mapping.handle, &got);
  return unit(&got);
}

wmmap_status wmmap_munlock(wmmap_mapping mapping) {
  unit_result got;
  import_munlock(mapping.handle, &got);
  return unit(&got);
}

uint32_t wmmap_granularity(void) {
  u32_option got;
  import_granularity(&got);
  return got.is_some ? got.value : 0;
}

static wmmap_status attach_piece(wmmap_mapping mapping, uint64_t offset, void *region, size_t length, int32_t *handle) {
  handle_result got;
  import_attach(mapping.handle, (int64_t)offset, region, length, &got);
  if (!got.is_error)
    *handle = got.handle;
  return status(got.is_error, got.error);
}

/* The handles of a span's pieces: its own, then the others. */
static size_t piece_count(const wmmap_span *span) { return span->others ? (span->length - 1) / LONGEST_LIST + 1 : 1; }

static int32_t piece_handle(const wmmap_span *span, size_t index) {
  return index == 0 ? span->handle : span->others[index - 1];
}

wmmap_status wmmap_attach(wmmap_mapping mapping, uint64_t offset, void *region, size_t length, wmmap_span *result) {
  const size_t others = length > LONGEST_LIST ? (length - 1) / LONGEST_LIST : 0;
  wmmap_span span = {.length = length, .others = others > 0 ? calloc(others, sizeof(int32_t)) : NULL};
  if (others > 0 && !span.others)
    return WMMAP_NO_MEMORY;
  wmmap_status got = WMMAP_OK;
  for (size_t i = others + 1; got == WMMAP_OK && i-- > 0;) { /* The last piece first, see in_pieces(). */
    const size_t at = i * LONGEST_LIST;
    int32_t *handle = i == 0 ? &span.handle : &span.others[i - 1];
    got = attach_piece(mapping, offset + at, (unsigned char *)region + at, piece_size(length - at), handle);
  }
  /* The host has changed the region, which the compiler cannot know. */
  __asm__ volatile("" : : "r"(region) : "memory");
  if (got == WMMAP_OK)
    *result = span;
  else
    wmmap_detach(&span);
  return got;
}

void wmmap_detach(wmmap_span *span) {
  for (size_t i = 0; i < piece_count(span); i += 1)
    if (piece_handle(span, i) != 0)
      import_drop_span(piece_handle(span, i));
  free(span->others);
  *span = (wmmap_span){0};
}

/* What a range of a region is in one of its pieces: an offset from the start of the piece, and a length. */
typedef wmmap_status span_action(int32_t piece, uint64_t offset, uint64_t length, wmmap_advice advice);

/* Acts on each piece that the range touches, also after an error, and returns the first error. */
static wmmap_status in_span_pieces(const wmmap_span *span, uint64_t offset, uint64_t length, span_action *action,
                                   wmmap_advice advice) {
  wmmap_status first = WMMAP_OK;
  for (const uint64_t end = offset + length; offset < end;) {
    const uint64_t at = offset % LONGEST_LIST;
    const uint64_t part = end - offset < LONGEST_LIST - at ? end - offset : LONGEST_LIST - at;
    const wmmap_status got = action(piece_handle(span, (size_t)(offset / LONGEST_LIST)), at, part, advice);
    first = first ? first : got;
    offset += part;
  }
  return first;
}

static wmmap_status flush_piece(int32_t piece, uint64_t offset, uint64_t length, wmmap_advice advice) {
  (void)advice;
  unit_result got;
  import_span_flush(piece, (int64_t)offset, (int64_t)length, &got);
  return unit(&got);
}

wmmap_status wmmap_span_flush(wmmap_span span, uint64_t offset, uint64_t length) {
  if (offset > span.length || length > span.length - offset)
    return WMMAP_OUT_OF_RANGE;
  return in_span_pieces(&span, offset, length, flush_piece, WMMAP_NORMAL);
}

static wmmap_status advise_piece(int32_t piece, uint64_t offset, uint64_t length, wmmap_advice advice) {
  unit_result got;
  import_span_advise(piece, (int64_t)offset, (int64_t)length, (int32_t)advice, &got);
  return unit(&got);
}

wmmap_status wmmap_span_advise(wmmap_span span, uint64_t offset, uint64_t length, wmmap_advice advice) {
  if (offset >= span.length)
    return WMMAP_OUT_OF_RANGE;
  const uint64_t there = span.length - offset;
  return in_span_pieces(&span, offset, length < there ? length : there, advise_piece, advice);
}

bool wmmap_span_faulted(wmmap_span span) {
  bool faulted = false;
  for (size_t i = 0; i < piece_count(&span); i += 1)
    faulted |= import_span_faulted(piece_handle(&span, i)) != 0;
  return faulted;
}

const char *wmmap_status_name(wmmap_status value) {
  static const char *const names[] = {
      "ok",           "access-denied", "bad-descriptor", "empty-file", "past-end",  "invalid-argument", "read-only",
      "out-of-range", "not-resizable", "busy",           "fault",      "no-memory", "no-space",         "unsupported",
      "io",           "cannot-open"};
  return (size_t)value < sizeof names / sizeof names[0] ? names[value] : "unknown";
}
