// A plugin that is made with the SDK, behind hosts of ABI 1.0 and of later minors: it reads and
// writes what 1.0 has, wherever the structs end.
#include "recording_host.hpp"
#include "support/catch.hpp"
#include "support/guarded_struct.hpp"
#include <pictor/model.hpp>

#include <deque>
#include <string>
#include <vector>

using namespace pictor::test;
using pictor::Params;
using pictor::RuntimeParameter;

namespace {

// Logs what it was given, and calls each function of the host.
class Teller : public pictor::ImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "teller", .label = "Teller", .doc = "Tells what it was given."};
  }
  static std::vector<RuntimeParameter> runtime_parameters() { return {}; }
  explicit Teller(const Params &config) : key_(config.get<std::string>("key")) {}
  std::string model_name() const override { return "teller-1"; }
  pictor::ModelInfo capacity(pictor::ModelInfo info) const override {
    info.max_batch = 3;
    info.wanted_concurrency = 5;
    return info;
  }
  void load(pictor::Loading &loading) override {
    loading.progress(0.5, "half way");
    pictor::with_secret(key_, [](std::string_view secret) { tell("a key of", secret); });
  }
  void validate(const pictor::Request &request) const override {
    tell("validate", request.prompt());
  }
  void generate(std::span<pictor::Request> requests) override {
    for (pictor::Request &request : requests) {
      tell("prompt", request.prompt());
      tell("checkpoint", request.checkpoint());
      tell("trace", request.trace_id());
      tell("timeout", std::to_string(request.timeout_ms()));
      for (const auto &[id, value] : request.generation_kwargs().values()) {
        std::visit([&id = id](const auto &held) { tell(id, text(held)); }, value);
      }
      request.progress(1, 2, "telling");
      request.save_checkpoint("told");
      const pictor::Request::Checkpoint checkpoint{&request, "told twice"};
      pictor::Request::save_checkpoints({&checkpoint, 1});
      request.image(0, pictor::Image::raw(2, 2, 1, std::vector<std::uint8_t>(4)));
    }
  }

 private:
  static void tell(std::string_view what, std::string_view text) {
    pictor::log(pictor::LogLevel::info, std::string(what).append(" ").append(text));
  }
  static std::string text(bool value) { return value ? "true" : "false"; }
  static std::string text(std::int64_t value) { return std::to_string(value); }
  static std::string text(double value) { return std::to_string(value); }
  static std::string text(const std::string &value) { return value; }
  static std::string text(const pictor::ImageInput &image) {
    return image.media_type + " of " + std::to_string(image.bytes.size());
  }
  template <class Item>
  static std::string text(const std::vector<Item> &items) {
    std::string all;
    for (const Item &item : items) all += "[" + text(item) + "]";
    return all;
  }

  std::string key_;
};

// What a host's minor makes of a struct's size.
struct Minor {
  std::uint32_t more_bytes;
  char tail;

  template <class Struct>
  std::uint32_t size_of() const {
    return sizeof(Struct) + more_bytes;
  }
};

pictor_str str(std::string_view text) {
  return {text.data(), text.size()};
}

pictor_value value_of(pictor_type type) {
  pictor_value value{};
  value.type = type;
  return value;
}

pictor_value text_of(pictor_type type, std::string_view text) {
  pictor_value value = value_of(type);
  value.str = str(text);
  return value;
}

// The parameters of a request or configuration; every pair, value and item is a struct on its own.
class GuardedParameters {
 public:
  explicit GuardedParameters(Minor minor) : minor_(minor) {}

  void add(const char *key, const pictor_value &value) {
    const pictor_kv pair{0, 0, key, keep(value)};
    pointers_.push_back(pairs_.emplace_back(pair, minor_.size_of<pictor_kv>(), minor_.tail).get());
  }
  const pictor_value *keep(const pictor_value &value) {
    return values_.emplace_back(value, minor_.size_of<pictor_value>(), minor_.tail).get();
  }
  const pictor_kv *const *data() const { return pointers_.data(); }
  std::uint64_t size() const { return pointers_.size(); }

 private:
  Minor minor_;
  std::deque<GuardedStruct<pictor_value>> values_;
  std::deque<GuardedStruct<pictor_kv>> pairs_;
  std::vector<const pictor_kv *> pointers_;
};

pictor_value picture(std::string_view bytes) {
  pictor_value value = text_of(PICTOR_TYPE_IMAGE, "image/png");
  value.bytes = str(bytes);
  return value;
}

