#include "denoisers/transformer_2d.hpp"

#include "error.hpp"

#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// diffusers fixes both; the configuration's norm_eps is for the resnet blocks.
constexpr double kGroupNormEps = 1e-6;
constexpr double kLayerNormEps = 1e-5;

Linear make_projection(const WeightScope &scope, const Transformer2DModel::Shape &shape) {
  if (shape.linear_projection) return Linear{scope, shape.channels, shape.channels};
  return Linear::from_pointwise_conv(scope, shape.channels, shape.channels);
}

int64_t require_whole_heads(int64_t width, int64_t heads) {
  if (width % heads == 0) return width;
  throw Error{ErrorKind::invalid_argument,
              "the configuration divides " + std::to_string(width) + " channels into " +
                  std::to_string(heads) + " attention heads, which leaves a rest",
              "model"};
}

}  // namespace

SelfAttention::SelfAttention(const WeightScope &scope, int64_t width,
                             const AttentionOptions &the_options)
    : to_qkv(Linear::joined(scope, {"to_q", "to_k", "to_v"}, width,
                            require_whole_heads(width, the_options.heads), Bias::no)),
      to_out(scope / "to_out" / 0, width, width),
      options(the_options) {}

at::Tensor SelfAttention::operator()(const at::Tensor &x) const {
  const std::vector<at::Tensor> qkv = to_qkv(x).chunk(3, -1);
  return to_out(attend(qkv[0], qkv[1], qkv[2], options));
}

CrossAttention::CrossAttention(const WeightScope &scope, int64_t width, int64_t context_width,
                               const AttentionOptions &the_options)
    : to_q(scope / "to_q", width, require_whole_heads(width, the_options.heads), Bias::no),
      to_kv(Linear::joined(scope, {"to_k", "to_v"}, context_width, width, Bias::no)),
      to_out(scope / "to_out" / 0, width, width),
      options(the_options) {}

at::Tensor CrossAttention::operator()(const at::Tensor &x, const at::Tensor &context) const {
  const std::vector<at::Tensor> kv = to_kv(context).chunk(2, -1);
  return to_out(attend(to_q(x), kv[0], kv[1], options));
}

GegluFeedForward::GegluFeedForward(const WeightScope &scope, int64_t width)
    : GegluFeedForward(Linear::split(scope / "net" / 0 / "proj", width, 8 * width, 2),
                       Linear{scope / "net" / 2, 4 * width, width}) {}

GegluFeedForward::GegluFeedForward(const std::vector<Linear> &halves, Linear the_out)
    : value(halves.front()), gate(halves.back()), out(std::move(the_out)) {}

at::Tensor GegluFeedForward::operator()(const at::Tensor &x) const {
  return out(gate(x, Activation::gelu).mul_(value(x)));
}

BasicTransformerBlock::BasicTransformerBlock(const WeightScope &scope, int64_t width,
                                             int64_t context_width, const AttentionOptions &options)
    : norm1(scope / "norm1", width, kLayerNormEps),
      attn1(scope / "attn1", width, options),
      norm2(scope / "norm2", width, kLayerNormEps),
      attn2(scope / "attn2", width, context_width, options),
      norm3(scope / "norm3", width, kLayerNormEps),
      ff(scope / "ff", width) {}

at::Tensor BasicTransformerBlock::operator()(at::Tensor x, const at::Tensor &context) const {
  x = attn1(norm1(x)).add_(x);
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
