/* Speaks about the job before, and about jobs that never were. */
#include "fixture.h"

static pictor_job last_job;

static int is_stale(pictor_job job) {
  const pictor_image image = gray_image();
  return host->job_done(host, job, 0) == PICTOR_STALE &&
         hand_over(job, 0, 0, &image) == PICTOR_STALE && host->job_cancelled(host, job) == 1;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model;
  /* The sink of this call has the same slot and generation as some job may have. */
  const pictor_job wrong[] = {last_job, 0, UINT64_MAX, job ^ (1ull << 32), job + 1, error};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; ++k) {
    if (!is_stale(wrong[k]))
      host->log(host, PICTOR_LOG_ERROR, "late", str("a wrong job was taken"));
  }
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  last_job = job;
  return PICTOR_OK;
}

#define FIXTURE_ID "late-calls"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
