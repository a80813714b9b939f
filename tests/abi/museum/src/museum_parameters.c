/*
 * A parameter of every type, and what came of each in the picture's metadata: the values of a
 * request under "given.", those of `create` under "load.". An image comes back as its file.
 */
#include "one_model.h"

#define MUSEUM_ID "museum-parameters"
#define MUSEUM_LABEL "Museum: parameters"

/* ---- Parameters ---- */

static const char *const steps_aliases[] = {"steps", NULL};
static const char *const euler_aliases[] = {"Euler a", NULL};
static const pictor_choice euler = {
    .struct_size = sizeof euler, .value = "euler", .label = "Euler", .aliases = euler_aliases};
static const pictor_choice ddim = {
    .struct_size = sizeof ddim, .flags = PICTOR_PARAM_DEPRECATED, .value = "ddim"};
static const pictor_choice *const schedulers[] = {&euler, &ddim};

#define DEFAULT(type_, ...)                                                       \
  &(const pictor_value) {                                                         \
    .struct_size = sizeof(pictor_value), .type = PICTOR_TYPE_##type_, __VA_ARGS__ \
  }
#define SPEC(scope_, type_, id_, ...)                                                     \
  &(const pictor_param_spec) {                                                            \
    .struct_size = sizeof(pictor_param_spec), .scope = PICTOR_SCOPE_##scope_,             \
    .type = PICTOR_TYPE_##type_, .id = id_, .doc = "Comes back as metadata.", __VA_ARGS__ \
  }

static const double two_sigmas[] = {1, 0.5};
static const pictor_str one_lora[] = {{.data = "foxes", .size = 5}};

static const pictor_param_spec *const specs[] = {
    SPEC(LOAD, PATH, "folder", .env = "PICTOR_MUSEUM_FOLDER"),
    SPEC(LOAD, SECRET, "api_key", .flags = PICTOR_PARAM_LIMIT_KEY),
    SPEC(LOAD, STRING, "model", .flags = PICTOR_PARAM_PATH_OR_NAME | PICTOR_PARAM_ADVANCED,
         .default_value = DEFAULT(STRING, .str = {.data = "foxes", .size = 5})),
    SPEC(REQUEST, BOOL, "fast", .flags = PICTOR_PARAM_SAME_PIXELS,
         .default_value = DEFAULT(BOOL, .i64 = 1)),
    SPEC(REQUEST, INT, "num_inference_steps",
         .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX | PICTOR_PARAM_AFFECTS_COST,
         .min_value = 5, .max_value = 100, .step = 5, .aliases = steps_aliases,
         .default_value = DEFAULT(INT, .i64 = 30)),
    SPEC(REQUEST, FLOAT, "guidance_scale",
         .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_EXCLUSIVE_MIN | PICTOR_PARAM_HAS_MAX |
                  PICTOR_PARAM_EXCLUSIVE_MAX,
         .max_value = 20, .default_value = DEFAULT(FLOAT, .f64 = 7.5)),
    SPEC(REQUEST, STRING, "negative_prompt", .max_bytes = 4096),
    SPEC(REQUEST, ENUM, "scheduler", .choices = schedulers, .choice_count = COUNT(schedulers),
         .default_value = DEFAULT(ENUM, .str = {.data = "euler", .size = 5})),
    SPEC(REQUEST, SEED, "noise_seed", .label = "Seed of the noise"),
    SPEC(REQUEST, JSON, "options", .max_bytes = 4096,
         .default_value = DEFAULT(JSON, .str = {.data = "{}", .size = 2})),
    SPEC(REQUEST, STRING_LIST, "loras",
         .default_value = DEFAULT(STRING_LIST, .strings = one_lora, .string_count = 1)),
    SPEC(REQUEST, NUMBER_LIST, "sigmas", .flags = PICTOR_PARAM_HAS_MIN,
         .default_value = DEFAULT(NUMBER_LIST, .numbers = two_sigmas, .number_count = 2)),
    SPEC(REQUEST, IMAGE, "image", .max_bytes = 1 << 20),
    SPEC(REQUEST, IMAGE_LIST, "images", .max_bytes = 1 << 20),
};
#define MOST_LOAD 3
#define MOST_REQUEST 16
#define MOST_KEY 40

