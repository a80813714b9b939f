/* Declares a well-known parameter under another type. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

static const pictor_param_spec width = {
    .struct_size = sizeof width,
    .type = PICTOR_TYPE_STRING,
    .scope = PICTOR_SCOPE_REQUEST,
    .id = "width",
    .doc = "A width in words.",
};

static uint32_t param_count(const pictor_plugin *self, const char *model_id) {
  (void)self, (void)model_id;
  return 1;
}

static const pictor_param_spec *param_spec(const pictor_plugin *self, const char *model_id,
                                           uint32_t index) {
  (void)self, (void)model_id;
  return index == 0 ? &width : NULL;
}

#define FIXTURE_ID "bad-spec"
#define FIXTURE_GENERATE generate
#define FIXTURE_PARAM_COUNT param_count
#define FIXTURE_PARAM_SPEC param_spec

#include "fixture_tables.h"
