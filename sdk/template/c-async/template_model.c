#include "template_model.h"

#include <pthread.h>
#include <stdlib.h>

/* One request that waits for its turn; the host keeps what it points to until its end. */
typedef struct waiting {
  struct waiting *next;
  const pictor_request *request;
  pictor_job job;
  uint32_t index;
} waiting;

typedef struct {
  pthread_t thread;
  pthread_mutex_t mutex; /* of what follows */
  pthread_cond_t more;
  waiting *first, **last;
  int loaded, ending;
} queue;

void *template_new(void) {
  queue *const made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->more, NULL);
  made->last = &made->first;
  return made;
}

void template_free(void *state) {
  queue *const self = state;
  pthread_cond_destroy(&self->more);
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

/* The next request; NULL when there is none and none will come. */
static waiting *take(queue *self) {
  pthread_mutex_lock(&self->mutex);
  while (self->first == NULL && !self->ending) pthread_cond_wait(&self->more, &self->mutex);
  waiting *const next = self->first;
  if (next != NULL) {
    self->first = next->next;
    if (self->first == NULL) self->last = &self->first;
  }
  pthread_mutex_unlock(&self->mutex);
  return next;
}

/* No lock is held while the host is called. */
static void *work(void *state) {
  for (waiting *next = take(state); next != NULL; next = take(state)) {
    template_answer(next->request, next->job, next->index);
    free(next);
  }
  return NULL;
}

pictor_status template_load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  queue *const self = model->plugin_data;
  if (self->loaded) return PICTOR_OK;
  self->ending = 0;
  if (pthread_create(&self->thread, NULL, work, self) != 0) {
    const pictor_error why = template_reason(PICTOR_RESOURCE_EXHAUSTED, "there is no thread left");
    template_host->set_error(template_host, error, &why);
    return PICTOR_RESOURCE_EXHAUSTED;
  }
  self->loaded = 1;
  template_host->job_progress(template_host, job, 0, 1.0, 0, 0, "ready");
  return PICTOR_OK;
}

/* Called when no request is left. */
pictor_status template_unload(pictor_model *model) {
  queue *const self = model->plugin_data;
  if (!self->loaded) return PICTOR_OK;
  pthread_mutex_lock(&self->mutex);
  self->ending = 1;
  pthread_cond_signal(&self->more);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL);
  self->loaded = 0;
  return PICTOR_OK;
}

static void add(queue *self, waiting *one) {
  pthread_mutex_lock(&self->mutex);
  *self->last = one;
  self->last = &one->next;
  pthread_cond_signal(&self->more);
  pthread_mutex_unlock(&self->mutex);
}

/* All of them or none: a call that fails has accepted nothing. */
pictor_status template_draw(pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error) {
  waiting *all = NULL;
  for (uint32_t i = count; i > 0; --i) {
    waiting *const one = malloc(sizeof *one);
    if (one == NULL) {
      while (all != NULL) {
        waiting *const next = all->next;
        free(all);
        all = next;
      }
      const pictor_error why = template_reason(PICTOR_RESOURCE_EXHAUSTED, "out of memory");
      template_host->set_error(template_host, error, &why);
      return PICTOR_RESOURCE_EXHAUSTED;
    }
    const waiting made = {all, requests[i - 1], job, i - 1};
    *one = made;
    all = one;
  }
  while (all != NULL) {
    waiting *const next = all->next;
    all->next = NULL;
    add(model->plugin_data, all);
    all = next;
  }
  return PICTOR_OK;
}
