// What a plugin hands over may be of another minor: each struct as its writer knew it, and memory
// ends where it ends.
#include "plugin/abi_read.hpp"
#include "plugin/pictures.hpp"
#include "plugin/plugin_error.hpp"
#include "plugin/plugin_table.hpp"
#include "plugin/specs.hpp"
#include "plugin/values.hpp"
#include "support/catch.hpp"
#include "support/guarded_struct.hpp"

#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <string>

using namespace pictor::host;
using namespace pictor::test;

namespace {

constexpr std::uint32_t grown_by = 40;

// `read` makes of the sample what it makes of it at the end of memory, and with what a later minor
// added; of one that is older than 1.0 it makes a fault.
template <class Struct>
void travels(const Struct &sample, const std::function<Json(const Struct *)> &read) {
  const Json known = read(&sample);
  CHECK_FALSE(known.is_null());
  CHECK(read(GuardedStruct<Struct>(sample).get()) == known);
  for (const char tail : {'\0', '\x5a'}) {
    CHECK(read(GuardedStruct<Struct>(sample, sizeof sample + grown_by, tail).get()) == known);
  }
  for (const std::uint32_t offset : field_offsets<Struct>()) {
    if (offset == 0) continue;
    INFO("cut to " << offset << " bytes");
    const GuardedStruct<Struct> cut(sample, offset);
    CHECK_THROWS_AS(read(cut.get()), ContractFault);
  }
}

pictor_str str(const char *text) {
  return {text, std::char_traits<char>::length(text)};
}

pictor_value text_value(const char *text) {
  pictor_value value{};
  value.struct_size = sizeof value;
  value.type = PICTOR_TYPE_STRING;
  value.str = str(text);
  return value;
}

const char *const aliases[] = {"steps", nullptr};

// An INT with all that a declaration may have but choices.
struct Declaration {
  pictor_value thirty{};
  pictor_param_spec spec{};

  Declaration() {
    thirty.struct_size = sizeof thirty;
    thirty.type = PICTOR_TYPE_INT;
    thirty.i64 = 30;
    spec.struct_size = sizeof spec;
    spec.type = PICTOR_TYPE_INT;
    spec.scope = PICTOR_SCOPE_REQUEST;
    spec.flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX;
    spec.id = "num_inference_steps";
    spec.label = "Steps";
    spec.doc = "How many steps to draw in.";
    spec.unit = "steps";
    spec.env = "STEPS";
    spec.default_value = &thirty;
    spec.min_value = 5;
    spec.max_value = 100;
    spec.step = 5;
    spec.aliases = aliases;
    spec.max_bytes = 77;
  }
};

Json as_json(const ParameterSpec &spec) {
  Json choices = Json::array();
  for (const ParameterChoice &choice : spec.choices) {
    choices.push_back({choice.value, choice.label, choice.aliases, choice.deprecated});
  }
  return {spec.id,      spec.label,
          spec.doc,     spec.unit,
          spec.env,     spec.default_value.value_or(Json()),
          spec.step,    spec.minimum.value_or(-1),
          spec.aliases, spec.maximum.value_or(-1),
          choices,      spec.max_bytes};
}

Json as_json(const ModelInfo &info) {
  return {info.id,        info.label,           info.doc,           info.features,     info.sync,
          info.max_batch, info.max_concurrency, info.deterministic, info.needs_network};
}

// A plugin that declares what its plugin_data points to.
struct Declared {
  const pictor_model_info *info;
  const pictor_param_spec *spec;
};

const Declared &declared_by(const pictor_plugin &plugin) {
  return *static_cast<const Declared *>(plugin.plugin_data);
}

pictor_plugin plugin_that_declares(Declared *declared) {
  pictor_plugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.plugin_data = declared;
  plugin.id = "traveller";
  plugin.label = "Traveller";
  plugin.vendor = "Pictor";
  plugin.version = "1.0.0";
  plugin.url = "https://example.org";
  plugin.sdk = "by hand";
  plugin.init = [](const pictor_plugin *, const pictor_host *, const char *,
                   pictor_error_sink) noexcept { return pictor_status{PICTOR_OK}; };
  plugin.deinit = [](const pictor_plugin *) noexcept {};
  plugin.model_count = [](const pictor_plugin *) noexcept { return 1u; };
  plugin.model_info = [](const pictor_plugin *self, uint32_t) noexcept {
    return declared_by(*self).info;
  };
  plugin.param_count = [](const pictor_plugin *, const char *) noexcept { return 1u; };
  plugin.param_spec = [](const pictor_plugin *self, const char *, uint32_t) noexcept {
    return declared_by(*self).spec;
  };
  plugin.create = [](const pictor_plugin *, const char *, const pictor_kv *const *, uint64_t,
                     pictor_error_sink) noexcept -> pictor_model * { return nullptr; };
  plugin.get_extension = [](const pictor_plugin *, const char *) noexcept -> const void * {
    return nullptr;
  };
  return plugin;
}

pictor_model_info some_info() {
  static const char *const features[] = {"text-to-image", nullptr};
  pictor_model_info info{};
  info.struct_size = sizeof info;
  info.flags = PICTOR_MODEL_DETERMINISTIC;
  info.exec_modes = PICTOR_EXEC_SYNC;
  info.max_batch = 4;
  info.max_concurrency = 2;
  info.id = "only";
  info.label = "Only";
  info.doc = "The only model.";
  info.features = features;
  return info;
}

pictor_image_meta some_meta() {
  pictor_image_meta meta{};
  meta.struct_size = sizeof meta;
  meta.image_index = 3;
  meta.flags = PICTOR_META_HAS_SEED | PICTOR_META_HAS_COST;
  std::memcpy(meta.cost_currency, "EUR", 4);
  meta.seed = 11;
  meta.cost_micros = 1234;
  meta.queue_ns = 1;
  meta.compute_ns = 2;
  meta.transfer_ns = 3;
  meta.finish_reason = str("stop");
  meta.revised_prompt = str("a red fox");
  meta.provider_request_id = str("req-1");
  meta.model_version = str("2");
  return meta;
}

Json as_json(const ReadMeta &read) {
  const PictureMeta &meta = read.meta;
  return {read.image_index,         meta.seed.value_or(0), meta.cost_micros.value_or(0),
          meta.cost_currency,       meta.queue_ns,         meta.compute_ns,
          meta.transfer_ns,         meta.finish_reason,    meta.revised_prompt,
          meta.provider_request_id, meta.model_version,    meta.extra};
}

}  // namespace

