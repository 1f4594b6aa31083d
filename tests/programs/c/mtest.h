/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Around the test programs of LMDB: random numbers that are the same everywhere, so that all builds print the same, and
 * no locks, which WASI does not have.
 */
#include <lmdb.h>
#include <stdlib.h>
#include <time.h>

static inline int same_rand(void) {
  static unsigned state = 1;
  state = state * 1103515245u + 12345u;
  return (int)(state / 65536u % 32768u);
}
#define rand same_rand
#define srand(seed) ((void)(seed))
#define mdb_env_open(env, path, flags, mode) mdb_env_open(env, path, (flags) | MDB_NOLOCK, mode)
