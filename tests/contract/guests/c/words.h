/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A step as a line of words: the operation, then `key=value`. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of the line end in NUL, the last one in two. */
static char line[4 << 20];

static bool next_line(void) {
  if (!fgets(line, sizeof line - 1, stdin))
    return false;
  size_t end = strcspn(line, "\n");
  line[end + 1] = '\0';
  for (line[end] = '\0'; end > 0; end -= 1)
    if (line[end - 1] == ' ')
      line[end - 1] = '\0';
  return true;
}

/* The text of `key=`, or NULL. */
static const char *text(const char *key) {
  const size_t length = strlen(key);
  for (const char *word = line; *word; word += strlen(word) + 1)
    if (strncmp(word, key, length) == 0 && word[length] == '=')
      return word + length + 1;
  return NULL;
}

static bool has(const char *key, const char *part) { return strstr(text(key), part) != NULL; }

static uint64_t number(const char *key) { return strtoull(text(key), NULL, 10); }

static int choice(const char *key, const char *const *names) {
  int index = 0;
  while (strcmp(text(key), names[index]) != 0)
    index += 1;
  return index;
}

static uint8_t *bytes(const char *key, size_t *length) {
  const char *hex = text(key);
  *length = strlen(hex) / 2;
  uint8_t *result = malloc(*length + 1);
  for (size_t i = 0; i < *length; i += 1)
    sscanf(hex + 2 * i, "%2hhx", &result[i]);
  return result;
}
