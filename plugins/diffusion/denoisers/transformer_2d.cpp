#include "denoisers/transformer_2d.hpp"

#include "error.hpp"

#include <string>

namespace pictor::diffusion {
namespace {

// diffusers fixes both; the configuration's norm_eps is for the resnet blocks.
constexpr double kGroupNormEps = 1e-6;
constexpr double kLayerNormEps = 1e-5;

Linear make_projection(const WeightScope &scope, const Transformer2DModel::Shape &shape) {
  if (shape.linear_projection) return Linear{scope, shape.channels, shape.channels};
  return Linear::from_pointwise_conv(scope, shape.channels, shape.channels);
}

}  // namespace

Attention::Attention(const WeightScope &scope, int64_t query_width, int64_t context_width,
                     const AttentionOptions &the_options)
    : to_q(scope / "to_q", query_width, query_width, Bias::no),
      to_k(scope / "to_k", context_width, query_width, Bias::no),
      to_v(scope / "to_v", context_width, query_width, Bias::no),
      to_out(scope / "to_out" / 0, query_width, query_width),
      options(the_options) {
  if (query_width % options.heads != 0) {
    throw Error{ErrorKind::invalid_argument,
                "the configuration divides " + std::to_string(query_width) + " channels into " +
                    std::to_string(options.heads) + " attention heads, which leaves a rest",
                "model"};
  }
}

at::Tensor Attention::operator()(const at::Tensor &x, const at::Tensor &context) const {
  return to_out(attend(to_q(x), to_k(context), to_v(context), options));
}

GegluFeedForward::GegluFeedForward(const WeightScope &scope, int64_t width)
    : proj(scope / "net" / 0 / "proj", width, 8 * width),
      out(scope / "net" / 2, 4 * width, width) {}

at::Tensor GegluFeedForward::operator()(const at::Tensor &x) const {
  const std::vector<at::Tensor> halves = proj(x).chunk(2, -1);
  return out(at::gelu(halves[1]).mul_(halves[0]));
}

BasicTransformerBlock::BasicTransformerBlock(const WeightScope &scope, int64_t width,
                                             int64_t context_width, const AttentionOptions &options)
    : norm1(scope / "norm1", width, kLayerNormEps),
      attn1(scope / "attn1", width, width, options),
      norm2(scope / "norm2", width, kLayerNormEps),
      attn2(scope / "attn2", width, context_width, options),
      norm3(scope / "norm3", width, kLayerNormEps),
      ff(scope / "ff", width) {}

at::Tensor BasicTransformerBlock::operator()(at::Tensor x, const at::Tensor &context) const {
  const at::Tensor normed = norm1(x);
  x = attn1(normed, normed).add_(x);
  x = attn2(norm2(x), context).add_(x);
  return ff(norm3(x)).add_(x);
}

Transformer2DModel::Transformer2DModel(const WeightScope &scope, const Shape &shape)
    : norm(scope / "norm", shape.norm_groups, shape.channels, kGroupNormEps),
      proj_in(make_projection(scope / "proj_in", shape)),
      proj_out(make_projection(scope / "proj_out", shape)) {
  for (int64_t i = 0; i < shape.depth; ++i) {
    transformer_blocks.emplace_back(scope / "transformer_blocks" / static_cast<size_t>(i),
                                    shape.channels, shape.context_width, shape.attention);
  }
}

at::Tensor Transformer2DModel::operator()(const at::Tensor &x, const at::Tensor &context) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  at::Tensor h = norm(x).permute({0, 2, 3, 1}).reshape({batch, height * width, channels});
  h = proj_in(h);
  for (const BasicTransformerBlock &block : transformer_blocks) h = block(h, context);
  h = proj_out(h);
  return h.view({batch, height, width, channels}).permute({0, 3, 1, 2}).add_(x);
}

}  // namespace pictor::diffusion
