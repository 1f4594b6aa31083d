/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Calls functions of files as a script says, and prints what each returns: calls FOLDER <script. The same source runs
 * on Linux and as a component, so that the answers can be compared. A line is a call: words, separated by blanks. %20
 * is a blank, and other characters can be written so too. A path that begins with @ is in FOLDER; others are relative
 * to a directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 10, WORDS = 8 };

static int slots[SLOTS];
static FILE *streams[SLOTS];
static const char *folder;
static char *words[WORDS];

#define CODE(name)                                                                                                     \
  if (errno == name)                                                                                                   \
  return #name
static const char *code(void) {
  CODE(EACCES);
  CODE(EBADF);
  CODE(EBUSY);
  CODE(EEXIST);
  CODE(EFBIG);
  CODE(EILSEQ);
  CODE(EINVAL);
  CODE(EIO);
  CODE(EISDIR);
  CODE(ELOOP);
  CODE(EMLINK);
  CODE(ENAMETOOLONG);
  CODE(ENOENT);
  CODE(ENOSPC);
  CODE(ENOTDIR);
  CODE(ENOTEMPTY);
  CODE(ENOTSUP);
  CODE(ENXIO);
  CODE(EOVERFLOW);
  CODE(EPERM);
  CODE(EROFS);
  CODE(ESPIPE);
  CODE(EXDEV);
  CODE(EPIPE);
  CODE(EAGAIN);
#ifdef ENOTCAPABLE
  CODE(ENOTCAPABLE);
#endif
  return strerror(errno);
}

static void decode(char *word) {
  char *to = word;
  for (char *at = word; *at; at += 1) {
    unsigned value;
    if (*at == '%' && sscanf(at + 1, "%2x", &value) == 1)
      *to++ = (char)value, at += 2;
    else
      *to++ = *at;
  }
  *to = 0;
}

/* The path of a word; valid until the next but one. */
static const char *path_of(const char *word) {
  static char paths[2][8192];
  static int last;
  if (*word != '@')
    return word;
  last = !last;
  snprintf(paths[last], sizeof paths[last], "%s%s", folder, word + 1);
  return paths[last];
}

static int slot(int word) { return atoi(words[word]) % SLOTS; }
static int fd(int word) { return slots[slot(word)]; }
static long long number(int word) { return words[word] ? strtoll(words[word], NULL, 10) : 0; }
static int has(int word, char letter) { return words[word] && strchr(words[word], letter) != NULL; }

static int flags_of(int word) {
  int flags = has(word, '+') ? O_RDWR : has(word, 'w') ? O_WRONLY : O_RDONLY;
  if (has(word, 'c'))
    flags |= O_CREAT;
  if (has(word, 'x'))
    flags |= O_EXCL;
  if (has(word, 't'))
    flags |= O_TRUNC;
  if (has(word, 'a'))
    flags |= O_APPEND;
  if (has(word, 'd'))
    flags |= O_DIRECTORY;
  if (has(word, 'n'))
    flags |= O_NOFOLLOW;
  return flags;
}

static void print_bytes(const char *bytes, long long count) {
  for (long long i = 0; i < count; i += 1) {
    if (bytes[i] > 32 && bytes[i] < 127)
      putchar(bytes[i]);
    else
      printf("%%%02x", (unsigned char)bytes[i]);
  }
  putchar('\n');
}

static void print_result(long long result) {
  if (result < 0)
    puts(code());
  else
    printf("%lld\n", result);
}

static void print_read(const char *bytes, long long count) {
  if (count < 0)
    puts(code());
  else
    printf("%lld ", count), print_bytes(bytes, count);
}

static const char *kind_of(mode_t mode) {
  return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "link" : "other";
}

static void print_stat(int result, const struct stat *facts) {
  if (result < 0)
    puts(code());
  else if (S_ISDIR(facts->st_mode))
    puts("directory"); /* File systems count bytes and links of directories as they like. */
  else
    printf("%s %lld %lld\n", kind_of(facts->st_mode), (long long)facts->st_size, (long long)facts->st_nlink);
}

static void print_times(int result, const struct stat *facts) {
  if (result < 0) {
    puts(code());
    return;
  }
  const struct timespec times[2] = {facts->st_atim, facts->st_mtim};
  for (int i = 0; i < 2; i += 1) {
    if (llabs((long long)times[i].tv_sec - (long long)time(NULL)) < 100)
      printf("now ");
    else
      printf("%lld.%06ld ", (long long)times[i].tv_sec, times[i].tv_nsec / 1000);
  }
  putchar('\n');
}

