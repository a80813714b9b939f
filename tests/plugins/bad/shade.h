/* A request parameter `shade`, 0 to 255, for the mutants that are about values. */
#ifndef PICTOR_TESTS_SHADE_H
#define PICTOR_TESTS_SHADE_H

#include "fixture.h"

enum { SHADE_MAX = 255 };

static uint32_t one_param(const pictor_plugin *self, const char *model_id) {
  (void)self, (void)model_id;
  return 1;
}

static const pictor_param_spec *shade_spec(const pictor_plugin *self, const char *model_id,
                                           uint32_t index) {
  (void)self;
  static const pictor_value middle = {
      .struct_size = sizeof middle, .type = PICTOR_TYPE_INT, .i64 = 128};
  static const pictor_param_spec shade = {
      .struct_size = sizeof shade,
      .type = PICTOR_TYPE_INT,
      .scope = PICTOR_SCOPE_REQUEST,
      .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX,
      .id = "shade",
      .doc = "How bright the picture is.",
      .default_value = &middle,
      .max_value = SHADE_MAX,
  };
  return strcmp(model_id, "only") == 0 && index == 0 ? &shade : NULL;
}

static inline int64_t shade_of(const pictor_request *request) {
  return request->params[0]->value->i64;
}

/* Ends the requests of which `refuse` is true, without a word; draws the others. */
static inline pictor_status draw_unless(int (*refuse)(const pictor_request *),
                                        const pictor_request *const *requests, uint32_t count,
                                        pictor_job job) {
  const pictor_error nothing = reason(PICTOR_INTERNAL, "");
  for (uint32_t i = 0; i < count; ++i) {
    if (refuse(requests[i])) {
      host->job_fail(host, job, i, &nothing);
      continue;
    }
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_PARAM_COUNT one_param
#define FIXTURE_PARAM_SPEC shade_spec

#endif
