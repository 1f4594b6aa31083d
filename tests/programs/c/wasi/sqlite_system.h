/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* SQLite uses these in WASI and does not include them there. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
