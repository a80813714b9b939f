#include "recording_host.hpp"
#include "support/catch.hpp"
#include <pictor/model.hpp>

#include <string>
#include <thread>
#include <vector>

using pictor::Error;
using pictor::Image;
using pictor::Params;
using pictor::Request;
using pictor::RuntimeParameter;
using pictor::Status;
using pictor::test::RecordingHost;

namespace {

// Does what the prompt says.
class Obedient : public pictor::ImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "obedient", .label = "Obedient", .doc = "Does what it is told."};
  }
  static std::vector<RuntimeParameter> runtime_parameters() {
    return {RuntimeParameter::string("mood").load().doc("What it is like.").default_value("calm"),
            RuntimeParameter::number("heat").doc("A number.").default_value(2).range(0, 3)};
  }
  explicit Obedient(const Params &config) {
    if (config.get<std::string>("mood") == "angry") {
      throw Error(Status::invalid_argument, "it will not be angry").parameter("mood");
    }
  }
  std::string model_name() const override { return "obedient-1"; }
  void load(pictor::Loading &loading) override { loading.progress(0.5, "half way"); }
  void validate(const Request &request) const override {
    if (request.prompt() == "impossible") throw Error(Status::unsupported, "that cannot be");
  }
  void generate(std::span<Request> requests) override {
    for (Request &request : requests) obey(request);
  }

 private:
  static void obey(Request &request) {
    if (request.prompt() == "throw") throw std::runtime_error("thrown");
    if (request.prompt() == "throw 42") throw 42;
    if (request.prompt() == "fail")
      return request.fail(Error(Status::content_rejected, "not that"));
    if (request.prompt() == "remember") request.save_checkpoint("state-1");
    if (request.cancelled()) throw Error(Status::cancelled, "stopped");
    for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
      request.image(k, Image::raw(2, 2, 1, std::vector<std::uint8_t>(4)));
    }
  }
};

// Answers each request on a thread of its own.
class Later : public pictor::AsyncImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "later", .label = "Later", .doc = "Answers later.", .max_batch = 0};
  }
  static std::vector<RuntimeParameter> runtime_parameters() { return {}; }
  explicit Later(const Params &) {}
  ~Later() override {
    for (std::thread &thread : threads_) thread.join();
  }
  std::string model_name() const override { return "later-1"; }
  void agenerate(Request &&request) override {
    if (request.prompt() == "throw") throw std::runtime_error("not even started");
    threads_.emplace_back([request = std::move(request)]() mutable {
      if (request.prompt() == "drop") return;
      request.image(0, Image::raw(1, 1, 3, std::vector<float>(3)));
      request.done();
    });
  }

 private:
  std::vector<std::thread> threads_;
};

// Keeps every request until it is told what to do.
class Keeper : public pictor::AsyncImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "keeper", .label = "Keeper", .doc = "Keeps.", .billed = true};
  }
  static std::vector<RuntimeParameter> runtime_parameters() {
    return {RuntimeParameter::boolean("many").load().doc("Many at once.").default_value(false)};
  }
  explicit Keeper(const Params &config) : many_(config.get<bool>("many", false)) {}
  pictor::ModelInfo capacity(pictor::ModelInfo info) const override {
    if (many_) info.parks = true, info.max_concurrency = 0, info.wanted_concurrency = 50000;
    info.billed = !many_;
    return info;
  }
  std::string model_name() const override { return "keeper-1"; }
  void agenerate(Request &&request) override { kept().push_back(std::move(request)); }
  void cancel() override {
    for (Request &request : kept()) {
      if (request.cancelled()) request.fail(Error(Status::cancelled, "stopped"));
    }
  }
  static std::vector<Request> &kept() {
    static std::vector<Request> all;
    return all;
  }

 private:
  bool many_;
};

using Bridge = pictor::detail::Bridge<Obedient, Later, Keeper>;

// A live model behind the C table, as a host holds it.
struct LiveModel {
  RecordingHost host;
  const pictor_plugin *plugin = Bridge::plugin("test", "1.0.0", "Test");
  pictor_model *model = nullptr;

  explicit LiveModel(const char *id, const Params &config = Params().set("mood", "calm")) {
    REQUIRE(plugin->init(plugin, &host.table, "", 1) == PICTOR_OK);
    const pictor::detail::ValueViews views(config);
    model = plugin->create(plugin, id, views.data(), views.size(), 1);
    if (model != nullptr) REQUIRE(model->load(model, 1, 1) == PICTOR_OK);
  }
  ~LiveModel() {
    if (model != nullptr) model->destroy(model);
  }

