/* Offers images that break the contract, each in one way, before an honest one. */
#include "fixture.h"

static int released;

static void release(void *ctx, const void *data) {
  (void)ctx, (void)data;
  ++released;
}

enum { LIES = 12 };

static void lie(pictor_image *image, int which) {
  image->release = release; /* refused images stay the plugin's: it must not be called */
  switch (which) {
    case 0:
      image->stride_y = 1;
      break; /* three rows beyond the only byte */
    case 1:
      image->stride_x = UINT64_MAX / 3;
      break; /* 3 * this wraps to UINT64_MAX */
    case 2:
      image->stride_y = UINT64_MAX / 3 + 1;
      break; /* and this to 2 */
    case 3:
      image->width = 65537;
      break;
    case 4:
      image->height = 0;
      break;
    case 5:
      image->channels = 2;
      break;
    case 6:
      image->pixel_type = PICTOR_PIXEL_F32;
      break; /* four bytes a sample, one is there */
    case 7:
      image->data = NULL;
      break;
    case 8:
      image->size = 0;
      break;
    case 9:
      image->kind = 7;
      break;
    case 10:
      image->struct_size = 16;
      break;
    case 11:
      image->kind = PICTOR_IMAGE_ENCODED, image->media_type = "text/html";
      break;
  }
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)requests, (void)count, (void)error;
  int taken = 0;
  for (int which = 0; which < LIES; ++which) {
    pictor_image image = gray_image();
    lie(&image, which);
    taken += hand_over(job, 0, 0, &image) != PICTOR_INVALID_ARGUMENT;
  }
  const pictor_image image = gray_image();
  taken += hand_over(job, 0, requests[0]->image_count, &image) != PICTOR_INVALID_ARGUMENT;
  taken += hand_over(job, count, 0, &image) != PICTOR_INVALID_ARGUMENT;
  taken += hand_over(job, 0, 0, &image) != PICTOR_OK;
  taken += hand_over(job, 0, 0, &image) != PICTOR_INVALID_ARGUMENT; /* a second time */
  const pictor_error why = reason(PICTOR_INTERNAL, "the host answered a lie wrongly");
  if (taken != 0 || released != 0) {
    host->job_fail(host, job, 0, &why);
  } else {
    host->job_done(host, job, 0);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "lies-about-size"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
