/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* LMDB on this machine with the pages that it has in WASI: what its tests print depends on their size. */
#include <unistd.h>
#define sysconf(name) 65536L