  // The events of one batch, in order, joined.
  std::string run(const std::vector<std::string> &prompts, std::uint32_t images = 1,
                  pictor_job job = 1) {
    const std::vector<std::uint64_t> seeds(images, 5);
    std::vector<pictor_request> rows(prompts.size());
    std::vector<const pictor_request *> pointers;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      rows[i] = {};
      rows[i].struct_size = sizeof rows[i];
      rows[i].image_count = images;
      rows[i].seeds = seeds.data();
      rows[i].prompt = {prompts[i].data(), prompts[i].size()};
      pointers.push_back(&rows[i]);
    }
    host.events.clear();
    const auto call = model->generate != nullptr ? model->generate : model->submit;
    const auto count = static_cast<std::uint32_t>(rows.size());
    CHECK(call(model, pointers.data(), count, job, 1) == PICTOR_OK);
    std::string all;
    for (const std::string &event : host.events) all += (all.empty() ? "" : " | ") + event;
    return all;
  }
};

}  // namespace

TEST_CASE("every request of a synchronous model ends once, whatever the model does") {
  LiveModel live("obedient");
  CHECK(live.run({"a fox"}, 2) == "image 0/0 2x2 | image 0/1 2x2 | done 0");
  CHECK(live.run({"fail", "a fox"}) == "fail 0: not that | image 1/0 2x2 | done 1");
  CHECK(live.run({"a fox", "throw", "an owl"}) ==
        "image 0/0 2x2 | fail 0: thrown | fail 1: thrown | fail 2: thrown");
  CHECK(live.run({"throw 42"}) == "fail 0: the plugin threw something that is no std::exception");
  CHECK(live.run({"remember"}) == "checkpoint state-1 | image 0/0 2x2 | done 0");
  live.host.cancelled = true;
  CHECK(live.run({"a fox"}) == "fail 0: stopped");
}

TEST_CASE("a picture that the host refuses is the plugin's failure") {
  LiveModel live("obedient");
  live.host.accept_images = false;
  CHECK(live.run({"a fox"}) == "fail 0: the host refused picture 0");
}

TEST_CASE("what a constructor or validate throws reaches the host as values") {
  LiveModel angry("obedient", Params().set("mood", "angry"));
  CHECK(angry.model == nullptr);
  CHECK(angry.host.error == "2 mood: it will not be angry");

  LiveModel unknown("nobody");
  CHECK(unknown.model == nullptr);
  CHECK(unknown.host.error == "4 : there is no model 'nobody'");

  LiveModel live("obedient");
  pictor_request row{};
  row.struct_size = sizeof row;
  row.prompt = {"impossible", 10};
  CHECK(live.model->validate(live.model, &row, 1) == PICTOR_UNSUPPORTED);
  CHECK(live.host.error == "3 : that cannot be");
}

TEST_CASE("an asynchronous request ends when its owner says so, or when it is dropped") {
  LiveModel live("later");
  CHECK(live.model->generate == nullptr);
  CHECK(live.run({"throw"}) == "fail 0: not even started");
  live.run({"drop"});
  live.model->destroy(live.model);  // joins its threads
  live.model = nullptr;
  CHECK(live.host.events ==
        std::vector<std::string>{"fail 0: the plugin dropped a request without an answer"});
}

TEST_CASE("cancelling one job cancels no other") {
  LiveModel live("keeper", Params());
  live.run({"a fox", "an owl"}, 1, 7);
  live.run({"an elk"}, 1, 8);
  live.host.cancelled_jobs = {7};
  live.model->cancel(live.model, 7, PICTOR_ALL_REQUESTS);
  CHECK(live.host.events == std::vector<std::string>{"fail 0: stopped", "fail 1: stopped"});
  CHECK_FALSE(Keeper::kept()[2].cancelled());
  live.host.cancelled_jobs = {7, 8};
  live.model->cancel(live.model, PICTOR_ALL_JOBS, PICTOR_ALL_REQUESTS);
  CHECK(live.host.events.size() == 3);
  Keeper::kept().clear();
}

TEST_CASE("checkpoints of many requests go to the host together") {
  LiveModel live("keeper", Params());
  live.run({"a fox", "an owl"}, 1, 7);
  live.run({"an elk"}, 1, 8);
  std::vector<Request> &kept = Keeper::kept();
  kept[0].done();
  live.host.events.clear();
  const std::vector<Request::Checkpoint> checkpoints = {
      {&kept[0], "a"}, {&kept[1], "b"}, {&kept[2], "c"}};
  Request::save_checkpoints(checkpoints);
  CHECK(live.host.events ==
        std::vector<std::string>{"checkpoint of job 7/1: b", "checkpoint of job 8/0: c"});
  kept.clear();
}

