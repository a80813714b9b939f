#include "autoencoders/autoencoder_kl.hpp"
#include "autoencoders/row_stripes.hpp"
#include "layers/group_norm_cpu.hpp"
#include "layers/heap.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

constexpr double kRounding = 1e-5;  // float32: sums are added up in another order

struct Decoder {
  Decoder()
      : config(read_autoencoder_config(JsonFile{tiny_sd15() / "vae/config.json"})),
        weights(tiny_sd15() / "vae", "diffusion_pytorch_model", {}),
        scope(WeightScope{weights} / "decoder") {}

  // Of the last level. The first has a shortcut, since it narrows.
  ResnetBlock2D resnet(size_t index) {
    const auto &widths = config.block_out_channels;
    const int64_t out = widths.front(), in = index == 0 && widths.size() > 1 ? widths[1] : out;
    return {scope / "up_blocks" / (widths.size() - 1) / "resnets" / index,
            vae_resnet_shape(config, in, out)};
  }

  AutoencoderConfig config;
  Weights weights;
  WeightScope scope;
};

at::Tensor random_map(int64_t channels, int64_t height, int64_t width) {
  return at::randn({1, channels, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor joined(const RowStripes &stripes) {
  return at::cat(stripes, 2);
}

bool has_stripes() {
  Decoder decoder;
  const ResnetBlock2D resnet = decoder.resnet(1);
  return is_for_group_norm_cpu(resnet.norm1,
                               random_map(decoder.config.block_out_channels.front(), 2, 2));
}

}  // namespace

TEST_CASE("layers give over stripes of rows what they give over the whole") {
  const c10::InferenceMode inference;
  if (!has_stripes()) return;
  at::manual_seed(1);
  const auto rows = GENERATE(1, 3, 4, 100);
  Decoder decoder;
  const ResnetBlock2D narrowing = decoder.resnet(0), keeping = decoder.resnet(1);
  const Upsample2D upsampler{decoder.scope / "up_blocks" / 0 / "upsamplers" / 0,
                             decoder.config.block_out_channels.back()};
  const GroupNorm norm{decoder.scope / "conv_norm_out", decoder.config.norm_num_groups,
                       decoder.config.block_out_channels.front(), kVaeNormEps};
  const Conv2d conv{decoder.scope / "conv_out", decoder.config.block_out_channels.front(), 3,
                    kConv3x3};
  for (const ResnetBlock2D *resnet : {&narrowing, &keeping}) {
    const at::Tensor x = random_map(resnet->norm1.weight.size(0), 10, 7);
    const at::Tensor whole = (*resnet)(x);
    CHECK(relative_error(joined(apply(*resnet, cut({x.clone()}, rows))), whole) < kRounding);
  }
  const at::Tensor deep = random_map(decoder.config.block_out_channels.back(), 10, 7);
  CHECK(relative_error(joined(upsample(upsampler, cut({deep.clone()}, rows))),
                       upsampler(deep, 20, 14)) < kRounding);
  const at::Tensor x = random_map(decoder.config.block_out_channels.front(), 10, 7);
  CHECK(relative_error(finish(norm, conv, cut({x}, rows)), conv(norm.activated(x))) < kRounding);
}

TEST_CASE("pages are given back of a part, and of nothing around it") {
  const at::Tensor whole = at::ones({1 << 18});
  release_pages(whole.slice(0, 1000, 200000));
  CHECK(whole.slice(0, 0, 1000).sum().item<double>() == 1000);
  CHECK(whole.slice(0, 200000).sum().item<double>() == (1 << 18) - 200000);
  release_pages(whole.slice(0, 1, 2));
  CHECK(whole.slice(0, 0, 1000).sum().item<double>() == 1000);
#if defined(__linux__)
  CHECK(whole[100000].item<float>() == 0);
#endif
}

TEST_CASE("single large pictures are worth stripes") {
  if (!has_stripes()) return;
  Decoder decoder;
  const ResnetBlock2D resnet = decoder.resnet(1);
  const int64_t channels = decoder.config.block_out_channels.front();
  const at::Tensor large = random_map(channels, 300, 501);
  CHECK(is_for_row_stripes(resnet, large));
  CHECK_FALSE(is_for_row_stripes(resnet, large.expand({2, -1, -1, -1})));
  CHECK_FALSE(is_for_row_stripes(resnet, random_map(channels, 60, 50)));
}

TEST_CASE("a large picture is decoded in stripes, and as a whole beside another") {
  const c10::InferenceMode inference;
  if (!has_stripes()) return;
  Decoder decoder;
  const AutoencoderKL vae{decoder.config, decoder.weights};
  const at::Tensor z = at::randn({1, decoder.config.latent_channels, 601 / decoder.config.scale(),
                                  1003 / decoder.config.scale()});
  const at::Tensor alone = vae.decode(z), beside = vae.decode(at::cat({z, z}));
  CHECK(relative_error(alone, beside.slice(0, 0, 1)) < kRounding);
}
