#include "autoencoders/autoencoder_kl.hpp"
#include "autoencoders/tiles.hpp"
#include "error.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"

#include <c10/core/InferenceMode.h>

using namespace pictor;
using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

AutoencoderKL vae_of(int64_t sample_size) {
  AutoencoderConfig config = read_autoencoder_config(JsonFile{tiny_sd15() / "vae/config.json"});
  config.sample_size = sample_size;
  Weights weights{tiny_sd15() / "vae", "diffusion_pytorch_model", {}};
  return {config, weights};
}

NamedTensors reference() {
  return tensors_of(tiny_sd15().parent_path() / "tiles/tiles.safetensors");
}

}  // namespace

TEST_CASE("the vae decodes in the tiles that diffusers decodes in") {
  const c10::InferenceMode inference;
  const NamedTensors expected = reference();
  const AutoencoderKL vae = vae_of(32);
  const at::Tensor tiled = vae.decode(expected.at("latents"), true);
  REQUIRE(tiled.sizes() == expected.at("decoded").sizes());
  CHECK(relative_error(tiled, expected.at("decoded")) < kComponentTolerance);
  CHECK(relative_error(vae.decode(expected.at("latents")), expected.at("decoded")) > 0.01);
}

TEST_CASE("the vae encodes in the tiles that diffusers encodes in") {
  const c10::InferenceMode inference;
  const NamedTensors expected = reference();
  const at::Tensor &mean = expected.at("mean"), &pixels = expected.at("pixels");
  const at::Tensor no_noise = at::zeros_like(mean);
  const AutoencoderKL vae = vae_of(32);
  const at::Tensor tiled = vae.encode(pixels, no_noise, true);
  REQUIRE(tiled.sizes() == mean.sizes());
  CHECK(relative_error(tiled, mean) < kComponentTolerance);
  CHECK(relative_error(vae.encode(pixels, no_noise), mean) > 0.01);
}

TEST_CASE("what fits into one tile is not cut") {
  const c10::InferenceMode inference;
  const at::Tensor latents = at::randn({2, 4, 8, 5});
  const AutoencoderKL vae = vae_of(64);
  CHECK(vae.decode(latents, true).equal(vae.decode(latents)));
}

TEST_CASE("tiles of a network that keeps every pixel give the picture back") {
  const at::Tensor picture = at::randn({1, 2, 21, 34});
  const auto same = [](const at::Tensor &tile) { return tile.clone(); };
  const at::Tensor joined = in_tiles(picture, {8, 8}, same);
  REQUIRE(joined.sizes() == picture.sizes());
  CHECK((joined - picture).abs().max().item<float>() < 1e-5);
}

TEST_CASE("a vae whose tiles would not meet is not tiled") {
  CHECK(vae_of(128).has_tiles());
  CHECK_FALSE(vae_of(48).has_tiles());
  CHECK_NOTHROW(vae_of(32).require_tiles());
  CHECK_THROWS_WITH(vae_of(48).require_tiles(), ContainsSubstring("sample_size of 48"));
}