TEST_CASE("a read beyond a guarded struct ends the reader") {
  const pictor_kv pair{sizeof pair, 0, "key", nullptr};
  const GuardedStruct<pictor_kv> guarded(pair);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    const volatile char *beyond = reinterpret_cast<const char *>(guarded.get() + 1);
    _exit(*beyond);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("pictor_plugin of other minors") {
  travels<pictor_plugin>(plugin_that_declares(nullptr), [](const pictor_plugin *theirs) -> Json {
    const PluginTable table = read_plugin_table(theirs);
    CHECK(table.functions.self == theirs);
    return {table.id, table.label, table.vendor, table.version, table.url, table.sdk};
  });
}

TEST_CASE("pictor_model_info of other minors") {
  const Declaration declaration;
  travels<pictor_model_info>(some_info(), [&](const pictor_model_info *theirs) {
    Declared declared{theirs, &declaration.spec};
    const pictor_plugin plugin = plugin_that_declares(&declared);
    return as_json(read_models(read_functions(&plugin)).at(0).info);
  });
}

TEST_CASE("pictor_param_spec of other minors") {
  const pictor_model_info info = some_info();
  const Declaration declaration;
  travels<pictor_param_spec>(declaration.spec, [&](const pictor_param_spec *theirs) {
    Declared declared{&info, theirs};
    const pictor_plugin plugin = plugin_that_declares(&declared);
    return as_json(read_models(read_functions(&plugin)).at(0).parameters.at(0));
  });
}

TEST_CASE("pictor_value of other minors, on its own and as a default") {
  static const pictor_str words[] = {str("a"), str("fox")};
  static const double numbers[] = {1, 0.5};
  pictor_value list{}, sigmas{};
  list.struct_size = sizeof list;
  list.type = PICTOR_TYPE_STRING_LIST;
  list.strings = words;
  list.string_count = 2;
  sigmas.struct_size = sizeof sigmas;
  sigmas.type = PICTOR_TYPE_NUMBER_LIST;
  sigmas.numbers = numbers;
  sigmas.number_count = 2;
  for (const pictor_value &sample : {text_value("a fox"), list, sigmas}) {
    travels<pictor_value>(sample,
                          [](const pictor_value *theirs) { return read_value(theirs, "a value"); });
  }
  Declaration declaration;
  travels<pictor_value>(declaration.thirty, [&](const pictor_value *theirs) {
    declaration.spec.default_value = theirs;
    return as_json(read_spec(&declaration.spec, "a spec"));
  });
}

TEST_CASE("pictor_choice of other minors") {
  pictor_choice sample{sizeof sample, PICTOR_PARAM_DEPRECATED, "euler", "Euler", aliases};
  travels<pictor_choice>(sample, [](const pictor_choice *theirs) {
    pictor_param_spec spec = Declaration().spec;
    spec.type = PICTOR_TYPE_ENUM;
    spec.id = "sampler";
    spec.flags = 0;
    spec.step = 0;
    spec.default_value = nullptr;
    spec.choices = &theirs;
    spec.choice_count = 1;
    return as_json(read_spec(&spec, "a spec"));
  });
}

TEST_CASE("pictor_error of other minors") {
  pictor_error sample{};
  sample.struct_size = sizeof sample;
  sample.status = PICTOR_RATE_LIMITED;
  sample.flags = PICTOR_ERROR_RETRY_SAFE;
  sample.http_status = 429;
  sample.retry_after_ms = 1500;
  sample.message = str("slower");
  sample.provider_code = str("rate_limit");
  sample.provider_request_id = str("req-1");
  sample.param_id = str("width");
  sample.details_json = str("{\"limit\":5}");
  travels<pictor_error>(sample, [](const pictor_error *theirs) -> Json {
    const PluginError error = copy_error(theirs);
    return {error.status,      error.flags,         error.http_status, error.retry_after_ms,
            error.message,     error.provider_code, error.param_id,    error.provider_request_id,
            error.details_json};
  });
}

TEST_CASE("pictor_image of other minors, raw and encoded") {
  static const std::uint8_t pixels[24] = {1, 2, 3};
  pictor_image raw{};
  raw.struct_size = sizeof raw;
  raw.kind = PICTOR_IMAGE_RAW;
  raw.data = pixels;
  raw.size = sizeof pixels;
  raw.width = 4;
  raw.height = 2;
  raw.channels = 3;
  raw.pixel_type = PICTOR_PIXEL_U8;
  raw.stride_y = 12;
  raw.stride_x = 3;
  raw.stride_c = 1;
  pictor_image encoded = raw;
  encoded.kind = PICTOR_IMAGE_ENCODED;
  encoded.media_type = "image/png";
  for (const pictor_image &sample : {raw, encoded}) {
    travels<pictor_image>(sample, [](const pictor_image *theirs) -> Json {
      const Picture picture = take_picture(check_image(theirs));
      return {picture.size,     picture.width,    picture.height,    picture.channels,
              picture.stride_y, picture.stride_x, picture.media_type};
    });
  }
}

TEST_CASE("pictor_image_meta and its extra pairs of other minors") {
  travels<pictor_image_meta>(
      some_meta(), [](const pictor_image_meta *theirs) { return as_json(read_meta(theirs)); });
  const pictor_value euler = text_value("euler");
  const pictor_kv pair{sizeof pair, 0, "scheduler", &euler};
  travels<pictor_kv>(pair, [](const pictor_kv *theirs) {
    pictor_image_meta meta = some_meta();
    meta.extra = &theirs;
    meta.extra_count = 1;
    return as_json(read_meta(&meta));
  });
}

TEST_CASE("pictor_model of other minors") {
  pictor_model sample{};
  sample.struct_size = sizeof sample;
  sample.load = [](pictor_model *, pictor_job, pictor_error_sink) noexcept {
    return pictor_status{PICTOR_OK};
  };
  sample.unload = [](pictor_model *) noexcept { return pictor_status{PICTOR_OK}; };
  sample.model_name = [](pictor_model *) noexcept { return "only"; };
  sample.generate = [](pictor_model *, const pictor_request *const *, uint32_t, pictor_job,
                       pictor_error_sink) noexcept { return pictor_status{PICTOR_OK}; };
  sample.get_extension = [](pictor_model *, const char *) noexcept -> const void * {
    return nullptr;
  };
  sample.destroy = [](pictor_model *) noexcept {};
  ModelInfo info;
  info.sync = true;
  travels<pictor_model>(sample, [&](const pictor_model *theirs) -> Json {
    const pictor_model model = read_model(theirs, info);
    CHECK(model.load == sample.load);
    return model.destroy == sample.destroy && model.capacity == nullptr;
  });
}
