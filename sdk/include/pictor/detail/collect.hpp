#pragma once

// generate_outputs: a batch whose results stay in this process.

#include "pictor/model.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace pictor {
inline namespace v1 {
namespace detail {

class CollectedResults : public Results {
 public:
  CollectedResults(std::size_t requests, std::uint32_t num_generations)
      : images_(requests, std::vector<std::optional<Image>>(num_generations)), open_(requests) {}

  bool cancelled() noexcept override { return false; }
  void progress(std::uint32_t, double, std::uint32_t, std::uint32_t,
                const std::string &) noexcept override {}
  void checkpoint(std::uint32_t, std::string_view) override {}

  void image(std::uint32_t request, std::uint32_t index, const Image &image) override {
    if ((image.meta().flags & PICTOR_META_PREVIEW) != 0) return;
    const std::lock_guard lock(mutex_);
    if (index >= images_[request].size()) {
      throw Error(Status::internal,
                  "there is no picture " + std::to_string(index) + " in this request");
    }
    images_[request][index] = image;
  }
  void done(std::uint32_t) noexcept override { end(std::nullopt); }
  void fail(std::uint32_t, const Error &error) noexcept override { end(error); }

  // Waits for every request's end.
  std::vector<std::vector<Image>> take() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return open_ == 0; });
    if (error_) throw *error_;
    std::vector<std::vector<Image>> all;
    for (auto &row : images_) {
      std::vector<Image> &images = all.emplace_back();
      for (auto &image : row) {
        if (!image)
          throw Error(Status::internal, "the model ended a request without all its pictures");
        images.push_back(std::move(*image));
      }
    }
    return all;
  }

 private:
  void end(const std::optional<Error> &error) noexcept {
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = error;
    if (--open_ == 0) ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<std::vector<std::optional<Image>>> images_;
  std::size_t open_;
  std::optional<Error> error_;
};

// Calls model.generate; every request that a synchronous model leaves open is done, or has failed
// with what it threw.
inline void generate_and_finish(ImageGenerationModel &model, std::span<Request> requests) noexcept {
  try {
    model.generate(requests);
  } catch (...) {
    const Error error = current_error();
    for (Request &request : requests) request.fail(error);
  }
  for (Request &request : requests) request.done();
}

}  // namespace detail

inline void AsyncImageGenerationModel::generate(std::span<Request> requests) {
  for (Request &request : requests) {
    try {
      agenerate(std::move(request));
    } catch (...) {
      request.fail(current_error());
    }
  }
}

inline std::vector<std::vector<Image>> ImageGenerationModel::generate_outputs(
    const std::vector<std::string> &prompts, std::uint32_t num_generations,
    const Params &generation_kwargs) {
  std::vector<std::uint64_t> seeds(num_generations);
  for (std::uint32_t k = 0; k < num_generations; ++k) seeds[k] = k;
  const auto results = std::make_shared<detail::CollectedResults>(prompts.size(), num_generations);
  std::vector<pictor_request> rows(prompts.size());
  std::vector<Request> requests;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    rows[i].struct_size = sizeof rows[i];
    rows[i].image_count = num_generations;
    rows[i].seeds = seeds.data();
    rows[i].prompt = detail::view(prompts[i]);
    rows[i].timeout_ms = -1;
    requests.emplace_back(rows[i], generation_kwargs, results, static_cast<std::uint32_t>(i));
  }
  detail::generate_and_finish(*this, requests);
  return results->take();
}

}  // namespace v1
}  // namespace pictor
