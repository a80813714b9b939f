/*
 * An asynchronous model: a thread of its own answers what `submit` puts into its queue. Float
 * planes, which the host copies; a checkpoint before each request and one for each batch; its own
 * limits.
 */
#include "one_model.h"

#include <pthread.h>

#define MUSEUM_ID "museum-async"
#define MUSEUM_LABEL "Museum: asynchronous"
#define SIDE 32u
#define MOST_AT_ONCE 64u

static const pictor_value full = {
    .struct_size = sizeof(pictor_value), .type = PICTOR_TYPE_FLOAT, .f64 = 1};
static const pictor_param_spec contrast = {
    .struct_size = sizeof(pictor_param_spec),
    .type = PICTOR_TYPE_FLOAT,
    .scope = PICTOR_SCOPE_REQUEST,
    .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_EXCLUSIVE_MIN | PICTOR_PARAM_HAS_MAX,
    .id = "contrast",
    .doc = "How far the noise goes from gray.",
    .default_value = &full,
    .max_value = 1,
};
static const pictor_param_spec *const specs[] = {&contrast};
static const pictor_model_info info = {
    .struct_size = sizeof(pictor_model_info),
    .flags = PICTOR_MODEL_DETERMINISTIC,
    .exec_modes = PICTOR_EXEC_ASYNC,
    .id = "noise",
    .label = "Noise",
    .doc = "The noise of its seed, answered from a thread.",
};

/* ---- The queue ---- */

typedef struct task {
  const pictor_request *request; /* valid until its end */
  pictor_job job;
  uint32_t index;
  struct task *next;
} task;

typedef struct {
  pictor_model model; /* first: the host's pointer is ours */
  pthread_mutex_t mutex;
  pthread_cond_t news;
  pthread_t thread;
  task *first, **last;
  int loaded, ending;
} noise_model;

static noise_model *of(pictor_model *model) {
  return model->plugin_data;
}

/* The next task; NULL: the model is being unloaded. */
static task *take(noise_model *self) {
  pthread_mutex_lock(&self->mutex);
  while (self->first == NULL && !self->ending) pthread_cond_wait(&self->news, &self->mutex);
  task *taken = self->first;
  if (taken != NULL) {
    self->first = taken->next;
    if (self->first == NULL) self->last = &self->first;
  }
  pthread_mutex_unlock(&self->mutex);
  return taken;
}

static void free_all(task *list) {
  while (list != NULL) {
    task *next = list->next;
    free(list);
    list = next;
  }
}

/* ---- Drawing ---- */

static pictor_status draw(const task *of_task, uint32_t k) {
  const pictor_request *request = of_task->request;
  const pictor_value *given = value_of(request->params, request->param_count, "contrast");
  float planes[3 * SIDE * SIDE];
  uint64_t state = request->seeds[k];
  for (uint32_t i = 0; i < COUNT(planes); ++i) {
    const float noise = (float)next_random(&state) / 2147483648.0f - 0.5f;
    planes[i] = 0.5f + noise * (float)given->f64;
  }
  const pictor_image image = {
      .struct_size = sizeof image,
      .kind = PICTOR_IMAGE_RAW,
      .data = planes,
      .size = sizeof planes,
      .width = SIDE,
      .height = SIDE,
      .channels = 3,
      .pixel_type = PICTOR_PIXEL_F32,
      .stride_y = SIDE * sizeof *planes,
      .stride_x = sizeof *planes,
      .stride_c = SIDE * SIDE * sizeof *planes,
  };
  const pictor_image_meta meta = {.struct_size = sizeof meta,
                                  .image_index = k,
                                  .flags = PICTOR_META_HAS_SEED,
                                  .seed = request->seeds[k],
                                  .revised_prompt = request->prompt,
                                  .provider_request_id = request->trace_id};
  return host->job_image(host, of_task->job, of_task->index, &image, &meta);
}

static pictor_status answer(const task *the_task) {
  host->job_checkpoint(host, the_task->job, the_task->index, str("drawing"));
  for (uint32_t k = 0; k < the_task->request->image_count; ++k) {
    if (host->job_cancelled(host, the_task->job)) {
      return fail(the_task->job, the_task->index, PICTOR_CANCELLED, "stopped while drawing");
    }
    const double fraction = (double)k / the_task->request->image_count;
    host->job_progress(host, the_task->job, the_task->index, fraction, 0, 0, NULL);
    const pictor_status status = draw(the_task, k);
    if (status != PICTOR_OK) {
      return fail(the_task->job, the_task->index, status, "the host refused the picture");
    }
  }
  host->job_checkpoint(host, the_task->job, the_task->index, str(""));
  return host->job_done(host, the_task->job, the_task->index);
}

