/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What gdbm's configure would find, on this machine and in WASI alike. Neither locks: the calls name -nolock. Neither
   knows st_blksize, which is 0 in WASI: gdbm then takes its own size of blocks. */
#define PACKAGE "gdbm"
#define PACKAGE_NAME "gdbm"
#define PACKAGE_STRING "gdbm " GDBM_RELEASE
#define PACKAGE_URL ""
#define PACKAGE_BUGREPORT ""
#define VERSION GDBM_RELEASE
#define PACKAGE_VERSION GDBM_RELEASE
#define GDBM_THREAD_LOCAL
#define HAVE_FSYNC 1
#define HAVE_FTRUNCATE 1
#define HAVE_GETLINE 1
#define HAVE_GETOPT_H 1
#define HAVE_GETOPT_LONG 1
#define HAVE_GETPAGESIZE 1
#define HAVE_INTTYPES_H 1
#define HAVE_LOCALE_H 1
#define HAVE_MMAP 1
#define HAVE_MSYNC 1
#define HAVE_SETLOCALE 1
#define HAVE_STDINT_H 1
#define HAVE_STDIO_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRINGS_H 1
#define HAVE_STRING_H 1
#define HAVE_STRUCT_STAT_ST_MTIM 1
#define HAVE_SYS_FILE_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_UNSIGNED_LONG_LONG_INT 1
#define SIZEOF_OFF_T 8
#define STDC_HEADERS 1
