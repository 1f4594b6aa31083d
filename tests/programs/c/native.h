/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* LMDB on this machine with pages of the size in WASI: the output of its tests depends on it. */
#include <unistd.h>
#define sysconf(name) 65536L
