/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What each advice of Linux comes to, in madvise() and in the library for Python. */
#ifndef WASI_MMAN_EFFECTS_H
#define WASI_MMAN_EFFECTS_H

#include "../sys/mman.h"

/* What an advice of Linux comes to. */
typedef enum {
  WMMAN_UNKNOWN,
  WMMAN_ADVISE,  /* one of the contract */
  WMMAN_DISCARD, /* anonymous memory becomes zero, a private mapping shows its file again */
  WMMAN_FREE,    /* may discard private anonymous memory, at any time or never */
  WMMAN_REMOVE,  /* makes a hole in a shared mapping */
  WMMAN_LOAD,
  WMMAN_NOTHING, /* is about what WebAssembly does not have: processes that fork, huge pages, dumps */
  WMMAN_FORBIDDEN
} wmman_effect;

static inline wmman_effect wmman_effect_of(int advice) {
  switch (advice) {
  case MADV_NORMAL:
  case MADV_RANDOM:
  case MADV_SEQUENTIAL:
  case MADV_WILLNEED:
    return WMMAN_ADVISE;
  case MADV_DONTNEED:
  case MADV_DONTNEED_LOCKED:
    return WMMAN_DISCARD;
  case MADV_FREE:
    return WMMAN_FREE;
  case MADV_REMOVE:
    return WMMAN_REMOVE;
  case MADV_POPULATE_READ:
  case MADV_POPULATE_WRITE:
    return WMMAN_LOAD;
  case MADV_DONTFORK:
  case MADV_DOFORK:
  case MADV_MERGEABLE:
  case MADV_UNMERGEABLE:
  case MADV_HUGEPAGE:
  case MADV_NOHUGEPAGE:
  case MADV_DONTDUMP:
  case MADV_DODUMP:
  case MADV_WIPEONFORK:
  case MADV_KEEPONFORK:
  case MADV_COLD:
  case MADV_PAGEOUT:
    return WMMAN_NOTHING;
  case MADV_HWPOISON:
  case MADV_SOFT_OFFLINE:
    return WMMAN_FORBIDDEN;
  default:
    return WMMAN_UNKNOWN;
  }
}

#endif
