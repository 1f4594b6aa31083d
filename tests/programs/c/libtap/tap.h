/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The part of libtap (Test Anything Protocol) that the tests of libmaxminddb use. Their package leaves it out. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_PLAN (-1)

static int tap_ran;
static int tap_failed;

static inline void plan(int tests) {
  if (tests != NO_PLAN)
    printf("1..%d\n", tests);
}

__attribute__((format(printf, 2, 0))) static inline int tap_result(int good, const char *format, va_list words) {
  tap_ran += 1;
  tap_failed += !good;
  printf("%s %d - ", good ? "ok" : "not ok", tap_ran);
  vprintf(format, words);
  putchar('\n');
  return good;
}

__attribute__((format(printf, 2, 3))) static inline int ok(int good, const char *format, ...) {
  va_list words;
  va_start(words, format);
  tap_result(good != 0, format, words);
  va_end(words);
  return good != 0;
}

__attribute__((format(printf, 1, 2))) static inline int diag(const char *format, ...) {
  va_list words;
  va_start(words, format);
  fputs("# ", stdout);
  vprintf(format, words);
  putchar('\n');
  va_end(words);
  return 0;
}

__attribute__((format(printf, 3, 4))) static inline int is(const char *got, const char *expected, const char *format,
                                                           ...) {
  const int good = got && expected ? strcmp(got, expected) == 0 : got == expected;
  va_list words;
  va_start(words, format);
  tap_result(good, format, words);
  va_end(words);
  if (!good)
    diag("got %s, expected %s", got ? got : "NULL", expected ? expected : "NULL");
  return good;
}

__attribute__((format(printf, 4, 5))) static inline int cmp_ok(int a, const char *operator, int b, const char *format,
                                                               ...) {
  int good = 0;
  if (strcmp(operator, "==") == 0)
    good = a == b;
  else if (strcmp(operator, "!=") == 0)
    good = a != b;
  else if (strcmp(operator, ">") == 0)
    good = a > b;
  else if (strcmp(operator, ">=") == 0)
    good = a >= b;
  else if (strcmp(operator, "<") == 0)
    good = a < b;
  else if (strcmp(operator, "<=") == 0)
    good = a <= b;
  else
    diag("unknown operator %s", operator);
  va_list words;
  va_start(words, format);
  tap_result(good, format, words);
  va_end(words);
  if (!good)
    diag("%d %s %d", a, operator, b);
  return good;
}

#define BAIL_OUT(...)                                                                                                  \
  do {                                                                                                                 \
    fputs("Bail out! ", stdout);                                                                                       \
    printf(__VA_ARGS__);                                                                                               \
    putchar('\n');                                                                                                     \
    exit(255);                                                                                                         \
  } while (0)

#define done_testing()                                                                                                 \
  do {                                                                                                                 \
    printf("1..%d\n", tap_ran);                                                                                        \
    exit(tap_failed == 0 ? 0 : 1);                                                                                     \
  } while (0)

#endif
