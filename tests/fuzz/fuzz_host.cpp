// A plugin that is out to break the host, behind the table that every plugin has. The host must
// refuse it, or go on, and keep its own promises: each request ends once, nothing comes after, what
// arrives is whole, and borrowed pixels are released once.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/log.hpp"
#include "hostile_plugin.hpp"
#include "plugin/plugin.hpp"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

using namespace pictor::host;

namespace {

std::atomic<unsigned> sink{0};

void require(bool holds) {
  if (!holds) std::abort();
}

void require_text(const std::string &text) {
  require(first_invalid_utf8(text) == std::string::npos);
}

void require_failure(const Failure &failure) {
  require_text(failure.message);
  require_text(failure.provider_code);
  require_text(failure.parameter);
  require_text(failure.details_json);
  require(!failure.message.empty());
}

// Looks at each byte of a picture, and at its samples where the strides say they are.
void read(const Picture &picture) {
  for (std::uint64_t i = 0; i < picture.size; ++i) sink += picture.data.get()[i];
  if (picture.kind != Picture::Kind::raw) return;
  const std::uint64_t last = (picture.height - 1) * picture.stride_y +
                             (picture.width - 1) * picture.stride_x +
                             (picture.channels - 1) * picture.stride_c;
  require(last < picture.size);
  sink += picture.data.get()[last];
}

class WatchedEvents : public ModelEvents {
 public:
  explicit WatchedEvents(std::size_t requests, std::uint32_t images)
      : ends_(requests), images_(images) {}

  void progress(std::uint32_t request, double fraction, std::uint32_t step, std::uint32_t steps,
                const std::string &stage) override {
    require_open(request);
    require(std::isfinite(fraction) && fraction <= 1 && step <= steps);
    require_text(stage);
  }

  void picture(std::uint32_t request, std::uint32_t index, Picture picture,
               PictureMeta meta) override {
    require_open(request);
    require(index < images_);
    read(picture);
    for (const std::string *text : {&picture.media_type, &meta.finish_reason, &meta.revised_prompt,
                                    &meta.provider_request_id, &meta.model_version}) {
      require_text(*text);
    }
    require(meta.queue_ns >= 0 && meta.compute_ns >= 0 && meta.transfer_ns >= 0);
    sink += static_cast<unsigned>(meta.extra.dump().size());
    const std::lock_guard lock(mutex_);
    require(came_.insert({request, index}).second);
    if (came_.size() % 2 == 0) kept_.push_back(std::move(picture));  // others are dropped here
  }

  std::future<void> checkpoint(std::uint32_t request, const std::string &bytes) override {
    require_open(request);
    require(bytes.size() <= 64 << 10);
    std::promise<void> stored;
    stored.set_value();
    return stored.get_future();
  }

  void ended(std::uint32_t request, std::optional<Failure> failure) override {
    require_open(request);
    ++ends_[request];
    if (failure) require_failure(*failure);
    std::size_t came = 0;
    const std::lock_guard lock(mutex_);
    for (const auto &[of, index] : came_) came += of == request ? 1 : 0;
    require(failure || came == images_);
  }

  void require_all_ended() const {
    for (const std::atomic<int> &end : ends_) require(end == 1);
  }
  void drop_pictures() {
    std::vector<Picture> last;
    const std::lock_guard lock(mutex_);
    last.swap(kept_);
  }

 private:
  void require_open(std::uint32_t request) const {
    require(request < ends_.size() && ends_[request] == 0);
  }

  std::vector<std::atomic<int>> ends_;
  const std::uint32_t images_;
  std::mutex mutex_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> came_;
  std::vector<Picture> kept_;
};

Parameters defaults(const std::vector<ParameterSpec> &specs, ParameterScope scope) {
  Parameters values;
  for (const ParameterSpec &spec : specs) {
    if (spec.scope == scope && spec.default_value) values[spec.id] = *spec.default_value;
  }
  return values;
}

void check_metadata(const Plugin &plugin) {
  for (const std::string &text :
       {plugin.id(), plugin.version(), plugin.label(), plugin.vendor(), plugin.url()}) {
    require_text(text);
  }
  require(!plugin.models().empty());
  for (const ModelInfo &info : plugin.models()) {
    require(info.sync || info.async);
    for (const ParameterSpec &spec : plugin.parameters(info.id)) {
      require_text(spec.doc);
      describe_values(spec);
      // A default is a value of the parameter, by the host's own rules.
      if (spec.default_value) sink += unsigned(spec.default_value->dump().size());
    }
  }
}

void draw(Model &model, std::size_t requests, std::uint32_t images) {
  const auto events = std::make_shared<WatchedEvents>(requests, images);
  std::vector<ModelRequest> batch(requests);
  for (ModelRequest &request : batch) {
    request.prompt = "a fox";
    request.seeds.assign(images, 7);
    request.parameters = defaults(model.parameters(), ParameterScope::request);
    if (const auto failure = model.validate(request)) require_failure(*failure);
  }
  model.generate(std::move(batch), events);
  model.cancel();
  model.drain(std::chrono::milliseconds(0));
  events->require_all_ended();
  pictor::test::end_hostile_threads();
  events->require_all_ended();
  events->drop_pictures();
}

void use_model(const std::shared_ptr<const Plugin> &plugin, const std::string &id) {
  Model model(plugin, id, defaults(plugin->parameters(id), ParameterScope::load));
  const auto failure = model.load(
      [](double fraction, const std::string &stage) {
        require(std::isfinite(fraction) && fraction <= 1);
        require_text(stage);
      },
      [] { return false; });
  if (failure) require_failure(*failure);
  require_text(model.model_name());
  if (failure) return;
  draw(model, 1, 1);
  draw(model, 3, 2);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  set_log_level(LogLevel::debug);
  set_log_printer([](std::string_view line) { require_text(std::string(line)); });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *input, std::size_t size) {
  try {
    const auto plugin =
        Plugin::from_table(pictor::test::hostile_plugin(input, size), "/hostile.so");
    check_metadata(*plugin);
    for (const ModelInfo &info : plugin->models()) {
      try {
        use_model(plugin, info.id);
      } catch (const Error &error) {
        require_text(error.what());
      }
    }
  } catch (const Error &error) {
    // Refused in words: what is wanted of a bad plugin.
    require_text(error.what());
  }
  pictor::test::end_hostile_threads();
  require(pictor::test::pixels_held() == 0);
  return 0;
}
