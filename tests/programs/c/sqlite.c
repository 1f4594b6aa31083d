/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sqlite [-t] DATABASE MMAP-SIZE SQL...: runs statements on SQLite and prints the rows, values between bars. With -t it
 * prints the milliseconds of each statement to standard error.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int print_row(void *none, int count, char **values, char **names) {
  (void)none;
  (void)names;
  for (int i = 0; i < count; i += 1)
    printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
  putchar('\n');
  return 0;
}

static int run(sqlite3 *db, const char *sql, bool timed) {
  char *message = NULL;
  const double start = now();
  const int result = sqlite3_exec(db, sql, print_row, NULL, &message);
  if (timed)
    fprintf(stderr, "%.3f ms: %s\n", now() - start, sql);
  if (result != SQLITE_OK)
    printf("%s: %s\n", sql, message ? message : sqlite3_errstr(result));
  sqlite3_free(message);
  return result;
}

int main(int count, char **words) {
  const bool timed = count > 1 && strcmp(words[1], "-t") == 0;
  count -= timed;
  words += timed;
  if (count < 4) {
    fputs("usage: sqlite [-t] DATABASE MMAP-SIZE SQL...\n", stderr);
    return 2;
  }
  /* WASI has no locks. SQLite leaves mmap out there, and lets a program bring its own. */
  sqlite3_vfs *vfs = sqlite3_vfs_find("unix-none");
#ifdef __wasi__
  vfs->xSetSystemCall(vfs, "mmap", (sqlite3_syscall_ptr)mmap);
  vfs->xSetSystemCall(vfs, "munmap", (sqlite3_syscall_ptr)munmap);
#endif
  sqlite3 *db = NULL;
  int result = sqlite3_open_v2(words[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->zName);
  if (result != SQLITE_OK) {
    printf("%s: %s\n", words[1], sqlite3_errmsg(db));
    return 1;
  }
  char pragma[64];
  snprintf(pragma, sizeof pragma, "PRAGMA mmap_size=%s", words[2]);
  result = run(db, pragma, false);
  for (int i = 3; i < count && result == SQLITE_OK; i += 1)
    result = run(db, words[i], timed);
  const int closed = sqlite3_close(db);
  return result == SQLITE_OK && closed == SQLITE_OK ? 0 : 1;
}
