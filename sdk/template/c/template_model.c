#include "template_model.h"

/* It keeps nothing from one call to the next. */
void *template_new(void) {
  static int nothing;
  return &nothing;
}

void template_free(void *state) {
  (void)state;
}

pictor_status template_load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  template_host->job_progress(template_host, job, 0, 1.0, 0, 0, "ready");
  return PICTOR_OK;
}

pictor_status template_unload(pictor_model *model) {
  (void)model;
  return PICTOR_OK;
}

pictor_status template_draw(pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) template_answer(requests[i], job, i);
  return PICTOR_OK;
}
