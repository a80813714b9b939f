/* fuzz: a job that is cancelled by its number is ended in cancel, and once more in generate. */
#include "fixture.h"

#include <stdatomic.h>

static atomic_uint_least64_t ended_in_cancel;

/* The requests of the job under way are those that it knows of: the first one. */
static void cancel(pictor_model *model, pictor_job job, uint32_t request) {
  (void)model, (void)request;
  if (job == PICTOR_ALL_JOBS) return;
  const pictor_error why = reason(PICTOR_CANCELLED, "");
  if (host->job_fail(host, job, 0, &why) == PICTOR_OK) ended_in_cancel = job;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    /* Gives cancel its time, as a longer computation does. */
    for (int poll = 0; poll < 10000 && host->job_cancelled(host, job) != 0; ++poll) {
      if (ended_in_cancel == job) break;
    }
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "ends-in-cancel"
#define FIXTURE_CANCEL cancel
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