static struct timespec time_of(int word) {
  struct timespec result = {0, UTIME_NOW};
  if (strcmp(words[word], "now") == 0)
    return result;
  result.tv_nsec = UTIME_OMIT;
  if (strcmp(words[word], "omit") == 0)
    return result;
  const double seconds = atof(words[word]);
  result.tv_sec = (time_t)seconds;
  result.tv_nsec = (long)((seconds - (double)result.tv_sec) * 1e6 + 0.5) * 1000;
  return result;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(DIR *directory) {
  char *names[256];
  int count = 0;
  if (!directory) {
    puts(code());
    return;
  }
  errno = 0;
  for (struct dirent *entry; count < 256 && (entry = readdir(directory));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    char line[600];
    const char *kind = entry->d_type == DT_REG   ? ""
                       : entry->d_type == DT_DIR ? "/"
                       : entry->d_type == DT_LNK ? "@"
                                                 : "?";
    snprintf(line, sizeof line, "%s%s", entry->d_name, kind);
    names[count++] = strdup(line);
  }
  const int failed = errno;
  closedir(directory);
  qsort(names, count, sizeof *names, by_name);
  for (int i = 0; i < count; i += 1)
    printf("%s ", names[i]), free(names[i]);
  puts((errno = failed) ? code() : ".");
}

static void print_same(const char *first, const char *second) {
  struct stat one, other;
  if (stat(first, &one) < 0 || stat(second, &other) < 0)
    puts(code());
  else
    puts(one.st_dev == other.st_dev && one.st_ino == other.st_ino ? "same" : "different");
}

#define CALL(name) if (strcmp(words[0], name) == 0)

/* Functions of descriptors. Returns whether it is one. */
static int call_descriptor(void) {
  static char buffer[1 << 17];
  struct stat facts;
  long long result;
  CALL("open")
  result = slots[slot(1)] = open(path_of(words[2]), flags_of(3), 0666), puts(result < 0 ? code() : "opened");
  else CALL("openat") result = slots[slot(1)] = openat(fd(2), path_of(words[3]), flags_of(4), 0666),
                      puts(result < 0 ? code() : "opened");
  else CALL("close") print_result(close(fd(1))), slots[slot(1)] = -1;
  else CALL("read") result = read(fd(1), buffer, number(2)), print_read(buffer, result);
  else CALL("pread") result = pread(fd(1), buffer, number(2), number(3)), print_read(buffer, result);
  else CALL("write") print_result(write(fd(1), words[2], strlen(words[2])));
  else CALL("pwrite") print_result(pwrite(fd(1), words[2], strlen(words[2]), number(3)));
  else CALL("fill") memset(buffer, 'f', sizeof buffer), print_result(write(fd(1), buffer, number(2)));
  else CALL("seek") print_result(lseek(fd(1), number(2), has(3, 's') ? SEEK_SET : has(3, 'e') ? SEEK_END : SEEK_CUR));
  else CALL("ftruncate") print_result(ftruncate(fd(1), number(2)));
  else CALL("fstat") result = fstat(fd(1), &facts), print_stat((int)result, &facts);
  else CALL("ftimes") result = fstat(fd(1), &facts), print_times((int)result, &facts);
  else CALL("futimens") print_result(futimens(fd(1), (struct timespec[]){time_of(2), time_of(3)}));
  else CALL("fsync") print_result(fsync(fd(1)));
  else CALL("fdatasync") print_result(fdatasync(fd(1)));
  else CALL("fadvise") errno = (int)(result = posix_fadvise(fd(1), number(2), number(3), POSIX_FADV_RANDOM)),
                       puts(result ? code() : "0");
  else CALL("mode") result = fcntl(fd(1), F_GETFL), puts(result < 0                         ? code()
                                                         : (result & O_ACCMODE) == O_RDWR   ? "rw"
                                                         : (result & O_ACCMODE) == O_WRONLY ? "w"
                                                                                            : "r");
  else CALL("flist") result = openat(fd(1), ".", O_RDONLY | O_DIRECTORY),
                     list(result < 0 ? NULL : fdopendir((int)result));
  else return 0;
  return 1;
}

/* Functions of paths. */
static int call_path(void) {
  static char buffer[8192];
  struct stat facts;
  long long result;
  CALL("stat") result = stat(path_of(words[1]), &facts), print_stat((int)result, &facts);
  else CALL("lstat") result = lstat(path_of(words[1]), &facts), print_stat((int)result, &facts);
  else CALL("fstatat") result = fstatat(fd(1), path_of(words[2]), &facts, 0), print_stat((int)result, &facts);
  else CALL("times") result = stat(path_of(words[1]), &facts), print_times((int)result, &facts);
  else CALL("ltimes") result = lstat(path_of(words[1]), &facts), print_times((int)result, &facts);
  else CALL("utimens")
      print_result(utimensat(AT_FDCWD, path_of(words[1]), (struct timespec[]){time_of(2), time_of(3)}, 0));
  else CALL("lutimens") print_result(
      utimensat(AT_FDCWD, path_of(words[1]), (struct timespec[]){time_of(2), time_of(3)}, AT_SYMLINK_NOFOLLOW));
  else CALL("mkdir") print_result(mkdir(path_of(words[1]), 0777));
  else CALL("mkdirat") print_result(mkdirat(fd(1), path_of(words[2]), 0777));
  else CALL("rmdir") print_result(rmdir(path_of(words[1])));
  else CALL("unlink") print_result(unlink(path_of(words[1])));
  else CALL("unlinkat") print_result(unlinkat(fd(1), path_of(words[2]), 0));
  else CALL("rename") print_result(rename(path_of(words[1]), path_of(words[2])));
  else CALL("renameat") print_result(renameat(fd(1), path_of(words[2]), fd(3), path_of(words[4])));
  else CALL("link") print_result(link(path_of(words[1]), path_of(words[2])));
  else CALL("symlink") print_result(symlink(words[1], path_of(words[2])));
  else CALL("readlink") result = readlink(path_of(words[1]), buffer, sizeof buffer), print_read(buffer, result);
  else CALL("truncate") print_result(truncate(path_of(words[1]), number(2)));
  else CALL("access") print_result(access(path_of(words[1]), has(2, 'w')   ? W_OK
                                                             : has(2, 'x') ? X_OK
                                                             : has(2, 'r') ? R_OK
                                                                           : F_OK));
  else CALL("list") list(opendir(path_of(words[1])));
  else CALL("same") print_same(path_of(words[1]), path_of(words[2]));
  else return 0;
  return 1;
}

/* Functions of streams. */
static int call_stream(void) {
  static char buffer[1 << 16];
  FILE **stream = words[1] ? &streams[slot(1)] : NULL;
  long long result;
  CALL("fopen") *stream = fopen(path_of(words[2]), words[3]), puts(*stream ? "opened" : code());
  else if (!stream || !*stream) return 0;
  else CALL("fclose") result = fclose(*stream), *stream = NULL, puts(result ? code() : "0");
  else CALL("fread") result = (long long)fread(buffer, 1, number(2), *stream), print_read(buffer, result);
  else CALL("fwrite") result = (long long)fwrite(words[2], 1, strlen(words[2]), *stream), printf("%lld\n", result);
  else CALL("fflush") puts(fflush(*stream) ? code() : "0");
  else CALL("fseek") puts(fseek(*stream, number(2),
                                has(3, 's')   ? SEEK_SET
                                : has(3, 'e') ? SEEK_END
                                              : SEEK_CUR)
                              ? code()
                              : "0");
  else CALL("ftell") print_result(ftell(*stream));
  else CALL("feof") printf("%d %d\n", !!feof(*stream), !!ferror(*stream));
  else CALL("fgetc") printf("%d\n", fgetc(*stream));
  else return 0;
  return 1;
}

int main(int count, char **arguments) {
  static char line[16384];
  if (count < 2)
    return 2;
  folder = arguments[1];
  for (int i = 0; i < SLOTS; i += 1)
    slots[i] = -1;
  while (fgets(line, sizeof line, stdin)) {
    int at = 0;
    memset(words, 0, sizeof words);
    for (char *word = strtok(line, " \n"); word && at < WORDS; word = strtok(NULL, " \n"))
      words[at++] = word;
    for (int i = 0; i < at; i += 1)
      decode(words[i]);
    if (at == 0)
      continue;
    errno = 0;
    if (!call_descriptor() && !call_path() && !call_stream())
      puts("no call");
  }
  return 0;
}
