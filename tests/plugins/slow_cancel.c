/* Draws for ever, until it is asked to stop. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "fixture.h"

#include <time.h>

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)requests, (void)error;
  const struct timespec pause = {0, 1000000};
  host->job_progress(host, job, 0, 0.5, 1, 2, "drawing");
  while (host->job_cancelled(host, job) == 0) nanosleep(&pause, NULL);
  const pictor_error why = reason(PICTOR_CANCELLED, "stopped as asked");
  for (uint32_t i = 0; i < count; ++i) host->job_fail(host, job, i, &why);
  return PICTOR_OK;
}

#define FIXTURE_ID "slow-cancel"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