static void *work(void *model) {
  noise_model *self = model;
  for (task *taken = take(self); taken != NULL; taken = take(self)) {
    answer(taken);
    free(taken);
  }
  return NULL;
}

/* ---- The model ---- */

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  noise_model *self = of(model);
  if (self->loaded) return PICTOR_OK;
  if (host->job_cancelled(host, job)) return refuse(error, PICTOR_CANCELLED, "stopped", "");
  self->ending = 0;
  if (pthread_create(&self->thread, NULL, work, self) != 0) {
    return refuse(error, PICTOR_RESOURCE_EXHAUSTED, "no thread to draw with", "");
  }
  self->loaded = 1;
  return host->job_progress(host, job, 0, -1, 0, 0, "listening");
}

static pictor_status unload(pictor_model *model) {
  noise_model *self = of(model);
  if (!self->loaded) return PICTOR_OK;
  pthread_mutex_lock(&self->mutex);
  self->ending = 1;
  pthread_cond_signal(&self->news);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL);
  self->loaded = 0;
  return PICTOR_OK;
}

static const char *model_name(pictor_model *model) {
  (void)model;
  return "noise-1";
}

static void capacity(pictor_model *model, pictor_capacity *out) {
  (void)model;
  out->max_batch = MOST_AT_ONCE;
  if (PICTOR_HAS(out, pictor_capacity, wanted_concurrency)) out->wanted_concurrency = 4;
}

/* The tasks of a batch, or NULL. */
static task *make_tasks(const pictor_request *const *requests, uint32_t count, pictor_job job) {
  task *list = NULL;
  for (uint32_t i = count; i-- > 0;) {
    task *made = malloc(sizeof *made);
    if (made == NULL) {
      free_all(list);
      return NULL;
    }
    *made = (task){.request = requests[i], .job = job, .index = i, .next = list};
    list = made;
  }
  return list;
}

/* Before they are in the queue: from then on their ends may come. */
static void note_batch(uint32_t count, pictor_job job) {
  pictor_job jobs[MOST_AT_ONCE];
  uint32_t indices[MOST_AT_ONCE];
  pictor_str states[MOST_AT_ONCE];
  for (uint32_t i = 0; i < count; ++i) {
    jobs[i] = job;
    indices[i] = i;
    states[i] = str("queued");
  }
  host->job_checkpoints(host, jobs, indices, states, count);
}

static pictor_status submit(pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error) {
  noise_model *self = of(model);
  if (count > MOST_AT_ONCE)
    return refuse(error, PICTOR_UNSUPPORTED, "at most 64 requests at once", "");
  task *tasks = make_tasks(requests, count, job);
  if (tasks == NULL) return refuse(error, PICTOR_RESOURCE_EXHAUSTED, "no memory for the queue", "");
  note_batch(count, job);
  pthread_mutex_lock(&self->mutex);
  *self->last = tasks;
  while (*self->last != NULL) self->last = &(*self->last)->next;
  pthread_cond_signal(&self->news);
  pthread_mutex_unlock(&self->mutex);
  return PICTOR_OK;
}

/* Its thread asks about each picture. */
static void cancel(pictor_model *model, pictor_job job, uint32_t request) {
  (void)model, (void)job, (void)request;
}

static void destroy(pictor_model *model) {
  noise_model *self = of(model);
  unload(model);
  pthread_cond_destroy(&self->news);
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

static pictor_model *make_model(const pictor_kv *const *config, uint64_t count) {
  (void)config, (void)count;
  noise_model *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  made->model = (pictor_model){.struct_size = sizeof made->model,
                               .plugin_data = made,
                               .load = load,
                               .unload = unload,
                               .model_name = model_name,
                               .capacity = capacity,
                               .submit = submit,
                               .cancel = cancel,
                               .get_extension = no_extension,
                               .destroy = destroy};
  made->last = &made->first;
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->news, NULL);
  return &made->model;
}

#include "one_model_tables.h"
