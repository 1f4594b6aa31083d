/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The spans of a backing. The contract detaches whole spans only, and one never changes its access. So where a part of
 * one is unmapped or protected, it is detached, and what remains is attached anew.
 */
#ifndef WASI_MMAN_SPANS_H
#define WASI_MMAN_SPANS_H

#include "mman_regions.h"

/*
 * Maps the file for a range of the backing. Windows has no mmap of POSIX: there the file has to cover each page, the
 * last in part; else it is WMMAP_UNSUPPORTED.
 */
wmmap_status wmman_map_file(const wmman_backing *of, size_t from, size_t to, bool writable, wmmap_mapping *mapping);

/* Attaches the whole backing, for which the file is mapped; WMMAP_UNSUPPORTED where the host cannot. */
wmmap_status wmman_attach(wmman_backing *of, wmmap_mapping mapping, bool writable);

/* Detaches a range: its pages are zero. Pages without a span are left alone. */
wmmap_status wmman_detach(wmman_backing *of, size_t from, size_t to);

/* Attaches a range with this access, where it has another. Of a shared mapping, what was stored is in the file. */
wmmap_status wmman_reattach(wmman_backing *of, size_t from, size_t to, bool writable);

/* Attaches a range anew: a private mapping shows the file again. */
wmmap_status wmman_refresh(wmman_backing *of, size_t from, size_t to);

/* Whether all accesses to pages of the span found what the file has. */
bool wmman_is_whole(const wmman_span *span);
/* Flushes and advises the part of a span that lies in a range of its backing. */
wmmap_status wmman_flush_span(const wmman_span *span, size_t from, size_t to);
wmmap_status wmman_advise_span(const wmman_span *span, size_t from, size_t to, wmmap_advice advice);

#endif
