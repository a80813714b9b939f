#include "pictures/codecs.hpp"

#include <webp/decode.h>

namespace pictor::diffusion {

at::Tensor decode_webp(std::string_view bytes) {
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    throw BadPicture{"is a damaged WebP"};
  }
  if (features.has_animation != 0) throw BadPicture{"is an animated WebP; take one frame of it"};
  at::Tensor picture =
      empty_picture(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height));
  const auto size = static_cast<size_t>(picture.numel());
  if (WebPDecodeRGBInto(data, bytes.size(), picture.data_ptr<uint8_t>(), size,
                        static_cast<int>(picture.stride(0))) == nullptr) {
    throw BadPicture{"is a damaged WebP"};
  }
  return picture;
}

}  // namespace pictor::diffusion
