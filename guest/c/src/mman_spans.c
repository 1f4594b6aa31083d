/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mman_spans.h"

#include "../sys/mman.h"

#include <stdlib.h>
#include <string.h>

wmmap_status wmman_map_file(const wmman_backing *of, size_t from, size_t to, bool writable, wmmap_mapping *mapping) {
  const wmmap_file file = {of->file->descriptor};
  const uint64_t offset = of->offset + from;
  const size_t length = to - from;
  wmmap_status got =
      wmmap_map_posix(file, length, of->shared ? WMMAP_SHARED : WMMAP_PRIVATE,
                      writable ? WMMAP_PROTECT_READ | WMMAP_PROTECT_WRITE : WMMAP_PROTECT_READ, offset, mapping);
  if (got != WMMAP_UNSUPPORTED)
    return got;
  const wmmap_access access = !writable ? WMMAP_READ : of->shared ? WMMAP_WRITE : WMMAP_COPY;
  got = wmmap_map(file, length, access, offset, mapping);
  if (got != WMMAP_PAST_END)
    return got;
  got = wmmap_map(file, 0, access, offset, mapping);
  if (got == WMMAP_PAST_END || got == WMMAP_EMPTY_FILE)
    return WMMAP_UNSUPPORTED;
  if (got == WMMAP_OK && wmmap_length(*mapping) <= length - WASM_PAGE) {
    wmmap_close(mapping);
    return WMMAP_UNSUPPORTED;
  }
  return got;
}

#ifdef WASI_MMAN_NO_SPANS

wmmap_status wmman_attach(wmman_backing *of, wmmap_mapping mapping, bool writable) {
  (void)of;
  (void)mapping;
  (void)writable;
  return WMMAP_UNSUPPORTED;
}

static wmmap_status nothing(wmman_backing *of, size_t from, size_t to) {
  (void)of;
  (void)from;
  (void)to;
  return WMMAP_OK;
}

wmmap_status wmman_detach(wmman_backing *of, size_t from, size_t to) { return nothing(of, from, to); }

wmmap_status wmman_refresh(wmman_backing *of, size_t from, size_t to) { return nothing(of, from, to); }

wmmap_status wmman_reattach(wmman_backing *of, size_t from, size_t to, bool writable) {
  (void)writable;
  return nothing(of, from, to);
}

bool wmman_is_whole(const wmman_span *span) { return span != NULL; }

wmmap_status wmman_flush_span(const wmman_span *span, size_t from, size_t to) {
  return span && from < to ? WMMAP_OK : WMMAP_OUT_OF_RANGE;
}

wmmap_status wmman_advise_span(const wmman_span *span, size_t from, size_t to, wmmap_advice advice) {
  (void)advice;
  return wmman_flush_span(span, from, to);
}

#else

wmmap_status wmman_attach(wmman_backing *of, wmmap_mapping mapping, bool writable) {
  const uint32_t unit = wmmap_granularity();
  if (unit == 0 || unit > WASM_PAGE)
    return WMMAP_UNSUPPORTED;
  wmman_span *span = malloc(sizeof *span);
  if (!span)
    return WMMAP_NO_MEMORY;
  *span = (wmman_span){.to = of->length, .writable = writable};
  const wmmap_status got = wmmap_attach(mapping, 0, of->start, of->length, &span->span);
  if (got == WMMAP_OK)
    of->spans = span;
  else
    free(span);
  return got;
}

/* A page that the program changed in a private mapping. */
typedef struct changed_page {
  struct changed_page *next;
  size_t at, length; /* without what lies past the end of the file */
  unsigned char bytes[WASM_PAGE];
} changed_page;

static void forget_pages(changed_page *pages) {
  while (pages) {
    changed_page *next = pages->next;
    free(pages);
    pages = next;
  }
}

/* Keeps the pages of a span that differ from the file, which `mapping` maps for the span. */
static wmmap_status keep_changes(const wmman_backing *of, wmmap_mapping mapping, const wmman_span *span,
                                 changed_page **pages) {
  uint64_t size = 0;
  wmmap_status got = wmmap_file_size(mapping, &size);
  const uint64_t first = of->offset + span->from;
  const uint64_t there = size > first ? size - first : 0;
  const size_t end = there < span->to - span->from ? span->from + (size_t)there : span->to;
  changed_page *page = NULL;
  for (size_t at = span->from; got == WMMAP_OK && at < end; at += WASM_PAGE) {
    if (!page)
      page = malloc(sizeof *page);
    if (!page)
      return WMMAP_NO_MEMORY;
    page->at = at;
    page->length = wmman_smaller(WASM_PAGE, end - at);
    got = wmmap_read(mapping, at - span->from, page->length, page->bytes);
    if (got != WMMAP_OK || memcmp(page->bytes, of->start + at, page->length) == 0)
      continue;
    memcpy(page->bytes, of->start + at, page->length);
    page->next = *pages;
    *pages = page;
    page = NULL;
  }
  free(page);
  return got == WMMAP_FAULT ? WMMAP_OK : got; /* The file was cut meanwhile. */
}

/* What takes the place of a span: up to three of which some are empty. */
typedef struct {
  size_t from, to;
  bool writable;
  wmman_span *span;
} part;

enum { PARTS = 3 };

