/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Names that LMDB uses and WASI lacks. They are not called without locks (MDB_NOLOCK) and threads (mdb_env_copy). */
#include <fcntl.h>
#include <signal.h>

#ifndef F_SETLK
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#endif

#ifndef SIG_BLOCK
#define SIG_BLOCK 0
#endif
#define sigemptyset(set) ((void)(set), 0)
#define sigaddset(set, number) ((void)(set), 0)
#define pthread_sigmask(how, set, old) ((void)(set), 0)
#define sigwait(set, number) ((void)(set), 0)
