/* Calls a function that no library has. */
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

void pictor_fixture_nowhere(void);

static void init_nowhere(void) {
  pictor_fixture_nowhere();
}

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self, (void)path, (void)error;
  host = table;
  init_nowhere();
  return PICTOR_OK;
}

#define FIXTURE_ID "undefined-symbol"
#define FIXTURE_INIT init
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
