#pragma once

#include "output/picture.hpp"
#include <pictor/abi.h>

namespace pictor::host {

// A plugin's image with every field checked: its samples lie inside its data. Throws ContractFault.
pictor_image check_image(const pictor_image *image);
// How many of its bytes a checked image takes: up to the end of its last sample.
std::uint64_t bytes_of(const pictor_image &image);

// Whether the image is a preview, and what is known of it. Throws ContractFault.
struct ReadMeta {
  std::uint32_t image_index = 0;
  bool preview = false;
  PictureMeta meta;
};
ReadMeta read_meta(const pictor_image_meta *meta);

// Takes the pixels of a checked image: from here on the host calls `release`, once, when the last
// owner of the bytes drops them; without a `release` they are copied. Throws std::bad_alloc, and
// then the plugin still owns them.
Picture take_picture(const pictor_image &image);

}  // namespace pictor::host
