/* Cannot start, and says why. */
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

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self;
  const pictor_error why = reason(PICTOR_UNAVAILABLE, "the licence server is asleep");
  (void)path;
  table->set_error(table, error, &why);
  return PICTOR_UNAVAILABLE;
}

#define FIXTURE_ID "init-fails"
#define FIXTURE_INIT init
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