// One of every type that a request may have.
void add_every_type(GuardedParameters &parameters) {
  static const pictor_str words[] = {str("a"), str("fox")};
  static const double numbers[] = {1, 0.5};
  static const pictor_value *items[2];
  pictor_value flag = value_of(PICTOR_TYPE_BOOL), count = value_of(PICTOR_TYPE_INT),
               seed = value_of(PICTOR_TYPE_SEED), scale = value_of(PICTOR_TYPE_FLOAT),
               names = value_of(PICTOR_TYPE_STRING_LIST),
               sigmas = value_of(PICTOR_TYPE_NUMBER_LIST),
               pictures = value_of(PICTOR_TYPE_IMAGE_LIST);
  flag.i64 = 1, count.i64 = -7, seed.i64 = 9, scale.f64 = 2.5;
  names.strings = words, names.string_count = 2;
  sigmas.numbers = numbers, sigmas.number_count = 2;
  items[0] = parameters.keep(picture("one")), items[1] = parameters.keep(picture("three"));
  pictures.items = items, pictures.item_count = 2;
  parameters.add("a_flag", flag);
  parameters.add("b_count", count);
  parameters.add("c_seed", seed);
  parameters.add("d_scale", scale);
  parameters.add("e_words", text_of(PICTOR_TYPE_STRING, "no cat"));
  parameters.add("f_kind", text_of(PICTOR_TYPE_ENUM, "euler"));
  parameters.add("g_more", text_of(PICTOR_TYPE_JSON, "{}"));
  parameters.add("h_names", names);
  parameters.add("i_sigmas", sigmas);
  parameters.add("j_picture", picture("bytes"));
  parameters.add("k_pictures", pictures);
}

pictor_request request_with(const GuardedParameters &parameters, const std::uint64_t &seed) {
  pictor_request request{};
  request.image_count = 1;
  request.seeds = &seed;
  request.prompt = str("a fox");
  request.params = parameters.data();
  request.param_count = parameters.size();
  request.checkpoint = str("where it was");
  request.trace_id = str("row 3");
  request.timeout_ms = 1000;
  return request;
}

// What a Teller tells a host of that minor in its life, a line each.
std::vector<std::string> life_behind(Minor minor) {
  RecordingHost recording;
  recording.secrets["KEY"] = "s3cret";
  const GuardedStruct<pictor_host> host(recording.table, minor.size_of<pictor_host>(), minor.tail);
  const pictor_plugin *plugin = pictor::detail::Bridge<Teller>::plugin("test", "1.0.0", "Test");
  REQUIRE(plugin->init(plugin, host.get(), "", 1) == PICTOR_OK);

  GuardedParameters config(minor), parameters(minor);
  config.add("key", text_of(PICTOR_TYPE_SECRET, "KEY"));
  add_every_type(parameters);
  pictor_model *model = plugin->create(plugin, "teller", config.data(), config.size(), 1);
  REQUIRE(model != nullptr);
  CHECK(model->load(model, 1, 1) == PICTOR_OK);

  const pictor_capacity before{};
  const GuardedStruct<pictor_capacity> capacity(before, minor.size_of<pictor_capacity>(),
                                                minor.tail);
  model->capacity(model, capacity.get());
  CHECK(capacity.get()->struct_size == minor.size_of<pictor_capacity>());
  CHECK(capacity.get()->max_batch == 3);
  CHECK(capacity.get()->wanted_concurrency == 5);

  const std::uint64_t seed = 5;
  const GuardedStruct<pictor_request> request(request_with(parameters, seed),
                                              minor.size_of<pictor_request>(), minor.tail);
  const pictor_request *const requests[] = {request.get()};
  CHECK(model->validate(model, request.get(), 1) == PICTOR_OK);
  CHECK(model->generate(model, requests, 1, 1, 1) == PICTOR_OK);
  CHECK(plugin->create(plugin, "nobody", config.data(), config.size(), 1) == nullptr);
  CHECK(recording.error == "4 : there is no model 'nobody'");
  model->destroy(model);
  return recording.events;
}

}  // namespace

TEST_CASE("a plugin lives the same life behind a host of every minor") {
  const std::vector<std::string> told = {"log test: a key of s3cret",
                                         "log test: validate a fox",
                                         "log test: prompt a fox",
                                         "log test: checkpoint where it was",
                                         "log test: trace row 3",
                                         "log test: timeout 1000",
                                         "log test: a_flag true",
                                         "log test: b_count -7",
                                         "log test: c_seed 9",
                                         "log test: d_scale 2.500000",
                                         "log test: e_words no cat",
                                         "log test: f_kind euler",
                                         "log test: g_more {}",
                                         "log test: h_names [a][fox]",
                                         "log test: i_sigmas [1.000000][0.500000]",
                                         "log test: j_picture image/png of 5",
                                         "log test: k_pictures [image/png of 3][image/png of 5]",
                                         "checkpoint told",
                                         "checkpoint of job 1/0: told twice",
                                         "image 0/0 2x2",
                                         "done 0"};
  CHECK(life_behind({0, 0}) == told);
  CHECK(life_behind({40, 0}) == told);
  CHECK(life_behind({40, '\x5a'}) == told);
}
