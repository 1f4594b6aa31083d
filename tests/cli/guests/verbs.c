/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A command that does one thing for the tests of the command line: verbs VERB ARGUMENT... It maps nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int tell(int result) {
  puts(result < 0 ? strerror(errno) : "done");
  return 0;
}

static int writes(const char *path, int flags) {
  const int fd = open(path, flags, 0600);
  return fd < 0 ? fd : (int)write(fd, "written", 7);
}

int main(int count, char **words) {
  const char *verb = count > 1 ? words[1] : "";
#define VERB(name) if (strcmp(verb, name) == 0)
  VERB("arguments") for (int i = 0; i < count; i += 1) puts(words[i]);
  VERB("variable") puts(getenv(words[2]) ? getenv(words[2]) : "(none)");
  VERB("terminal") printf("%d%d%d\n", isatty(0), isatty(1), isatty(2));
  VERB("complain") fputs("to stderr\n", stderr);
  VERB("copy") for (int letter; (letter = getchar()) != EOF;) putchar(letter);
  VERB("write") return tell(writes(words[2], O_RDWR));
  VERB("create") return tell(writes(words[2], O_RDWR | O_CREAT));
  VERB("truncate") return tell(open(words[2], O_RDONLY | O_TRUNC));
  VERB("rename") return tell(rename(words[2], words[3]));
  VERB("link") return tell(link(words[2], words[3]));
  VERB("symlink") return tell(symlink(words[2], words[3]));
  VERB("unlink") return tell(unlink(words[2]));
  VERB("mkdir") return tell(mkdir(words[2], 0700));
  VERB("exit-with-failure") return EXIT_FAILURE;
  VERB("return") return atoi(words[2]);
  VERB("exit") exit(atoi(words[2]));
  VERB("quick-exit") _Exit(atoi(words[2]));
  VERB("yes") for (;;) if (puts("y") < 0 || fflush(stdout) != 0) return perror("write"), EXIT_FAILURE;
  return 0;
}
