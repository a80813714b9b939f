#pragma once

#include "pictor/abi.h"
#include "pictor/error.hpp"
#include "pictor/parameter.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pictor {
inline namespace v1 {

// A picture on its way to the host: a whole encoded file, kept to the byte, or pixels that the host
// encodes. Owns or keeps alive what it points to until the host lets go of it, from whatever
// thread.
class Image {
 public:
  // A PNG, JPEG or WebP file. `media_type` empty: the host looks.
  static Image encoded(std::vector<std::uint8_t> bytes, std::string media_type = {}) {
    auto owner = std::make_shared<std::vector<std::uint8_t>>(std::move(bytes));
    pictor_image layout{};
    layout.kind = PICTOR_IMAGE_ENCODED;
    layout.data = owner->data();
    layout.size = owner->size();
    Image image(layout, std::move(owner));
    image.media_type_ = std::move(media_type);
    return image;
  }

  // 8-bit sRGB, rows from the top, channels together: width * height * channels bytes; channels 1
  // gray, 3 RGB, 4 RGBA.
  static Image raw(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                   std::vector<std::uint8_t> pixels) {
    return packed(width, height, channels, PICTOR_PIXEL_U8, std::move(pixels));
  }
  // The same in floats, 0 black, 1 full.
  static Image raw(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                   std::vector<float> pixels) {
    return packed(width, height, channels, PICTOR_PIXEL_F32, std::move(pixels));
  }

  // Pixels that stand somewhere else, described by the ABI's own struct (its release fields are
  // ours); `owner` keeps them alive. No copy is made.
  template <typename Owner>
  static Image borrowed(const pictor_image &layout, Owner owner) {
    return Image(layout, std::make_shared<Owner>(std::move(owner)));
  }

  Image &seed(std::uint64_t value) { return flag(PICTOR_META_HAS_SEED), meta_.seed = value, *this; }
  // In millionths of the currency, e.g. 40000 and "USD" for four cents.
  Image &cost(std::int64_t micros, const std::string &currency = "USD", bool estimate = false) {
    std::memset(meta_.cost_currency, 0, sizeof meta_.cost_currency);
    std::copy_n(currency.data(), std::min<std::size_t>(currency.size(), 3), meta_.cost_currency);
    meta_.cost_micros = micros;
    if (estimate) flag(PICTOR_META_COST_IS_ESTIMATE);
    return flag(PICTOR_META_HAS_COST);
  }
  Image &times_ns(std::int64_t queue, std::int64_t compute, std::int64_t transfer) {
    return meta_.queue_ns = queue, meta_.compute_ns = compute, meta_.transfer_ns = transfer, *this;
  }
  Image &finish_reason(std::string text) { return finish_reason_ = std::move(text), *this; }
  Image &revised_prompt(std::string text) { return revised_prompt_ = std::move(text), *this; }
  Image &provider_request_id(std::string text) { return request_id_ = std::move(text), *this; }
  Image &model_version(std::string text) { return model_version_ = std::move(text), *this; }
  // A column of the dataset's metadata.
  Image &extra(std::string key, Value value) {
    return extra_.set(std::move(key), std::move(value)), *this;
  }
  // One that is more than a single value: `json` is one JSON text.
  Image &extra_json(std::string key, std::string json) {
    return json_extra_.insert_or_assign(std::move(key), std::move(json)), *this;
  }
  // Not the picture: may be shown on the way, is never stored.
  Image &preview() { return flag(PICTOR_META_PREVIEW); }

  const pictor_image &layout() const { return layout_; }
  const pictor_image_meta &meta() const { return meta_; }
  const Params &extra() const { return extra_; }
  const std::map<std::string, std::string> &json_extra() const { return json_extra_; }
  const std::string &media_type() const { return media_type_; }
  const std::string &revised_prompt() const { return revised_prompt_; }
  const std::string &finish_reason() const { return finish_reason_; }
  const std::string &provider_request_id() const { return request_id_; }
  const std::string &model_version() const { return model_version_; }
  const std::shared_ptr<void> &owner() const { return owner_; }

 private:
  Image(const pictor_image &layout, std::shared_ptr<void> owner)
      : layout_(layout), owner_(std::move(owner)) {
    layout_.struct_size = sizeof layout_;
    meta_.struct_size = sizeof meta_;
  }

  template <typename Sample>
  static Image packed(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                      pictor_pixel_type type, std::vector<Sample> pixels) {
    if (pixels.size() != std::uint64_t{width} * height * channels) {
      throw Error(Status::internal, "an image of " + std::to_string(width) + " x " +
                                        std::to_string(height) + " x " + std::to_string(channels) +
                                        " came with " + std::to_string(pixels.size()) + " samples");
    }
    auto owner = std::make_shared<std::vector<Sample>>(std::move(pixels));
    pictor_image layout{};
    layout.kind = PICTOR_IMAGE_RAW;
    layout.data = owner->data();
    layout.size = owner->size() * sizeof(Sample);
    layout.width = width;
    layout.height = height;
    layout.channels = channels;
    layout.pixel_type = type;
    layout.stride_c = sizeof(Sample);
    layout.stride_x = channels * layout.stride_c;
    layout.stride_y = width * layout.stride_x;
    return Image(layout, std::move(owner));
  }

  Image &flag(std::uint32_t bits) { return meta_.flags |= bits, *this; }

  pictor_image layout_;
  pictor_image_meta meta_{};
  std::shared_ptr<void> owner_;
  std::string media_type_, finish_reason_, revised_prompt_, request_id_, model_version_;
  Params extra_;
  std::map<std::string, std::string> json_extra_;
};

}  // namespace v1
}  // namespace pictor
