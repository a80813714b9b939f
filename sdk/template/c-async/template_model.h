/* What the model does between its creation and its end; the tables that the host sees are in
 * plugin.c. */
#ifndef TEMPLATE_MODEL_H
#define TEMPLATE_MODEL_H

#include <pictor/abi.h>

/* It takes requests at once and answers them on a thread of its own. */
#define TEMPLATE_EXEC_MODES PICTOR_EXEC_ASYNC
#define TEMPLATE_ENTRY submit
#define TEMPLATE_MAX_CONCURRENCY 0 /* any number */

/* The side that a request has when it names none. */
enum { TEMPLATE_SIDE = 64 };

/* The host's table, from `init` on. */
extern const pictor_host *template_host;

pictor_error template_reason(pictor_status status, const char *message);

/* NULL when there is no memory. */
void *template_new(void);
void template_free(void *state);
pictor_status template_load(pictor_model *model, pictor_job job, pictor_error_sink error);
pictor_status template_unload(pictor_model *model);
pictor_status template_draw(pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error);

/* Draws one request and ends it, exactly once. */
void template_answer(const pictor_request *request, pictor_job job, uint32_t index);

#endif
