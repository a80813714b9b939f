#pragma once

// The host as the SDK sees it: the table from init, and results that go through it.

#include "pictor/model.hpp"

#include <deque>

namespace pictor {
inline namespace v1 {
namespace detail {

// Set by init, before any thread of the plugin exists; the table lives until the process ends.
inline const pictor_host *host = nullptr;
inline const char *plugin_id = "";

inline void set_error(pictor_error_sink sink, const Error &error) noexcept {
  const pictor_error view = error.view();
  if (host != nullptr) host->set_error(host, sink, &view);
}

// Runs `body`; what it throws goes to `sink` and becomes the status.
template <typename Body>
pictor_status guard(pictor_error_sink sink, Body body) noexcept {
  try {
    body();
    return PICTOR_OK;
  } catch (...) {
    const Error error = current_error();
    set_error(sink, error);
    return static_cast<pictor_status>(error.status());
  }
}

inline Value to_value(const pictor_value &value) {
  const auto text = [](const pictor_str &str) { return std::string(str.data, str.size); };
  switch (value.type) {
    case PICTOR_TYPE_BOOL:
      return value.i64 != 0;
    case PICTOR_TYPE_INT:
    case PICTOR_TYPE_SEED:
      return value.i64;
    case PICTOR_TYPE_FLOAT:
      return value.f64;
    case PICTOR_TYPE_NUMBER_LIST:
      return std::vector<double>(value.numbers, value.numbers + value.number_count);
    case PICTOR_TYPE_STRING_LIST: {
      std::vector<std::string> all;
      for (std::uint64_t i = 0; i < value.string_count; ++i) all.push_back(text(value.strings[i]));
      return all;
    }
    case PICTOR_TYPE_IMAGE:
      return ImageInput{text(value.bytes), text(value.str)};
    case PICTOR_TYPE_IMAGE_LIST: {
      std::vector<ImageInput> all;
      for (std::uint64_t i = 0; i < value.item_count; ++i) {
        all.push_back({text(value.items[i]->bytes), text(value.items[i]->str)});
      }
      return all;
    }
    default:
      return text(value.str);
  }
}

inline Params to_params(const pictor_kv *const *pairs, std::uint64_t count) {
  Params params;
  for (std::uint64_t i = 0; i < count; ++i) params.set(pairs[i]->key, to_value(*pairs[i]->value));
  return params;
}

// Values as the ABI wants them; valid as long as this object and the Params it was made from.
class ValueViews {
 public:
  explicit ValueViews(const Params &params) {
    for (const auto &[key, value] : params.values()) {
      pairs_.push_back({sizeof(pictor_kv), 0, key.c_str(), view(value)});
      pointers_.push_back(&pairs_.back());
    }
  }
  ValueViews(const ValueViews &) = delete;
  ValueViews &operator=(const ValueViews &) = delete;

  // One more pair: a JSON text. `key` and `json` outlive this object.
  void add_json(const std::string &key, const std::string &json) {
    pictor_value &value = values_.emplace_back();
    value.struct_size = sizeof value;
    value.type = PICTOR_TYPE_JSON;
    value.str = detail::view(json);
    pairs_.push_back({sizeof(pictor_kv), 0, key.c_str(), &value});
    pointers_.push_back(&pairs_.back());
  }
  // A single value's view, with the type that the alternative suggests.
  const pictor_value *view(const Value &value) {
    pictor_value &out = values_.emplace_back();
    out.struct_size = sizeof out;
    std::visit([&](const auto &held) { fill(out, held); }, value);
    return &out;
  }
  const pictor_kv *const *data() const { return pointers_.data(); }
  std::uint64_t size() const { return pointers_.size(); }

 private:
  void fill(pictor_value &out, bool value) { out.type = PICTOR_TYPE_BOOL, out.i64 = value; }
  void fill(pictor_value &out, std::int64_t value) { out.type = PICTOR_TYPE_INT, out.i64 = value; }
  void fill(pictor_value &out, double value) { out.type = PICTOR_TYPE_FLOAT, out.f64 = value; }
  void fill(pictor_value &out, const std::string &value) {
    out.type = PICTOR_TYPE_STRING, out.str = detail::view(value);
  }
  void fill(pictor_value &out, const std::vector<double> &value) {
    out.type = PICTOR_TYPE_NUMBER_LIST, out.numbers = value.data(), out.number_count = value.size();
  }
  void fill(pictor_value &out, const std::vector<std::string> &value) {
    std::vector<pictor_str> &texts = lists_.emplace_back();
    for (const std::string &text : value) texts.push_back(detail::view(text));
    out.type = PICTOR_TYPE_STRING_LIST, out.strings = texts.data(), out.string_count = texts.size();
  }
  void fill(pictor_value &out, const ImageInput &value) {
    out.type = PICTOR_TYPE_IMAGE, out.bytes = detail::view(value.bytes);
    out.str = detail::view(value.media_type);
  }
  void fill(pictor_value &out, const std::vector<ImageInput> &value) {
    std::vector<const pictor_value *> &items = item_lists_.emplace_back();
    for (const ImageInput &image : value) {
      pictor_value &item = values_.emplace_back();
      item.struct_size = sizeof item;
      fill(item, image);
      items.push_back(&item);
    }
    out.type = PICTOR_TYPE_IMAGE_LIST, out.items = items.data(), out.item_count = items.size();
  }

  std::deque<pictor_value> values_;
  std::deque<pictor_kv> pairs_;
  std::deque<std::vector<pictor_str>> lists_;
  std::deque<std::vector<const pictor_value *>> item_lists_;
  std::vector<const pictor_kv *> pointers_;
};

// Results that go to the host under one job.
class HostResults : public Results {
 public:
  explicit HostResults(pictor_job job) : job_(job) {}

  bool cancelled() noexcept override { return host->job_cancelled(host, job_) != 0; }
  void progress(std::uint32_t request, double fraction, std::uint32_t step, std::uint32_t steps,
                const std::string &stage) noexcept override {
    host->job_progress(host, job_, request, fraction, step, steps, stage.c_str());
  }
  void image(std::uint32_t request, std::uint32_t index, const Image &image) override {
    ValueViews extra(image.extra());
    for (const auto &[key, json] : image.json_extra()) extra.add_json(key, json);
    pictor_image_meta meta = image.meta();
    meta.image_index = index;
    meta.finish_reason = view(image.finish_reason());
    meta.revised_prompt = view(image.revised_prompt());
    meta.provider_request_id = view(image.provider_request_id());
    meta.model_version = view(image.model_version());
    meta.extra = extra.data();
    meta.extra_count = extra.size();
    pictor_image layout = image.layout();
    layout.media_type = image.media_type().empty() ? nullptr : image.media_type().c_str();
    auto owner = std::make_unique<std::shared_ptr<void>>(image.owner());
    layout.release_ctx = owner.get();
    layout.release = [](void *kept, const void *) noexcept {
      delete static_cast<std::shared_ptr<void> *>(kept);
    };
    const pictor_status status = host->job_image(host, job_, request, &layout, &meta);
    if (status == PICTOR_OK) {
      owner.release();
    } else if (status != PICTOR_STALE && status != PICTOR_CANCELLED) {
      throw Error(Status::internal, "the host refused picture " + std::to_string(index));
    }
  }
  void checkpoint(std::uint32_t request, std::string_view bytes) override {
    if (host->job_checkpoint(host, job_, request, {bytes.data(), bytes.size()}) != PICTOR_OK) {
      throw Error(Status::internal, "the host could not store the checkpoint");
    }
  }
  pictor_job job() const noexcept override { return job_; }
  void done(std::uint32_t request) noexcept override { host->job_done(host, job_, request); }
  void fail(std::uint32_t request, const Error &error) noexcept override {
    const pictor_error view = error.view();
    host->job_fail(host, job_, request, &view);
  }

 private:
  pictor_job job_;
};

}  // namespace detail

inline void Request::save_checkpoints(std::span<const Checkpoint> checkpoints) {
  std::vector<pictor_job> jobs;
  std::vector<std::uint32_t> requests;
  std::vector<pictor_str> bytes;
  for (const Checkpoint &each : checkpoints) {
    if (each.request->ended() || each.request->results_->job() == 0) continue;
    jobs.push_back(each.request->results_->job());
    requests.push_back(each.request->index_);
    bytes.push_back({each.bytes.data(), each.bytes.size()});
  }
  if (jobs.empty()) return;
  const pictor_host *host = detail::host;
  if (host->job_checkpoints(host, jobs.data(), requests.data(), bytes.data(), jobs.size()) !=
      PICTOR_OK) {
    throw Error(Status::internal, "the host could not store the checkpoints");
  }
}

inline void log(LogLevel level, std::string_view message) noexcept {
  if (detail::host == nullptr) return;
  detail::host->log(detail::host, static_cast<pictor_log_level>(level), detail::plugin_id,
                    {message.data(), message.size()});
}

template <typename Use>
void with_secret(const std::string &name, Use use) {
  struct Call {
    Use &use;
    std::exception_ptr thrown;
  } call{use, nullptr};
  const auto forward = [](void *ctx, const char *bytes, std::uint64_t size) noexcept {
    Call &the_call = *static_cast<Call *>(ctx);
    try {
      the_call.use(std::string_view(bytes, size));
    } catch (...) {
      the_call.thrown = std::current_exception();
    }
  };
  const pictor_status status =
      detail::host == nullptr
          ? PICTOR_NOT_FOUND
          : detail::host->secret_read(detail::host, name.c_str(), forward, &call);
  if (call.thrown) std::rethrow_exception(call.thrown);
  if (status != PICTOR_OK) {
    throw Error(Status::unauthenticated,
                "there is no secret '" + name + "': set the environment variable");
  }
}

}  // namespace v1
}  // namespace pictor
