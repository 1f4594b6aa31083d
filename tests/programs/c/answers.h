/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What posix.c and linux.c share: they print the answer to each question, and end where none can be had. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { READ = PROT_READ, BOTH = PROT_READ | PROT_WRITE };

static size_t page;

static inline const char *name(int error) {
  static const struct {
    int error;
    const char *name;
  } names[] = {{EACCES, "EACCES"}, {EAGAIN, "EAGAIN"},   {EBADF, "EBADF"},
               {EEXIST, "EEXIST"}, {EFAULT, "EFAULT"},   {EINVAL, "EINVAL"},
               {EIO, "EIO"},       {EMFILE, "EMFILE"},   {ENAMETOOLONG, "ENAMETOOLONG"},
               {ENODEV, "ENODEV"}, {ENOENT, "ENOENT"},   {ENOMEM, "ENOMEM"},
               {ENOSYS, "ENOSYS"}, {ENOTSUP, "ENOTSUP"}, {EOVERFLOW, "EOVERFLOW"},
               {EPERM, "EPERM"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i += 1)
    if (names[i].error == error)
      return names[i].name;
  return strerror(error);
}

static inline void need(int good, const char *what) {
  if (good)
    return;
  printf("cannot go on: %s: %s\n", what, strerror(errno));
  exit(1);
}
#define NEED(call) need((call) >= 0, #call)

/* Whether a call worked, or its error. */
static inline void say(const char *question, int result) {
  const int error = errno;
  printf("%s: %s\n", question, result == 0 ? "ok" : name(error));
}

/* A byte as a letter; 0 is '0'. */
static inline char letter(char byte) { return byte >= ' ' && byte <= '~' ? byte : byte == 0 ? '0' : '?'; }

static inline void show(const char *what, const char *bytes, size_t count) {
  printf("%s: ", what);
  for (size_t i = 0; i < count; i += 1)
    putchar(letter(bytes[i]));
  putchar('\n');
}

#endif