static const pictor_model_info info = {
    .struct_size = sizeof(pictor_model_info),
    .flags = PICTOR_MODEL_DETERMINISTIC | PICTOR_MODEL_BILLED,
    .exec_modes = PICTOR_EXEC_SYNC,
    .max_batch = 1,
    .max_concurrency = 1,
    .id = "echo",
    .label = "Echo",
    .doc = "Gives back the parameters that it was given.",
};

/* ---- The model ---- */

typedef struct {
  pictor_model model;
  char *folder, *secret, *name; /* copies; NULL: not given */
  int64_t secret_size;
} echo_model;

static echo_model *of(pictor_model *model) {
  return model->plugin_data;
}

static char *copy_of(const pictor_value *value) {
  if (value == NULL) return NULL;
  char *copy = malloc(value->str.size + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, value->str.data, value->str.size);
  copy[value->str.size] = '\0';
  return copy;
}

/* Of the secret its length is told. */
static void count_secret(void *ctx, const char *bytes, uint64_t size) {
  (void)bytes;
  *(int64_t *)ctx = (int64_t)size;
}

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  echo_model *self = of(model);
  host->job_progress(host, job, 0, 1, 0, 0, NULL);
  if (self->secret == NULL) return PICTOR_OK;
  if (host->secret_read(host, self->secret, count_secret, &self->secret_size) == PICTOR_OK)
    return PICTOR_OK;
  return refuse(error, PICTOR_UNAUTHENTICATED, "the key is not there", "api_key");
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  return PICTOR_OK;
}

static const char *model_name(pictor_model *model) {
  (void)model;
  return "echo-1";
}

static void capacity(pictor_model *model, pictor_capacity *out) {
  (void)model;
  out->flags &= ~(uint32_t)PICTOR_MODEL_BILLED;
}

static pictor_status validate(pictor_model *model, const pictor_request *request,
                              pictor_error_sink error) {
  (void)model;
  const pictor_value *steps =
      value_of(request->params, request->param_count, "num_inference_steps");
  const pictor_value *fast = value_of(request->params, request->param_count, "fast");
  if (fast->i64 == 0 || steps->i64 <= 50) return PICTOR_OK;
  return refuse(error, PICTOR_INVALID_ARGUMENT, "fast drawing takes at most 50 steps",
                "num_inference_steps");
}

/* ---- Drawing ---- */

/* A picture's metadata: pairs and what they point to. */
typedef struct {
  pictor_kv pairs[MOST_LOAD + MOST_REQUEST];
  pictor_value values[MOST_LOAD + MOST_REQUEST];
  const pictor_kv *pointers[MOST_LOAD + MOST_REQUEST];
  char keys[MOST_LOAD + MOST_REQUEST][MOST_KEY];
  double sizes[64];
  uint64_t count;
} metadata;

/* An image is no metadata, but its size is. */
static pictor_value shown(const pictor_value *value, double *sizes, uint64_t most) {
  pictor_value size = {.struct_size = sizeof size, .type = PICTOR_TYPE_INT};
  if (value->type == PICTOR_TYPE_IMAGE) {
    size.i64 = (int64_t)value->bytes.size;
    return size;
  }
  if (value->type != PICTOR_TYPE_IMAGE_LIST) return *value;
  size.type = PICTOR_TYPE_NUMBER_LIST;
  size.numbers = sizes;
  while (size.number_count < value->item_count && size.number_count < most) {
    sizes[size.number_count] = (double)value->items[size.number_count]->bytes.size;
    ++size.number_count;
  }
  return size;
}

