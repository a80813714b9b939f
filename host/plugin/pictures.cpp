#include "plugin/pictures.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace pictor::host {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr std::uint32_t max_side = 65536;
constexpr std::uint64_t max_encoded = 1ull << 30;
constexpr std::uint64_t max_extra = 256;
constexpr std::size_t max_note = 256;
constexpr std::size_t max_prompt = 64 << 10;
constexpr std::array<std::string_view, 3> media_types = {"image/png", "image/jpeg", "image/webp"};

std::uint32_t bytes_per_sample(pictor_pixel_type type) {
  return type == PICTOR_PIXEL_F32 ? sizeof(float) : 1;
}

// Bytes from the first sample to the end of the last; its terms are up to 2^80.
uint128 extent(const pictor_image &image) {
  return uint128(image.height - 1) * image.stride_y + uint128(image.width - 1) * image.stride_x +
         uint128(image.channels - 1) * image.stride_c + bytes_per_sample(image.pixel_type);
}

void check_raw(const pictor_image &image) {
  if (image.width < 1 || image.width > max_side || image.height < 1 || image.height > max_side) {
    throw ContractFault(fmt::format("a raw image of {} x {} pixels; a side has 1 to {}",
                                    image.width, image.height, max_side));
  }
  if (image.channels != 1 && image.channels != 3 && image.channels != 4) {
    throw ContractFault(fmt::format("channels is {}, not 1, 3 or 4", image.channels));
  }
  if (image.pixel_type != PICTOR_PIXEL_U8 && image.pixel_type != PICTOR_PIXEL_F32) {
    throw ContractFault(fmt::format("pixel_type is {}, neither U8 nor F32", image.pixel_type));
  }
  if (extent(image) > image.size) {
    throw ContractFault(fmt::format(
        "strides {}, {}, {} lead outside the {} bytes of a {} x {} x {} image", image.stride_y,
        image.stride_x, image.stride_c, image.size, image.height, image.width, image.channels));
  }
}

void check_encoded(const pictor_image &image) {
  if (image.size > max_encoded) {
    throw ContractFault(
        fmt::format("an encoded image of {} bytes; at most {}", image.size, max_encoded));
  }
  if (image.width > max_side || image.height > max_side) {
    throw ContractFault(fmt::format("an encoded image of {} x {} pixels; a side has at most {}",
                                    image.width, image.height, max_side));
  }
  if (image.media_type == nullptr) return;
  const std::string type = lenient_text(image.media_type, max_note);
  if (std::find(media_types.begin(), media_types.end(), type) == media_types.end()) {
    throw ContractFault(
        fmt::format("media_type '{}' is none of image/png, image/jpeg, image/webp", type));
  }
}

std::string read_currency(const char (&text)[4]) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text[3] != '\0' || !std::all_of(text, text + 3, is_letter)) {
    throw ContractFault("cost_currency is not three capital letters");
  }
  return text;
}

std::int64_t read_time(std::int64_t time, std::string_view name) {
  if (time < 0) throw ContractFault(fmt::format("{} is {}", name, time));
  return time;
}

Json read_extra(const pictor_image_meta &meta) {
  if (meta.extra_count > max_extra || (meta.extra == nullptr && meta.extra_count != 0)) {
    throw ContractFault(fmt::format("{} entries of extra at {}; at most {}", meta.extra_count,
                                    meta.extra == nullptr ? "NULL" : "an address", max_extra));
  }
  Json extra = Json::object();
  for (std::uint64_t i = 0; i < meta.extra_count; ++i) {
    const std::string where = fmt::format("extra[{}]", i);
    const pictor_kv pair = known_part(meta.extra[i], where);
    const std::string key = required_text(pair.key, where + ".key");
    if (key.size() > max_note) {
      throw ContractFault(
          fmt::format("{}.key has {} bytes, at most {}", where, key.size(), max_note));
    }
    extra[key] = read_value(pair.value, where);
  }
  return extra;
}

