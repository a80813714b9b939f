/*
 * Asks a server before it draws, where `base_url` names one: the smallest HTTP client, for the
 * plugins that are about a provider's answers. What becomes of an answer is the fixture's verdict.
 * Before it includes this, it may define ASKS_MOST_BYTES, how much of an answer it takes, and
 * ASKS_CANCELLED(job), whether it is to give up.
 */
#ifndef PICTOR_TESTS_ASKS_H
#define PICTOR_TESTS_ASKS_H

#define _GNU_SOURCE /* timegm, strptime */

#include "fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef ASKS_MOST_BYTES
#define ASKS_MOST_BYTES (ANSWER_BYTES - 1)
#endif
#ifndef ASKS_CANCELLED
#define ASKS_CANCELLED(job) host->job_cancelled(host, job)
#endif

enum { ANSWER_BYTES = 1 << 16, PATIENCE_MS = 50 };

typedef struct answer {
  pictor_job job;          /* that it is asked for */
  int status;              /* 0: none came */
  int64_t retry_after_ms;  /* -1: not told */
  char text[ANSWER_BYTES]; /* its beginning */
} answer;

enum { DRAWS, FAILS, SAYS_NOTHING }; /* what verdict() returns */

static int port; /* of the server; 0: there is none */

static uint32_t one_param(const pictor_plugin *self, const char *model_id) {
  (void)self, (void)model_id;
  return 1;
}

static const pictor_param_spec *base_url(const pictor_plugin *self, const char *model_id,
                                         uint32_t index) {
  (void)self;
  static const pictor_param_spec spec = {.struct_size = sizeof spec,
                                         .type = PICTOR_TYPE_STRING,
                                         .scope = PICTOR_SCOPE_LOAD,
                                         .id = "base_url",
                                         .doc = "The server that is asked before each picture."};
  return strcmp(model_id, "only") == 0 && index == 0 ? &spec : NULL;
}

static int connect_to(int number) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0) return -1;
  if (connect(server, (struct sockaddr *)&address, sizeof address) == 0) return server;
  close(server);
  return -1;
}

static int64_t wait_of(const char *value) {
  struct tm date = {0};
  if (strptime(value, "%a, %d %b %Y %H:%M:%S", &date) == NULL) return atoll(value) * 1000;
  const int64_t wait = (int64_t)(timegm(&date) - time(NULL)) * 1000;
  return wait > 1 ? wait : 1;
}

/* Nothing when the request is cancelled before something comes. */
static ssize_t read_some(int server, pictor_job job, char *to, size_t room) {
  struct pollfd come = {.fd = server, .events = POLLIN};
  while (poll(&come, 1, PATIENCE_MS) == 0) {
    if (ASKS_CANCELLED(job)) return 0;
  }
  return read(server, to, room);
}

static void read_answer(int server, answer *to) {
  static char rest[ANSWER_BYTES]; /* of a long answer */
  size_t size = 0;
  while (size < ASKS_MOST_BYTES && !ASKS_CANCELLED(to->job)) {
    const size_t room = size < ANSWER_BYTES - 1 ? ANSWER_BYTES - 1 - size : 0;
    const ssize_t got = room > 0 ? read_some(server, to->job, to->text + size, room)
                                 : read_some(server, to->job, rest, sizeof rest);
    if (got <= 0) break;
    size += (size_t)got;
  }
  to->text[size < ANSWER_BYTES - 1 ? size : ANSWER_BYTES - 1] = '\0';
  const char *retry = strcasestr(to->text, "\r\nretry-after: ");
  sscanf(to->text, "HTTP/1.1 %d", &to->status);
  if (retry != NULL) to->retry_after_ms = wait_of(retry + strlen("\r\nretry-after: "));
}

static void ask(answer *to) {
  static const char question[] =
      "POST /v1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  to->status = 0;
  to->retry_after_ms = -1;
  const int server = connect_to(port);
  if (server < 0) return;
  if (write(server, question, sizeof question - 1) == sizeof question - 1) {
    read_answer(server, to);
  }
  close(server);
}

static pictor_status status_of(const answer *got) {
  switch (got->status) {
    case 401:
      return PICTOR_UNAUTHENTICATED;
    case 402:
      return PICTOR_QUOTA_EXHAUSTED;
    case 403:
      return PICTOR_PERMISSION_DENIED;
    case 404:
      return PICTOR_NOT_FOUND;
    case 429:
      return PICTOR_RATE_LIMITED;
    case 0:
    case 500:
    case 503:
      return PICTOR_UNAVAILABLE;
    default:
      return PICTOR_PROTOCOL; /* this server has no pictures */
  }
}

static inline int honest_verdict(answer *got, pictor_error *error) {
  *error = reason(status_of(got), "the server gives no picture");
  error->http_status = got->status;
  error->retry_after_ms = got->retry_after_ms;
  return FAILS;
}

/* Of a whole answer; fills the error in for FAILS. */
static int verdict(answer *got, pictor_error *error);

static pictor_status ask_and_draw(pictor_model *model, const pictor_request *const *requests,
                                  uint32_t count, pictor_job job, pictor_error_sink sink) {
  (void)model, (void)sink;
  static answer got; /* one request at a time */
  for (uint32_t i = 0; i < count; ++i) {
    pictor_error error;
    got.job = job;
    if (port != 0) ask(&got);
    const int becomes = port != 0 ? verdict(&got, &error) : DRAWS;
    if (becomes == FAILS) host->job_fail(host, job, i, &error);
    if (becomes != DRAWS) continue;
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error);

#define FIXTURE_PARAM_COUNT one_param
#define FIXTURE_PARAM_SPEC base_url
#define FIXTURE_CREATE create
#define FIXTURE_GENERATE ask_and_draw
#include "fixture_tables.h"

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  char text[64] = "";
  if (count == 1 && config[0]->value->str.size < sizeof text) {
    memcpy(text, config[0]->value->str.data, config[0]->value->str.size);
  }
  port = 0;
  sscanf(text, "http://127.0.0.1:%d", &port);
  return create_default(self, model_id, config, count, error);
}

#endif
