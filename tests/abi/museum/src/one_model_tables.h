/*
 * Second half: the table of a plugin of one model. The includer has defined MUSEUM_ID,
 * MUSEUM_LABEL, `info`, `specs` and `make_model`. Included once, hence without a guard.
 */

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self, (void)path, (void)error;
  host = table;
  return PICTOR_OK;
}

static void deinit(const pictor_plugin *self) {
  (void)self;
  host = NULL;
}

static uint32_t model_count(const pictor_plugin *self) {
  (void)self;
  return 1;
}

static const pictor_model_info *model_info(const pictor_plugin *self, uint32_t index) {
  (void)self;
  return index == 0 ? &info : NULL;
}

static uint32_t param_count(const pictor_plugin *self, const char *model_id) {
  (void)self;
  return strcmp(model_id, info.id) == 0 ? COUNT(specs) : 0;
}

static const pictor_param_spec *param_spec(const pictor_plugin *self, const char *model_id,
                                           uint32_t index) {
  return index < param_count(self, model_id) ? specs[index] : NULL;
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  (void)self;
  if (strcmp(model_id, info.id) != 0) {
    refuse(error, PICTOR_NOT_FOUND, "there is no such model", "");
    return NULL;
  }
  pictor_model *made = make_model(config, count);
  if (made == NULL) refuse(error, PICTOR_RESOURCE_EXHAUSTED, "no memory for a model", "");
  return made;
}

static const void *plugin_extension(const pictor_plugin *self, const char *id) {
  (void)self, (void)id;
  return NULL;
}

PICTOR_MANIFEST("{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"" MUSEUM_ID
                "\", \"version\": \"1.0.0\", \"label\": \"" MUSEUM_LABEL "\"}");

static const pictor_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_minor = PICTOR_ABI_MINOR,
    .id = MUSEUM_ID,
    .label = MUSEUM_LABEL,
    .vendor = "Pictor",
    .version = "1.0.0",
    .url = "https://example.org/museum",
    .sdk = "abi.h",
    .init = init,
    .deinit = deinit,
    .model_count = model_count,
    .model_info = model_info,
    .param_count = param_count,
    .param_spec = param_spec,
    .create = create,
    .get_extension = plugin_extension,
};

const pictor_plugin *pictor_plugin_v1(void) {
  return &plugin;
}
