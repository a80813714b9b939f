/*
 * Second half: the tables. Every FIXTURE_ macro names what a fixture does itself; FIXTURE_ID and
 * one of FIXTURE_GENERATE and FIXTURE_SUBMIT are a must. Included once, hence without a guard.
 */

#ifndef FIXTURE_MANIFEST
#define FIXTURE_MANIFEST                                      \
  "{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"" FIXTURE_ID \
  "\", "                                                      \
  "\"version\": \"1.0\", \"label\": \"" FIXTURE_ID "\"}"
#endif
#ifndef FIXTURE_NO_NOTE
PICTOR_MANIFEST(FIXTURE_MANIFEST);
#endif

/* ---- The model ---- */

#ifndef FIXTURE_GENERATE
#define FIXTURE_GENERATE NULL
#define FIXTURE_MODES PICTOR_EXEC_ASYNC
#endif
#ifndef FIXTURE_SUBMIT
#define FIXTURE_SUBMIT NULL
#define FIXTURE_MODES PICTOR_EXEC_SYNC
#endif

static inline pictor_status load_default(pictor_model *model, pictor_job job,
                                         pictor_error_sink error) PICTOR_NOEXCEPT {
  (void)model, (void)job, (void)error;
  return PICTOR_OK;
}
#ifndef FIXTURE_LOAD
#define FIXTURE_LOAD load_default
#endif

static inline pictor_status unload_default(pictor_model *model) PICTOR_NOEXCEPT {
  (void)model;
  return PICTOR_OK;
}
#ifndef FIXTURE_UNLOAD
#define FIXTURE_UNLOAD unload_default
#endif

static inline const char *model_name_default(pictor_model *model) PICTOR_NOEXCEPT {
  (void)model;
  return "fixture";
}
#ifndef FIXTURE_MODEL_NAME
#define FIXTURE_MODEL_NAME model_name_default
#endif

static inline pictor_status validate_default(pictor_model *model, const pictor_request *request,
                                             pictor_error_sink error) PICTOR_NOEXCEPT {
  (void)model, (void)request, (void)error;
  return PICTOR_OK;
}
#ifndef FIXTURE_VALIDATE
#define FIXTURE_VALIDATE validate_default
#endif

static inline const void *model_extension_none(pictor_model *model,
                                               const char *id) PICTOR_NOEXCEPT {
  (void)model, (void)id;
  return NULL;
}
#ifndef FIXTURE_MODEL_EXTENSION
#define FIXTURE_MODEL_EXTENSION model_extension_none
#endif

#ifndef FIXTURE_CANCEL
#define FIXTURE_CANCEL NULL
#endif

static inline void destroy_nothing(pictor_model *model) PICTOR_NOEXCEPT {
  (void)model;
}
#ifndef FIXTURE_DESTROY
#define FIXTURE_DESTROY destroy_nothing
#endif

static pictor_model fixture_model = {
    sizeof(pictor_model),
    0,
    NULL,
    FIXTURE_LOAD,
    FIXTURE_UNLOAD,
    FIXTURE_MODEL_NAME,
    NULL,
    FIXTURE_VALIDATE,
    FIXTURE_GENERATE,
    FIXTURE_SUBMIT,
    FIXTURE_CANCEL,
    FIXTURE_MODEL_EXTENSION,
    FIXTURE_DESTROY,
};

/* ---- Metadata ---- */

static uint32_t one_model(const pictor_plugin *self) PICTOR_NOEXCEPT {
  (void)self;
  return 1;
}

