/* Says goodbye in its deinit, and once more in a destructor, after main. */
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

static void deinit(const pictor_plugin *self) {
  (void)self;
  host->log(host, PICTOR_LOG_ERROR, NULL, str("goodbye"));
}

/* Nobody can check the line; that the process still ends well is the point. */
__attribute__((destructor)) static void after_main(void) {
  host->log(host, PICTOR_LOG_ERROR, NULL, str("goodbye from beyond main"));
  host->job_done(host, 1, 0);
}

#define FIXTURE_ID "goodbye"
#define FIXTURE_DEINIT deinit
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