TEST_CASE("an instance tells what its configuration makes of it") {
  const auto capacity = [](bool many) {
    LiveModel live("keeper", Params().set("many", many));
    pictor_capacity capacity{sizeof capacity, PICTOR_MODEL_BILLED, 1, 1, 0, 0};
    live.model->capacity(live.model, &capacity);
    return capacity;
  };
  CHECK(capacity(false).flags == PICTOR_MODEL_BILLED);
  CHECK(capacity(false).max_concurrency == 1);
  CHECK(capacity(true).flags == PICTOR_MODEL_PARKS);
  CHECK(capacity(true).max_concurrency == 0);
  CHECK(capacity(true).wanted_concurrency == 50000);
}

TEST_CASE("generate_outputs draws without a host") {
  const Params kwargs = Params::complete(Obedient::runtime_parameters(), PICTOR_SCOPE_REQUEST, {});
  Obedient model(Params().set("mood", "calm"));
  const auto images = model.generate_outputs({"a fox", "an owl"}, 3, kwargs);
  REQUIRE(images.size() == 2);
  CHECK(images[1].size() == 3);
  CHECK_THROWS_AS(model.generate_outputs({"fail"}, 1, kwargs), Error);

  Later later{Params()};
  CHECK(later.generate_outputs({"a fox", "an owl"}, 1)[1][0].layout().pixel_type ==
        PICTOR_PIXEL_F32);
  CHECK_THROWS_AS(later.generate_outputs({"drop"}, 1), Error);
}

TEST_CASE("declarations become specs with types, bounds and defaults") {
  const pictor_plugin *plugin = Bridge::plugin("test", "1.0.0", "Test");
  REQUIRE(plugin->param_count(plugin, "obedient") == 2);
  const pictor_param_spec *heat = plugin->param_spec(plugin, "obedient", 1);
  CHECK(std::string(heat->id) == "heat");
  CHECK(heat->default_value->type == PICTOR_TYPE_FLOAT);
  CHECK(heat->default_value->f64 == 2.0);
  CHECK((heat->flags & PICTOR_PARAM_HAS_MAX) != 0);
  CHECK(heat->max_value == 3);
  CHECK(plugin->param_spec(plugin, "obedient", 2) == nullptr);
  CHECK(plugin->model_info(plugin, 3) == nullptr);
}

TEST_CASE("a value keeps the kind it is written in") {
  CHECK(std::get<double>(RuntimeParameter::number("x").default_value(7.5).default_) == 7.5);
  CHECK(std::get<bool>(RuntimeParameter::boolean("x").default_value(true).default_));
  CHECK(std::get<std::int64_t>(RuntimeParameter::integer("x").default_value(7).default_) == 7);
  CHECK(std::get<std::string>(RuntimeParameter::string("x").default_value("seven").default_) ==
        "seven");
  CHECK(Params().set("x", 0.5).get<double>("x") == 0.5);
  CHECK(Params().set("x", false).get<bool>("x") == false);
}

TEST_CASE("Params say what is wrong with a plugin's own question") {
  const Params params = Params().set("width", 64).set("name", "fox");
  CHECK(params.get<std::uint32_t>("width") == 64);
  CHECK(params.get<std::string>("style", "plain") == "plain");
  CHECK_THROWS_WITH(params.get<double>("width"), ContainsSubstring("another type"));
  CHECK_THROWS_WITH(params.get<int>("height"), ContainsSubstring("'height' has no value"));
  CHECK_THROWS_WITH(Params::complete({}, PICTOR_SCOPE_REQUEST, params),
                    ContainsSubstring("no parameter"));
}

TEST_CASE("a secret is lent by name, and an exception from its use is the caller's") {
  RecordingHost host;
  host.secrets["KEY"] = "s3cret";
  const pictor_plugin *plugin = Bridge::plugin("test", "1.0.0", "Test");
  plugin->init(plugin, &host.table, "", 1);
  std::string seen;
  pictor::with_secret("KEY", [&](std::string_view secret) { seen = secret; });
  CHECK(seen == "s3cret");
  CHECK_THROWS_WITH(pictor::with_secret("OTHER", [](std::string_view) {}),
                    ContainsSubstring("OTHER"));
  CHECK_THROWS_WITH(
      pictor::with_secret("KEY", [](std::string_view) { throw std::runtime_error("no"); }), "no");
}
