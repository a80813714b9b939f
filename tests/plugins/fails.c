/* Fails as its prompt says: "STATUS FLAGS MESSAGE"; "refuse ..." refuses the whole job. */
#include "fixture.h"

#include <stdlib.h>

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model;
  char text[1024] = {0};
  for (uint32_t i = 0; i < count; ++i) {
    const pictor_str prompt = requests[i]->prompt;
    memcpy(text, prompt.data, prompt.size < sizeof text ? prompt.size : sizeof text - 1);
    const int refuses = strncmp(text, "refuse ", 7) == 0;
    char *rest = refuses ? text + 7 : text;
    pictor_error why = reason(PICTOR_OK, "");
    why.status = (pictor_status)strtol(rest, &rest, 10);
    why.flags = (uint32_t)strtol(rest, &rest, 10);
    why.http_status = 429;
    why.retry_after_ms = 1500;
    why.provider_code = str("code-7");
    why.provider_request_id = str("request-8");
    why.param_id = str("width");
    why.details_json = str("{\"reason\": \"because\"}");
    if (*rest != '\0') why.message = str(rest + 1);
    if (refuses) {
      host->set_error(host, error, &why);
      return why.status;
    }
    host->job_fail(host, job, i, why.status == -1 ? NULL : &why);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "fails"
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