/* Detaches a span, and attaches the parts of it. `whole` maps the file for the span with the span's own access. */
static wmmap_status exchange(wmman_backing *of, wmman_span *span, part *parts, wmmap_mapping whole) {
  wmmap_mapping other = {0};
  wmmap_status got = WMMAP_OK;
  for (size_t i = 0; i < PARTS && got == WMMAP_OK; i += 1)
    if (parts[i].span && parts[i].writable != span->writable)
      got = wmman_map_file(of, span->from, span->to, parts[i].writable, &other);
  if (got != WMMAP_OK)
    return got;
  wmmap_detach(&span->span);
  size_t done = 0;
  for (; done < PARTS && got == WMMAP_OK; done += 1) {
    part *each = &parts[done];
    if (each->span)
      got = wmmap_attach(each->writable == span->writable ? whole : other, each->from - span->from,
                         of->start + each->from, each->to - each->from, &each->span->span);
  }
  if (got != WMMAP_OK) {
    while (done-- > 0)
      if (parts[done].span)
        wmmap_detach(&parts[done].span->span);
    /* There was room for this a moment ago. Without it the program would go on with zeros. */
    if (wmmap_attach(whole, 0, of->start + span->from, span->to - span->from, &span->span) != WMMAP_OK)
      abort();
  }
  wmmap_close(&other);
  return got;
}

/* What becomes of a range of a span. */
typedef enum { DETACH, REFRESH, MAKE_READABLE, MAKE_WRITABLE } change;

/* Replaces a span by its parts outside and inside of a range. */
static wmmap_status replace(wmman_backing *of, wmman_span **link, size_t from, size_t to, change how) {
  wmman_span *span = *link;
  const size_t first = wmman_larger(from, span->from);
  const size_t last = wmman_smaller(to, span->to);
  const bool inside = how == REFRESH ? span->writable : how == MAKE_WRITABLE;
  part parts[PARTS] = {{span->from, first, span->writable, NULL},
                       {first, how == DETACH ? first : last, inside, NULL},
                       {last, span->to, span->writable, NULL}};
  wmmap_status got = WMMAP_OK;
  size_t count = 0;
  for (size_t i = 0; i < PARTS; i += 1)
    if (parts[i].from < parts[i].to) {
      parts[i].span = calloc(1, sizeof(wmman_span));
      got = parts[i].span ? got : WMMAP_NO_MEMORY;
      count += 1;
    }
  changed_page *pages = NULL;
  wmmap_mapping whole = {0};
  if (count == 0) {
    wmmap_detach(&span->span);
  } else {
    if (got == WMMAP_OK)
      got = wmman_map_file(of, span->from, span->to, span->writable, &whole);
    if (got == WMMAP_OK && !of->shared && of->written)
      got = keep_changes(of, whole, span, &pages);
    if (got == WMMAP_OK)
      got = exchange(of, span, parts, whole);
    for (const changed_page *page = pages; page; page = page->next)
      if (got != WMMAP_OK || page->at < first || page->at >= last)
        memcpy(of->start + page->at, page->bytes, page->length);
  }
  forget_pages(pages);
  wmmap_close(&whole);
  if (got != WMMAP_OK) {
    for (size_t i = 0; i < PARTS; i += 1)
      free(parts[i].span);
    return got;
  }
  wmman_span *next = span->next;
  for (size_t i = PARTS; i-- > 0;)
    if (parts[i].span) {
      *parts[i].span = (wmman_span){next, parts[i].from, parts[i].to, parts[i].writable, parts[i].span->span};
      next = parts[i].span;
    }
  *link = next;
  free(span);
  return WMMAP_OK;
}

static wmmap_status change_range(wmman_backing *of, size_t from, size_t to, change how) {
  for (wmman_span **link = &of->spans; *link;) {
    wmman_span *span = *link;
    const bool same = how != DETACH && how != REFRESH && span->writable == (how == MAKE_WRITABLE);
    if (same || span->to <= from || span->from >= to) {
      link = &span->next;
      continue;
    }
    const size_t start = span->from;
    const size_t end = span->to;
    const wmmap_status got = replace(of, link, from, to, how);
    if (got != WMMAP_OK)
      return got;
    while (*link && (*link)->from >= start && (*link)->to <= end) /* Its parts. */
      link = &(*link)->next;
  }
  return WMMAP_OK;
}

wmmap_status wmman_detach(wmman_backing *of, size_t from, size_t to) { return change_range(of, from, to, DETACH); }

wmmap_status wmman_refresh(wmman_backing *of, size_t from, size_t to) { return change_range(of, from, to, REFRESH); }

wmmap_status wmman_reattach(wmman_backing *of, size_t from, size_t to, bool writable) {
  return change_range(of, from, to, writable ? MAKE_WRITABLE : MAKE_READABLE);
}

bool wmman_is_whole(const wmman_span *span) { return !wmmap_span_faulted(span->span); }

wmmap_status wmman_flush_span(const wmman_span *span, size_t from, size_t to) {
  from = wmman_larger(from, span->from);
  to = wmman_smaller(to, span->to);
  return from < to ? wmmap_span_flush(span->span, from - span->from, to - from) : WMMAP_OK;
}

wmmap_status wmman_advise_span(const wmman_span *span, size_t from, size_t to, wmmap_advice advice) {
  from = wmman_larger(from, span->from);
  to = wmman_smaller(to, span->to);
  return from < to ? wmmap_span_advise(span->span, from - span->from, to - from, advice) : WMMAP_OK;
}

#endif
