/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Names that the published programs use and WASI lacks: processes, owners and modes of files, temporary names. */
#ifndef PUBLISHED_WASI_H
#define PUBLISHED_WASI_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static inline int wasi_lacks(void) { return errno = ENOSYS, -1; }
#define fork() wasi_lacks()
#define pipe(ends) ((void)(ends), wasi_lacks())
#define dup(number) ((void)(number), wasi_lacks())
#define dup2(from, to) ((void)(from), (void)(to), wasi_lacks())
#define execvp(name, words) ((void)(name), (void)(words), wasi_lacks())
#define execv(name, words) ((void)(name), (void)(words), wasi_lacks())
#define waitpid(child, status, options) ((void)(status), wasi_lacks())
#define wait(status) ((void)(status), wasi_lacks())
#define mkstemp(name) ((void)(name), wasi_lacks())
#define popen(command, mode) ((void)(command), errno = ENOSYS, (FILE *)NULL)
#define pclose(stream) ((void)(stream), wasi_lacks())
/* Times are in UTC. */
#define tzset() ((void)0)
#define mktemp(name) (errno = ENOSYS, (name))
#define umask(mode) ((mode_t)0)
/* Files have neither an owner nor modes, so none is ever wrong. */
#define chown(name, user, group) ((void)(name), (void)(user), (void)(group), 0)
#define fchown(number, user, group) ((void)(number), (void)(user), (void)(group), 0)
#define getuid() 0
#define getgid() 0
#define fchmod(number, mode) ((void)(number), (void)(mode), 0)
#endif
