/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * lmdb [-t] FOLDER put|writemap|get|delete COUNT...: stores, looks up or deletes COUNT records and prints what it
 * found; `writemap` stores through the mapping. With -t it also prints the milliseconds, to standard error.
 */
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void need(int result, const char *what) {
  if (result == MDB_SUCCESS)
    return;
  printf("%s: %s\n", what, mdb_strerror(result));
  exit(1);
}
#define NEED(call) need((call), #call)

typedef struct {
  char key[16];
  char value[112];
} record;

/* The records come in a scattered order. */
static void make(record *of, uint32_t i, uint32_t count) {
  const uint32_t number = (uint32_t)((uint64_t)i * 2654435761u % count);
  memset(of, 0, sizeof *of);
  snprintf(of->key, sizeof of->key, "key%010u", (unsigned)number);
  for (size_t k = 0; k < sizeof of->value; k += 8)
    snprintf(of->value + k, 8, "%07x", (unsigned)((number + k) * 40503u & 0xfffffff));
}

static uint64_t add(uint64_t sum, const MDB_val *value) {
  const uint8_t *bytes = value->mv_data;
  for (size_t i = 0; i < value->mv_size; i += 1)
    sum = sum * 31 + bytes[i];
  return sum;
}

static void store(MDB_env *env, uint32_t count, bool remove) {
  MDB_txn *txn = NULL;
  MDB_dbi dbi = 0;
  uint32_t done = 0;
  while (done < count) {
    NEED(mdb_txn_begin(env, NULL, 0, &txn));
    NEED(mdb_dbi_open(txn, NULL, 0, &dbi));
    for (uint32_t i = 0; i < 10000 && done < count; i += 1, done += 1) {
      record each;
      make(&each, done, count);
      MDB_val key = {strlen(each.key), each.key};
      MDB_val value = {sizeof each.value, each.value};
      if (remove && done % 3 == 0)
        NEED(mdb_del(txn, dbi, &key, NULL));
      else if (!remove)
        NEED(mdb_put(txn, dbi, &key, &value, 0));
    }
    NEED(mdb_txn_commit(txn));
  }
  printf("%s %u\n", remove ? "went through" : "stored", (unsigned)done);
}

static void look_up(MDB_env *env, uint32_t count) {
  MDB_txn *txn = NULL;
  MDB_dbi dbi = 0;
  MDB_cursor *cursor = NULL;
  MDB_val key;
  MDB_val value;
  uint32_t found = 0;
  uint64_t sum = 0;
  NEED(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
  NEED(mdb_dbi_open(txn, NULL, 0, &dbi));
  for (uint32_t i = 0; i < count; i += 1) {
    record each;
    make(&each, i, count);
    key = (MDB_val){strlen(each.key), each.key};
    const int result = mdb_get(txn, dbi, &key, &value);
    if (result == MDB_NOTFOUND)
      continue;
    NEED(result);
    if (value.mv_size != sizeof each.value || memcmp(value.mv_data, each.value, sizeof each.value) != 0) {
      printf("wrong value of %s\n", each.key);
      exit(1);
    }
    found += 1;
  }
  NEED(mdb_cursor_open(txn, dbi, &cursor));
  uint32_t passed = 0;
  for (; mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS; passed += 1)
    sum = add(add(sum, &key), &value);
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  printf("found %u, passed %u, sum %016llx\n", (unsigned)found, (unsigned)passed, (unsigned long long)sum);
}

int main(int words_count, char **words) {
  const bool timed = words_count > 1 && strcmp(words[1], "-t") == 0;
  words += timed;
  words_count -= timed;
  if (words_count < 4) {
    fputs("usage: lmdb [-t] FOLDER put|writemap|get|delete COUNT...\n", stderr);
    return 2;
  }
  for (int i = 2; i + 1 < words_count; i += 2) {
    const char *what = words[i];
    const uint32_t count = (uint32_t)strtoul(words[i + 1], NULL, 10);
    const unsigned flags = strcmp(what, "writemap") == 0 ? MDB_WRITEMAP : strcmp(what, "get") == 0 ? MDB_RDONLY : 0;
    MDB_env *env = NULL;
    NEED(mdb_env_create(&env));
    NEED(mdb_env_set_mapsize(env, (size_t)64 << 20));
    NEED(mdb_env_open(env, words[1], MDB_NOLOCK | flags, 0644)); /* WASI has no locks. */
    const double start = now();
    if (flags == MDB_RDONLY)
      look_up(env, count);
    else
      store(env, count, strcmp(what, "delete") == 0);
    if (timed)
      fprintf(stderr, "%.3f ms: %s %u\n", now() - start, what, (unsigned)count);
    mdb_env_close(env);
  }
  return 0;
}
