/* Its constructor changes what belongs to the whole process. */
#include "fixture.h"

#include <fenv.h>
#include <signal.h>

__attribute__((constructor)) static void change_process(void) {
  fesetround(FE_TOWARDZERO);
  signal(SIGINT, SIG_IGN);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "changes-process"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
