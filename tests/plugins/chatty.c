/* Logs far too much, with text that would steer a terminal. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)count, (void)error;
  host->log(host, PICTOR_LOG_ERROR, "a\nb", str("\x1b[2Jclear \xff screen\n"));
  for (int i = 0; i < 10000; ++i) host->log(host, PICTOR_LOG_WARNING, NULL, str("again"));
  draw_all(job, 0, requests[0]);
  host->job_done(host, job, 0);
  return PICTOR_OK;
}

#define FIXTURE_ID "chatty"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
