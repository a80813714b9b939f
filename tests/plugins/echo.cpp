// Gives back what it was given: every request parameter as metadata of its picture, every load
// parameter too under "load.ID", the secret's length as the model's name, the checkpoint.
#include "fixture.h"

#include <deque>
#include <new>
#include <string>
#include <vector>

namespace {

pictor_param_spec declare(const char *id, pictor_type type, pictor_scope scope) {
  pictor_param_spec spec{};
  spec.struct_size = sizeof spec;
  spec.type = type;
  spec.scope = scope;
  spec.id = id;
  spec.doc = "Comes back as metadata.";
  return spec;
}

pictor_param_spec with_choices(pictor_param_spec spec) {
  static const char *const aliases[] = {"Euler a", nullptr};
  static const pictor_choice euler = {sizeof euler, 0, "euler", "Euler", aliases};
  static const pictor_choice ddim = {sizeof ddim, PICTOR_PARAM_DEPRECATED, "ddim", nullptr,
                                     nullptr};
  static const pictor_choice *const choices[] = {&euler, &ddim};
  spec.choices = choices;
  spec.choice_count = 2;
  return spec;
}

pictor_param_spec bounded(pictor_param_spec spec) {
  static const char *const aliases[] = {"steps", nullptr};
  static pictor_value thirty{};
  thirty.struct_size = sizeof thirty;
  thirty.type = PICTOR_TYPE_INT;
  thirty.i64 = 30;
  spec.flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX | PICTOR_PARAM_AFFECTS_COST;
  spec.min_value = 1;
  spec.max_value = 1000;
  spec.step = 5;
  spec.default_value = &thirty;
  spec.aliases = aliases;
  return spec;
}

const std::vector<pictor_param_spec> &specs() {
  static const std::vector<pictor_param_spec> all = {
      declare("weights", PICTOR_TYPE_PATH, PICTOR_SCOPE_LOAD),
      declare("api_key", PICTOR_TYPE_SECRET, PICTOR_SCOPE_LOAD),
      bounded(declare("num_inference_steps", PICTOR_TYPE_INT, PICTOR_SCOPE_REQUEST)),
      with_choices(declare("scheduler", PICTOR_TYPE_ENUM, PICTOR_SCOPE_REQUEST)),
      declare("fast", PICTOR_TYPE_BOOL, PICTOR_SCOPE_REQUEST),
      declare("guidance_scale", PICTOR_TYPE_FLOAT, PICTOR_SCOPE_REQUEST),
      declare("negative_prompt", PICTOR_TYPE_STRING, PICTOR_SCOPE_REQUEST),
      declare("noise_seed", PICTOR_TYPE_SEED, PICTOR_SCOPE_REQUEST),
      declare("extra_args", PICTOR_TYPE_JSON, PICTOR_SCOPE_REQUEST),
      declare("loras", PICTOR_TYPE_STRING_LIST, PICTOR_SCOPE_REQUEST),
      declare("sigmas", PICTOR_TYPE_NUMBER_LIST, PICTOR_SCOPE_REQUEST),
      declare("image", PICTOR_TYPE_IMAGE, PICTOR_SCOPE_REQUEST),
      declare("images", PICTOR_TYPE_IMAGE_LIST, PICTOR_SCOPE_REQUEST),
  };
  return all;
}

// One model, with the values of its `create`; the host's own are gone when that returns.
struct Instance {
  pictor_model model;
  std::deque<std::string> texts;
  std::deque<pictor_value> values;
  std::deque<pictor_kv> pairs;
  std::string secret_name;
  std::string name = "echo";
};

Instance &instance(pictor_model *model) {
  return *static_cast<Instance *>(model->plugin_data);
}

void keep(Instance &self, const pictor_kv &pair) {
  if (std::string(pair.key) == "api_key") {
    self.secret_name.assign(pair.value->str.data, pair.value->str.size);
    return;
  }
  pictor_value value = *pair.value;
  value.str = str(self.texts.emplace_back(value.str.data, value.str.size).c_str());
  const std::string &key = self.texts.emplace_back(std::string("load.") + pair.key);
  self.pairs.push_back({sizeof(pictor_kv), 0, key.c_str(), &self.values.emplace_back(value)});
}

pictor_status load(pictor_model *model, pictor_job, pictor_error_sink error) noexcept {
  Instance &self = instance(model);
  if (self.secret_name.empty()) return PICTOR_OK;
  const auto use = [](void *name, const char *, uint64_t size) noexcept {
    *static_cast<std::string *>(name) = "a secret of " + std::to_string(size) + " bytes";
  };
  if (host->secret_read(host, self.secret_name.c_str(), use, &self.name) == PICTOR_OK) {
    return PICTOR_OK;
  }
  const pictor_error why = reason(PICTOR_UNAUTHENTICATED, "the key is not there");
  host->set_error(host, error, &why);
  return PICTOR_UNAUTHENTICATED;
}

const char *model_name(pictor_model *model) noexcept {
  return instance(model).name.c_str();
}

// An image comes back as its size, a list of them as their sizes: images are no metadata.
pictor_value as_metadata(const pictor_value &value, std::deque<std::vector<double>> &sizes) {
  if (value.type != PICTOR_TYPE_IMAGE && value.type != PICTOR_TYPE_IMAGE_LIST) return value;
  pictor_value echo{};
  echo.struct_size = sizeof echo;
  if (value.type == PICTOR_TYPE_IMAGE) {
    echo.type = PICTOR_TYPE_INT;
    echo.i64 = static_cast<int64_t>(value.bytes.size);
    return echo;
  }
  std::vector<double> &all = sizes.emplace_back();
  for (uint64_t i = 0; i < value.item_count; ++i) {
    all.push_back(static_cast<double>(value.items[i]->bytes.size));
  }
  echo.type = PICTOR_TYPE_NUMBER_LIST;
  echo.numbers = all.data();
  echo.number_count = all.size();
  return echo;
}

void draw(const Instance &self, const pictor_request &request, pictor_job job, uint32_t index) {
  std::deque<std::vector<double>> sizes;
  std::deque<pictor_value> values;
  std::deque<pictor_kv> pairs;
  std::vector<const pictor_kv *> extra;
  for (uint64_t i = 0; i < request.param_count; ++i) {
    values.push_back(as_metadata(*request.params[i]->value, sizes));
    const bool list = request.params[i]->value->type == PICTOR_TYPE_IMAGE_LIST;
    const char *key = list ? "image_sizes" : request.params[i]->key;
    pairs.push_back({sizeof(pictor_kv), 0, key, &values.back()});
    extra.push_back(&pairs.back());
  }
  for (const pictor_kv &pair : self.pairs) extra.push_back(&pair);
  for (uint32_t k = 0; k < request.image_count; ++k) {
    const pictor_image image = gray_image();
    pictor_image_meta meta{};
    meta.struct_size = sizeof meta;
    meta.image_index = k;
    meta.flags = PICTOR_META_HAS_SEED | PICTOR_META_HAS_COST;
    memcpy(meta.cost_currency, "EUR", 4);
    meta.cost_micros = 1234;
    meta.seed = request.seeds[k];
    meta.revised_prompt = request.prompt;
    meta.finish_reason = request.checkpoint;
    meta.extra = extra.data();
    meta.extra_count = extra.size();
    host->job_image(host, job, index, &image, &meta);
  }
  host->job_checkpoint(host, job, index, str("drawn"));
  host->job_done(host, job, index);
}

pictor_status generate(pictor_model *model, const pictor_request *const *requests, uint32_t count,
                       pictor_job job, pictor_error_sink) noexcept {
  for (uint32_t i = 0; i < count; ++i) {
    try {
      draw(instance(model), *requests[i], job, i);
    } catch (const std::bad_alloc &) {
      const pictor_error why = reason(PICTOR_RESOURCE_EXHAUSTED, "there is no memory");
      host->job_fail(host, job, i, &why);
    }
  }
  return PICTOR_OK;
}

pictor_status validate(pictor_model *, const pictor_request *request,
                       pictor_error_sink error) noexcept {
  if (request->prompt.size != 0) return PICTOR_OK;
  const pictor_error why = reason(PICTOR_INVALID_ARGUMENT, "a prompt is needed");
  host->set_error(host, error, &why);
  return PICTOR_INVALID_ARGUMENT;
}

void destroy(pictor_model *model) noexcept {
  delete &instance(model);
}

pictor_model *create(const pictor_plugin *self, const char *, const pictor_kv *const *values,
                     uint64_t count, pictor_error_sink error) noexcept;
bool is_ours(const char *model_id) {
  return strcmp(model_id, "only") == 0;
}
uint32_t param_count(const pictor_plugin *, const char *model_id) noexcept {
  return is_ours(model_id) ? static_cast<uint32_t>(specs().size()) : 0;
}
const pictor_param_spec *param_spec(const pictor_plugin *, const char *model_id,
                                    uint32_t index) noexcept {
  return is_ours(model_id) && index < specs().size() ? &specs()[index] : nullptr;
}

}  // namespace

#define FIXTURE_ID "echo"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE generate
#define FIXTURE_MODEL_NAME model_name
#define FIXTURE_VALIDATE validate
#define FIXTURE_CREATE create
#define FIXTURE_PARAM_COUNT param_count
#define FIXTURE_PARAM_SPEC param_spec
#include "fixture_tables.h"

namespace {

pictor_model *create(const pictor_plugin *self, const char *model_id,
                     const pictor_kv *const *values, uint64_t count,
                     pictor_error_sink error) noexcept {
  if (!is_ours(model_id)) return create_default(self, model_id, values, count, error);
  auto *made = new Instance{};
  made->model = fixture_model;
  for (uint64_t i = 0; i < count; ++i) keep(*made, *values[i]);
  made->model.plugin_data = made;
  made->model.destroy = destroy;
  if (made->secret_name != "FORBIDDEN") return &made->model;
  delete made;
  const pictor_error why = reason(PICTOR_INVALID_ARGUMENT, "this key is forbidden");
  host->set_error(host, error, &why);
  return nullptr;
}

}  // namespace
