/* Answers GET /WORD with the line of /data/log that has the word first: 200 and the line, 404, or 500 and the error's
 * name. */
#include "wasi_mmap.h"
#include <stdio.h>
#include <string.h>

#define HTTP(name) __attribute__((import_module("wasi:http/types@0.2.12"), import_name(name)))
#define STREAMS(name) __attribute__((import_module("wasi:io/streams@0.2.12"), import_name(name)))

/* A result whose content is a handle. */
typedef struct {
  uint8_t is_error;
  int32_t handle;
} handle_result;
typedef struct {
  uint8_t is_some;
  char *text;
  size_t length;
} optional_text;
/* Room for any error of wasi:http or a stream, which nobody looks at. */
typedef struct {
  uint64_t words[6];
} ignored;

HTTP("[method]incoming-request.path-with-query") void request_path(int32_t request, optional_text *path);
HTTP("[resource-drop]incoming-request") void drop_request(int32_t request);
HTTP("[constructor]fields") int32_t new_fields(void);
HTTP("[constructor]outgoing-response") int32_t new_response(int32_t fields);
HTTP("[method]outgoing-response.set-status-code") int32_t set_status(int32_t response, int32_t code);
HTTP("[method]outgoing-response.body") void response_body(int32_t response, handle_result *body);
HTTP("[method]outgoing-body.write") void body_stream(int32_t body, handle_result *stream);
HTTP("[static]outgoing-body.finish") void finish(int32_t body, int32_t has_trailers, int32_t trailers, ignored *result);
HTTP("[static]response-outparam.set")
void answer(int32_t out, int32_t is_error, int32_t response, int32_t a, int64_t b, int32_t c, int32_t d, int32_t e,
            int32_t f);
STREAMS("[method]output-stream.blocking-write-and-flush")
void write_all(int32_t stream, const char *bytes, size_t length, ignored *result);
STREAMS("[resource-drop]output-stream") void drop_stream(int32_t stream);

enum { LONGEST = 256 };

/* The line around the first match. Returns its status in HTTP. */
static int look_up(const char *word, size_t length, char *line, size_t *line_length) {
  wmmap_mapping map = {0};
  wmmap_status status = wmmap_open("/data/log", 0, WMMAP_READ, 0, &map);
  uint64_t at = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  int code = 200;
  if (status == WMMAP_OK)
    status = wmmap_find(map, word, length, 0, UINT64_MAX, &at);
  if (status == WMMAP_OK && at == WMMAP_NOT_FOUND)
    code = 404;
  if (status == WMMAP_OK && code == 200)
    status = wmmap_rfind(map, "\n", 1, 0, at, &start);
  if (status == WMMAP_OK && code == 200)
    status = wmmap_find(map, "\n", 1, at, UINT64_MAX, &end);
  if (status == WMMAP_OK && code == 200) {
    start = start == WMMAP_NOT_FOUND ? 0 : start + 1;
    end = end == WMMAP_NOT_FOUND ? wmmap_length(map) : end;
    *line_length = end - start < LONGEST ? (size_t)(end - start) : LONGEST;
    status = wmmap_read(map, start, *line_length, line);
  }
  wmmap_close(&map);
  if (status == WMMAP_OK)
    return code;
  *line_length = (size_t)snprintf(line, LONGEST, "%s", wmmap_status_name(status));
  return 500;
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle(int32_t request, int32_t out) {
  optional_text path = {0};
  handle_result body = {0};
  handle_result stream = {0};
  ignored result;
  char line[LONGEST];
  size_t length = 0;
  request_path(request, &path);
  const int code = path.is_some && path.length > 1 ? look_up(path.text + 1, path.length - 1, line, &length) : 404;
  drop_request(request);
  const int32_t response = new_response(new_fields());
  set_status(response, code);
  response_body(response, &body);
  answer(out, 0, response, 0, 0, 0, 0, 0, 0);
  body_stream(body.handle, &stream);
  if (length > 0)
    write_all(stream.handle, line, length, &result);
  drop_stream(stream.handle);
  finish(body.handle, 0, 0, &result);
}
