#include "denoisers/joint_transformer_block.hpp"

#include "denoisers/rotated_norm.hpp"

#include <utility>

namespace pictor::diffusion {
namespace {

constexpr double kNormEps = 1e-6;
constexpr double kLargestHalf = 65504;

constexpr int64_t kFeedForwardRatio = 4;

QueryKeyValueProjection::Shape attention_shape(const JointTransformerBlock::Shape &shape) {
  return {shape.width, shape.heads, shape.qk_norm};
}

template <class T>
const T *pointer_to(const std::optional<T> &value) {
  return value ? &*value : nullptr;
}

QueryKeyValue join(const QueryKeyValue &a, const QueryKeyValue &b) {
  return {at::cat({a.q, b.q}, 1), at::cat({a.k, b.k}, 1), at::cat({a.v, b.v}, 1)};
}

}  // namespace

QueryKeyValueProjection::QueryKeyValueProjection(const WeightScope &scope, const Names &names,
                                                 const Shape &shape)
    : to_qkv(Linear::joined(scope, {names.q, names.k, names.v}, shape.width, shape.width)),
      heads(shape.heads) {
  if (!shape.qk_norm) return;
  norm_q.emplace(scope / names.norm_q, shape.width / heads, kNormEps);
  norm_k.emplace(scope / names.norm_k, shape.width / heads, kNormEps);
}

QueryKeyValue QueryKeyValueProjection::operator()(const at::Tensor &x,
                                                  const RotaryEmbedding *rotary) const {
  const std::vector<at::Tensor> qkv = to_qkv(x).chunk(3, -1);
  return {normalize_and_rotate(qkv[0], heads, pointer_to(norm_q), rotary),
          normalize_and_rotate(qkv[1], heads, pointer_to(norm_k), rotary), qkv[2]};
}

at::Tensor attend(const QueryKeyValue &tokens, int64_t heads) {
  return attend(tokens.q, tokens.k, tokens.v, {.heads = heads});
}

FeedForward::FeedForward(const WeightScope &scope, int64_t width)
    : proj(scope / "net" / 0 / "proj", width, kFeedForwardRatio * width),
      out(scope / "net" / 2, kFeedForwardRatio * width, width) {}

at::Tensor FeedForward::operator()(const at::Tensor &x) const {
  return out(proj(x, Activation::gelu_tanh));
}

JointTransformerBlock::JointTransformerBlock(const WeightScope &scope, const Shape &shape)
    : heads_(shape.heads),
      norm1_(scope / "norm1", shape.width, shape.dual_attention ? 3 : 2),
      attn_(scope / "attn", QueryKeyValueProjection::kOwn, attention_shape(shape)),
      attn_context_(scope / "attn", QueryKeyValueProjection::kAdded, attention_shape(shape)),
      to_out_(scope / "attn" / "to_out" / 0, shape.width, shape.width),
      ff_(scope / "ff", shape.width) {
  if (shape.dual_attention) {
    attn2_.emplace(scope / "attn2", QueryKeyValueProjection::kOwn, attention_shape(shape));
    attn2_to_out_.emplace(scope / "attn2" / "to_out" / 0, shape.width, shape.width);
  }
  if (shape.context_pre_only) {
    norm1_context_pre_only_.emplace(scope / "norm1_context", shape.width);
  } else {
    norm1_context_.emplace(scope / "norm1_context", shape.width, 2);
    context_path_.emplace(
        ContextPath{Linear{scope / "attn" / "to_add_out", shape.width, shape.width},
                    FeedForward{scope / "ff_context", shape.width}});
  }
}

TokenStreams JointTransformerBlock::operator()(const TokenStreams &tokens,
                                               const at::Tensor &embedding,
                                               const RotaryEmbedding *rotary) const {
  const std::vector<Modulation> image_parts = norm1_(embedding);
  const std::vector<Modulation> text_parts =
      norm1_context_ ? (*norm1_context_)(embedding) : std::vector<Modulation>{};
  const at::Tensor text_in = norm1_context_ ? text_parts[0].apply(tokens.text)
                                            : (*norm1_context_pre_only_)(tokens.text, embedding);

  const int64_t text_tokens = tokens.text.size(1);
  std::optional<RotaryEmbedding> text_positions, image_positions;
  if (rotary) {
    text_positions = rotary->slice(0, text_tokens);
    image_positions = rotary->slice(text_tokens, text_tokens + tokens.image.size(1));
  }
  const at::Tensor joint =
      attend(join(attn_context_(text_in, pointer_to(text_positions)),
                  attn_(image_parts[0].apply(tokens.image), pointer_to(image_positions))),
             heads_);

  at::Tensor image = image_parts[0].add(tokens.image, to_out_(joint.slice(1, text_tokens)));
  if (attn2_) {
    const at::Tensor own = attend((*attn2_)(image_parts[2].apply(tokens.image), nullptr), heads_);
    image = image_parts[2].add(image, (*attn2_to_out_)(own));
  }
  image = image_parts[1].add(image, ff_(image_parts[1].apply(image)));
  if (!context_path_) return {image, {}};

  at::Tensor text =
      text_parts[0].add(tokens.text, context_path_->to_add_out(joint.slice(1, 0, text_tokens)));
  text = text_parts[1].add(text, context_path_->ff_context(text_parts[1].apply(text)));
  return {image, clamp_to_half(text)};
}

at::Tensor clamp_to_half(const at::Tensor &x) {
  return x.scalar_type() == at::kHalf ? x.clamp(-kLargestHalf, kLargestHalf) : x;
}

}  // namespace pictor::diffusion