#ifndef FIXTURE_FLAGS
#define FIXTURE_FLAGS 0
#endif
#ifndef FIXTURE_FEATURES
#define FIXTURE_FEATURES "text-to-image", NULL
#endif
static const pictor_model_info *only_model(const pictor_plugin *self,
                                           uint32_t index) PICTOR_NOEXCEPT {
  (void)self;
  static const char *const features[] = {FIXTURE_FEATURES};
  static pictor_model_info info = {
      sizeof(pictor_model_info), FIXTURE_FLAGS,      FIXTURE_MODES, 0, 0, 0, "only",
      "The only model",          "Made for a test.", features,
  };
#ifdef FIXTURE_MODEL_LABEL
  info.label = FIXTURE_MODEL_LABEL;
#endif
  return index == 0 ? &info : NULL;
}

static inline uint32_t param_count_default(const pictor_plugin *self,
                                           const char *model_id) PICTOR_NOEXCEPT {
  (void)self, (void)model_id;
  return 0;
}
#ifndef FIXTURE_PARAM_COUNT
#define FIXTURE_PARAM_COUNT param_count_default
#endif

static inline const pictor_param_spec *param_spec_default(const pictor_plugin *self,
                                                          const char *model_id,
                                                          uint32_t index) PICTOR_NOEXCEPT {
  (void)self, (void)model_id, (void)index;
  return NULL;
}
#ifndef FIXTURE_PARAM_SPEC
#define FIXTURE_PARAM_SPEC param_spec_default
#endif

/* ---- The plugin ---- */

static inline pictor_status init_default(const pictor_plugin *self, const pictor_host *table,
                                         const char *path,
                                         pictor_error_sink error) PICTOR_NOEXCEPT {
  (void)self, (void)path, (void)error;
  host = table;
  return PICTOR_OK;
}
#ifndef FIXTURE_INIT
#define FIXTURE_INIT init_default
#endif

static inline void deinit_default(const pictor_plugin *self) PICTOR_NOEXCEPT {
  (void)self;
}
#ifndef FIXTURE_DEINIT
#define FIXTURE_DEINIT deinit_default
#endif

static inline pictor_model *create_default(const pictor_plugin *self, const char *model_id,
                                           const pictor_kv *const *config, uint64_t count,
                                           pictor_error_sink error) PICTOR_NOEXCEPT {
  (void)self, (void)config, (void)count;
  if (strcmp(model_id, "only") == 0) return &fixture_model;
  const pictor_error why = reason(PICTOR_NOT_FOUND, "there is one model, and it is called 'only'");
  host->set_error(host, error, &why);
  return NULL;
}
#ifndef FIXTURE_CREATE
#define FIXTURE_CREATE create_default
#endif

static inline const void *extension_none(const pictor_plugin *self,
                                         const char *id) PICTOR_NOEXCEPT {
  (void)self, (void)id;
  return NULL;
}
#ifndef FIXTURE_EXTENSION
#define FIXTURE_EXTENSION extension_none
#endif

#ifndef FIXTURE_TABLE_SIZE
#define FIXTURE_TABLE_SIZE sizeof(pictor_plugin)
#endif
#ifndef FIXTURE_TABLE_ID
#define FIXTURE_TABLE_ID FIXTURE_ID
#endif
#ifndef FIXTURE_MIN_HOST
#define FIXTURE_MIN_HOST 0
#endif
#ifndef FIXTURE_ENTRY
#define FIXTURE_ENTRY pictor_plugin_v1
#endif

PICTOR_EXPORT const pictor_plugin *FIXTURE_ENTRY(void) PICTOR_NOEXCEPT {
  static const pictor_plugin plugin = {
      FIXTURE_TABLE_SIZE,
      FIXTURE_MIN_HOST,
      FIXTURE_MIN_HOST,
      0,
      NULL,
      FIXTURE_TABLE_ID,
      FIXTURE_ID,
      NULL,
      "1.0",
      NULL,
      NULL,
      FIXTURE_INIT,
      FIXTURE_DEINIT,
      one_model,
      only_model,
      FIXTURE_PARAM_COUNT,
      FIXTURE_PARAM_SPEC,
      FIXTURE_CREATE,
      FIXTURE_EXTENSION,
  };
  return &plugin;
}
