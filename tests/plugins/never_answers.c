/* Accepts every job and is never heard of again. */
#include "fixture.h"

static pictor_status submit(pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)requests, (void)count, (void)job, (void)error;
  return PICTOR_OK;
}

static void deinit(const pictor_plugin *self) {
  (void)self;
  host->log(host, PICTOR_LOG_ERROR, NULL, str("ended while at work"));
}

#define FIXTURE_ID "never-answers"
#define FIXTURE_DEINIT deinit
#define FIXTURE_SUBMIT submit

#include "fixture_tables.h"
