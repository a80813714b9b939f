#include "template_model.hpp"

#include <utility>

using P = pictor::RuntimeParameter;

pictor::ModelInfo TemplateModel::info() {
  return {.id = "template",
          .label = "Test pictures",
          .doc = "Draws a gradient whose colours follow from the prompt and the seed.",
          .max_concurrency = 0,
          .deterministic = true};
}

std::vector<pictor::RuntimeParameter> TemplateModel::runtime_parameters() {
  return {
      P::integer("width").doc("Width of the picture.").unit("px").range(1, 4096).default_value(64),
      P::integer("height")
          .doc("Height of the picture.")
          .unit("px")
          .range(1, 4096)
          .default_value(64),
  };
}

TemplateModel::TemplateModel(const pictor::Params &) {}

TemplateModel::~TemplateModel() {
  unload();
}

namespace {

// The 64-bit FNV-1a hash of the prompt, started from the seed.
std::uint64_t colour_of(std::string_view prompt, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const unsigned char c : prompt) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

pictor::Image draw(std::uint64_t colour, std::uint32_t width, std::uint32_t height) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(std::size_t{3} * width * height);
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      rgb.push_back(static_cast<std::uint8_t>(colour + 256ull * x / width));
      rgb.push_back(static_cast<std::uint8_t>((colour >> 8) + 256ull * y / height));
      rgb.push_back(static_cast<std::uint8_t>((colour >> 16) + x + y));
    }
  }
  return pictor::Image::raw(width, height, 3, std::move(rgb));
}

void answer(pictor::Request &request) {
  const auto width = request.generation_kwargs().get<std::uint32_t>("width");
  const auto height = request.generation_kwargs().get<std::uint32_t>("height");
  for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
    if (request.cancelled()) throw pictor::Error(pictor::Status::cancelled, "stopped");
    request.image(k, draw(colour_of(request.prompt(), request.seed(k)), width, height));
  }
  request.done();
}

}  // namespace

void TemplateModel::load(pictor::Loading &loading) {
  loading.progress(1, "ready");
  ending_ = false;
  thread_ = std::thread([this] { work(); });
}

// Called when no request is left.
void TemplateModel::unload() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  more_.notify_one();
  thread_.join();
}

void TemplateModel::agenerate(pictor::Request &&request) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(request));
  more_.notify_one();
}

// No lock is held while the host is called.
void TemplateModel::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    pictor::Request request = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    try {
      answer(request);
    } catch (...) {
      request.fail(pictor::current_error());
    }
  }
}
