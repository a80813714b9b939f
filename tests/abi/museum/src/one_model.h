/*
 * What the plugins of the museum share, first half: the host and small words. A plugin includes it,
 * writes its `info`, `specs` and `make_model`, and includes one_model_tables.h last.
 */
#ifndef PICTOR_MUSEUM_ONE_MODEL_H
#define PICTOR_MUSEUM_ONE_MODEL_H

#include <pictor/abi.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const pictor_host *host;

static inline pictor_str str(const char *text) {
  return (pictor_str){.data = text, .size = strlen(text)};
}

static inline pictor_error reason(pictor_status status, const char *message, const char *param_id) {
  return (pictor_error){.struct_size = sizeof(pictor_error),
                        .status = status,
                        .retry_after_ms = -1,
                        .message = str(message),
                        .param_id = str(param_id)};
}

/* Tells why a call fails, and is its status. */
static inline pictor_status refuse(pictor_error_sink sink, pictor_status status,
                                   const char *message, const char *param_id) {
  const pictor_error why = reason(status, message, param_id);
  host->set_error(host, sink, &why);
  return status;
}

/* Ends a request early. */
static inline pictor_status fail(pictor_job job, uint32_t request, pictor_status status,
                                 const char *message) {
  const pictor_error why = reason(status, message, "");
  return host->job_fail(host, job, request, &why);
}

/* The value of that parameter; NULL: it has none. */
static inline const pictor_value *value_of(const pictor_kv *const *pairs, uint64_t count,
                                           const char *key) {
  for (uint64_t i = 0; i < count; ++i) {
    if (strcmp(pairs[i]->key, key) == 0) return pairs[i]->value;
  }
  return NULL;
}

static inline const void *no_extension(pictor_model *model, const char *id) {
  (void)model, (void)id;
  return NULL;
}

/* The seed's own sequence of numbers. */
static inline uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

#endif
