/* Ends every request twice, then goes on about it; logs what the host answers. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  const pictor_error why = reason(PICTOR_INTERNAL, "the second end");
  const pictor_image image = gray_image();
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
    const int stale = (host->job_done(host, job, i) == PICTOR_STALE) +
                      (host->job_fail(host, job, i, &why) == PICTOR_STALE) +
                      (hand_over(job, i, 0, &image) == PICTOR_STALE) +
                      (host->job_progress(host, job, i, 1.0, 0, 0, NULL) == PICTOR_STALE) +
                      (host->job_checkpoint(host, job, i, str("x")) == PICTOR_STALE);
    host->log(host, PICTOR_LOG_ERROR, NULL, str(stale == 5 ? "all stale" : "taken twice"));
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "two-terminals"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