// The owner of borrowed pixels. It releases only once it was armed, so that a failure on the way
// leaves them with the plugin.
struct Borrowed {
  decltype(pictor_image::release) release = nullptr;
  void *release_ctx = nullptr;
  const void *data = nullptr;

  ~Borrowed() {
    if (release != nullptr) release(release_ctx, data);
  }
};

SharedBytes borrow(const pictor_image &image) {
  auto owner = std::make_shared<Borrowed>();
  owner->release_ctx = image.release_ctx;
  owner->data = image.data;
  owner->release = image.release;
  return {std::move(owner), static_cast<const std::uint8_t *>(image.data)};
}

SharedBytes copy(const void *data, std::uint64_t size) {
  auto bytes = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::memcpy(bytes.get(), data, size);
  return {bytes, bytes.get()};
}

}  // namespace

pictor_image check_image(const pictor_image *theirs) {
  const pictor_image image = known_part(theirs, "pictor_image");
  if (image.data == nullptr || image.size == 0) {
    throw ContractFault(fmt::format("an image of {} bytes at {}", image.size,
                                    image.data == nullptr ? "NULL" : "an address"));
  }
  if (image.kind == PICTOR_IMAGE_RAW) {
    check_raw(image);
  } else if (image.kind == PICTOR_IMAGE_ENCODED) {
    check_encoded(image);
  } else {
    throw ContractFault(fmt::format("kind is {}, neither ENCODED nor RAW", image.kind));
  }
  return image;
}

std::uint64_t bytes_of(const pictor_image &image) {
  return image.kind == PICTOR_IMAGE_RAW ? static_cast<std::uint64_t>(extent(image)) : image.size;
}

ReadMeta read_meta(const pictor_image_meta *theirs) {
  const pictor_image_meta meta = known_part(theirs, "pictor_image_meta");
  ReadMeta read;
  read.image_index = meta.image_index;
  read.preview = (meta.flags & PICTOR_META_PREVIEW) != 0;
  PictureMeta &known = read.meta;
  if ((meta.flags & PICTOR_META_HAS_SEED) != 0) known.seed = meta.seed;
  if ((meta.flags & PICTOR_META_HAS_COST) != 0) {
    known.cost_micros = read_time(meta.cost_micros, "cost_micros");
    known.cost_currency = read_currency(meta.cost_currency);
    known.cost_is_estimate = (meta.flags & PICTOR_META_COST_IS_ESTIMATE) != 0;
  }
  known.queue_ns = read_time(meta.queue_ns, "queue_ns");
  known.compute_ns = read_time(meta.compute_ns, "compute_ns");
  known.transfer_ns = read_time(meta.transfer_ns, "transfer_ns");
  known.finish_reason = lenient_text(meta.finish_reason, max_note, "finish_reason");
  known.revised_prompt = lenient_text(meta.revised_prompt, max_prompt, "revised_prompt");
  known.provider_request_id =
      lenient_text(meta.provider_request_id, max_note, "provider_request_id");
  known.model_version = lenient_text(meta.model_version, max_note, "model_version");
  known.extra = read_extra(meta);
  return read;
}

Picture take_picture(const pictor_image &image) {
  Picture picture;
  const bool raw = image.kind == PICTOR_IMAGE_RAW;
  picture.kind = raw ? Picture::Kind::raw : Picture::Kind::encoded;
  picture.pixel_type =
      image.pixel_type == PICTOR_PIXEL_F32 ? Picture::PixelType::f32 : Picture::PixelType::u8;
  picture.size = bytes_of(image);
  picture.width = image.width;
  picture.height = image.height;
  if (raw) {
    picture.channels = image.channels;
    picture.stride_y = image.stride_y;
    picture.stride_x = image.stride_x;
    picture.stride_c = image.stride_c;
  } else {
    picture.media_type = lenient_text(image.media_type, max_note);
  }
  // Last: nothing after it can fail.
  picture.data = image.release != nullptr ? borrow(image) : copy(image.data, picture.size);
  return picture;
}

}  // namespace pictor::host
