/* Lends its pixels and counts how often they come back; `load` tells by its progress whether all
 * did. */
#include "fixture.h"

#include <stdlib.h>

static int lent, returned;
static pictor_job current_job;

/* A host function from inside `release`: allowed, and about the very request that is at work. */
static void release(void *ctx, const void *data) {
  ++*(int *)ctx;
  host->job_progress(host, current_job, 0, -1, 0, 0, NULL);
  free((void *)data);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)count, (void)error;
  current_job = job;
  for (uint32_t k = 0; k < requests[0]->image_count; ++k) {
    pictor_image_meta meta = {.struct_size = sizeof meta, .image_index = k};
    pictor_image image = gray_image();
    image.stride_y = 8; /* rows with padding: 3 * 8 + 4 bytes are needed */
    image.stride_x = 1;
    image.size = 28;
    image.data = calloc(1, image.size);
    image.release = release;
    image.release_ctx = &returned;
    ++lent;
    host->job_image(host, job, 0, &image, &meta);
    image.data = calloc(1, image.size);
    meta.flags = PICTOR_META_PREVIEW;
    ++lent;
    host->job_image(host, job, 0, &image, &meta);
  }
  host->job_done(host, job, 0);
  return PICTOR_OK;
}

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  return host->job_progress(host, job, 0, lent == returned ? 1.0 : 0.0, 0, 0, "all came back");
}

#define FIXTURE_ID "releases"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
