/* fuzz: a single request that is cancelled when nothing is drawn makes the next drawing wait. */
#include "fixture.h"

#include <stdatomic.h>

static atomic_int wanted_stops;

static void cancel(pictor_model *model, pictor_job job, uint32_t request) {
  (void)model, (void)job;
  if (request != PICTOR_ALL_REQUESTS) ++wanted_stops;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  while (wanted_stops != 0) continue;
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "waits-for-cancelled"
#define FIXTURE_CANCEL cancel
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