static void add(metadata *to, const char *scope, const char *id, const pictor_value *value) {
  const uint64_t i = to->count++;
  to->keys[i][0] = '\0';
  strcat(to->keys[i], scope);
  strncat(to->keys[i], id, MOST_KEY - 1 - strlen(scope));
  to->values[i] = shown(value, to->sizes, COUNT(to->sizes));
  to->pairs[i] =
      (pictor_kv){.struct_size = sizeof(pictor_kv), .key = to->keys[i], .value = &to->values[i]};
  to->pointers[i] = &to->pairs[i];
}

static void add_text(metadata *to, const char *id, const char *text) {
  if (text == NULL) return;
  const pictor_value value = {
      .struct_size = sizeof value, .type = PICTOR_TYPE_STRING, .str = str(text)};
  add(to, "load.", id, &value);
}

static void fill(metadata *to, const echo_model *self, const pictor_request *request) {
  const pictor_value key_bytes = {
      .struct_size = sizeof key_bytes, .type = PICTOR_TYPE_INT, .i64 = self->secret_size};
  to->count = 0;
  add_text(to, "folder", self->folder);
  add_text(to, "model", self->name);
  add(to, "load.", "key_bytes", &key_bytes);
  for (uint64_t i = 0; i < request->param_count && i < MOST_REQUEST; ++i) {
    add(to, "given.", request->params[i]->key, request->params[i]->value);
  }
}

/* The file of the parameter `image`, or a pixel in the seed's gray. */
static pictor_image picture_of(const pictor_request *request, const uint8_t *gray) {
  const pictor_value *given = value_of(request->params, request->param_count, "image");
  if (given == NULL) {
    return (pictor_image){.struct_size = sizeof(pictor_image),
                          .kind = PICTOR_IMAGE_RAW,
                          .data = gray,
                          .size = 1,
                          .width = 8,
                          .height = 8,
                          .channels = 1,
                          .pixel_type = PICTOR_PIXEL_U8};
  }
  return (pictor_image){.struct_size = sizeof(pictor_image),
                        .kind = PICTOR_IMAGE_ENCODED,
                        .data = given->bytes.data,
                        .size = given->bytes.size};
}

static pictor_status answer(const echo_model *self, const pictor_request *request, pictor_job job,
                            uint32_t index) {
  metadata extra;
  fill(&extra, self, request);
  for (uint32_t k = 0; k < request->image_count; ++k) {
    const uint8_t gray = (uint8_t)request->seeds[k];
    const pictor_image image = picture_of(request, &gray);
    const pictor_image_meta meta = {.struct_size = sizeof meta,
                                    .image_index = k,
                                    .flags = PICTOR_META_HAS_COST | PICTOR_META_COST_IS_ESTIMATE,
                                    .cost_currency = "EUR",
                                    .cost_micros = 1234,
                                    .finish_reason = str("echoed"),
                                    .model_version = str("1.0"),
                                    .extra = extra.pointers,
                                    .extra_count = extra.count};
    if (host->job_image(host, job, index, &image, &meta) != PICTOR_OK) {
      return fail(job, index, PICTOR_INTERNAL, "the host refused the picture");
    }
  }
  return host->job_done(host, job, index);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)error;
  for (uint32_t i = 0; i < count; ++i) answer(of(model), requests[i], job, i);
  return PICTOR_OK;
}

static void destroy(pictor_model *model) {
  echo_model *self = of(model);
  free(self->folder);
  free(self->secret);
  free(self->name);
  free(self);
}

static pictor_model *make_model(const pictor_kv *const *config, uint64_t count) {
  echo_model *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  made->model = (pictor_model){.struct_size = sizeof made->model,
                               .plugin_data = made,
                               .load = load,
                               .unload = unload,
                               .model_name = model_name,
                               .capacity = capacity,
                               .validate = validate,
                               .generate = generate,
                               .get_extension = no_extension,
                               .destroy = destroy};
  made->folder = copy_of(value_of(config, count, "folder"));
  made->secret = copy_of(value_of(config, count, "api_key"));
  made->name = copy_of(value_of(config, count, "model"));
  return &made->model;
}

#include "one_model_tables.h"
