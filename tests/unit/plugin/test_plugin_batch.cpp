#include "plugin/batch.hpp"
#include "recorded_events.hpp"
#include "support/catch.hpp"

#include <barrier>
#include <thread>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Pixels whose release reports about another request, once both of two threads are in a release.
struct Crossed {
  Batch &batch;
  std::barrier<> &both;
  std::uint32_t other;
  std::uint8_t pixel = 128;
};

void release(void *ctx, const void *) noexcept {
  auto &crossed = *static_cast<Crossed *>(ctx);
  crossed.both.arrive_and_wait();
  crossed.batch.progress(crossed.other, {});
}

pictor_status give_preview(Crossed &crossed, std::uint32_t request) {
  pictor_image image{};
  image.struct_size = sizeof image;
  image.kind = PICTOR_IMAGE_RAW;
  image.data = &crossed.pixel;
  image.size = image.width = image.height = image.channels = 1;
  image.pixel_type = PICTOR_PIXEL_U8;
  image.release = release;
  image.release_ctx = &crossed;
  pictor_image_meta meta{};
  meta.struct_size = sizeof meta;
  meta.flags = PICTOR_META_PREVIEW;
  return crossed.batch.image(request, &image, &meta);
}

}  // namespace

TEST_CASE("release may report about any request, from several threads at once") {
  const std::vector<ParameterSpec> no_parameters;
  Batch batch(no_parameters, requests(2), std::make_shared<RecordedEvents>());
  std::barrier<> both(2);
  Crossed first{batch, both, 1}, second{batch, both, 0};
  std::thread other([&] { give_preview(first, 0); });
  CHECK(give_preview(second, 1) == PICTOR_OK);
  other.join();
}
