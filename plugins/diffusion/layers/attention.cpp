#include "layers/attention.hpp"

#include "layers/attention_avx512.hpp"
#include "layers/libtorch_version.hpp"

#if !PICTOR_FUSED_KERNELS
#include <algorithm>
#include <cmath>
#include <limits>
#endif

namespace pictor::diffusion {

#if PICTOR_FUSED_KERNELS

// The fused kernels keep scores and softmax in float32, so `upcast` asks for nothing more.
at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                  const AttentionOptions &options) {
  if (is_for_avx512_attention(q, k, v, options)) return attend_avx512(q, k, v, options);
  // [batch, tokens, heads * d] -> [batch, heads, tokens, d], a view
  const auto by_head = [&](const at::Tensor &x) {
    return x.unflatten(2, {options.heads, x.size(2) / options.heads}).transpose(1, 2);
  };
  std::optional<at::Tensor> bias;
  if (options.bias.defined()) bias = options.bias.to(q.scalar_type()).unsqueeze(0);
  const at::Tensor out = at::scaled_dot_product_attention(
      by_head(q), by_head(k), by_head(v), bias, /*dropout_p=*/0, options.causal, options.scale);
  return out.transpose(1, 2).flatten(2);
}

#else  // The same in blocks of scores.

namespace {

// Scores held at once: about what the cache of a CPU keeps; on a GPU, what keeps it busy.
constexpr int64_t kScoresOnCpu = int64_t{1} << 20;
constexpr int64_t kScoresOnGpu = int64_t{1} << 27;

// [batch, tokens, heads * d] -> [batch * heads, tokens, d]
at::Tensor split_heads(const at::Tensor &x, int64_t heads) {
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2) / heads;
  return x.reshape({batch, tokens, heads, d}).transpose(1, 2).reshape({batch * heads, tokens, d});
}

// [batch * heads, tokens, d] -> [batch, tokens, heads * d]
at::Tensor merge_heads(const at::Tensor &x, int64_t heads) {
  const int64_t batch = x.size(0) / heads, tokens = x.size(1), d = x.size(2);
  return x.view({batch, heads, tokens, d}).transpose(1, 2).reshape({batch, tokens, heads * d});
}

// Hides from each query the keys after it. scores: [heads, rows, keys]; the first row is the query
// at position `first`.
void hide_future(at::Tensor &scores, int64_t first) {
  const at::Tensor hidden =
      at::ones({scores.size(1), scores.size(2)}, scores.options().dtype(at::kBool)).triu(first + 1);
  scores.masked_fill_(hidden, -std::numeric_limits<double>::infinity());
}

// The bias of a block of scores. `first` counts heads over the whole batch.
at::Tensor bias_of(const at::Tensor &bias, int64_t first, const at::Tensor &scores,
                   int64_t first_row) {
  const at::Tensor heads =
      at::arange(first, first + scores.size(0), bias.options().dtype(at::kLong)) % bias.size(0);
  return bias.slice(1, first_row, first_row + scores.size(1)).index_select(0, heads);
}

}  // namespace

at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                  const AttentionOptions &options) {
  if (is_for_avx512_attention(q, k, v, options)) return attend_avx512(q, k, v, options);
  const double scale =
      options.scale.value_or(1.0 / std::sqrt(static_cast<double>(q.size(2) / options.heads)));
  const at::ScalarType score_dtype = options.upcast ? at::kFloat : q.scalar_type();
  const at::Tensor queries = split_heads(q.to(score_dtype) * scale, options.heads);
  const at::Tensor keys =
      split_heads(k.to(score_dtype), options.heads).transpose(1, 2);  // [heads, d, keys]
  const at::Tensor values = split_heads(v, options.heads);

  const int64_t budget = q.is_cpu() ? kScoresOnCpu : kScoresOnGpu;
  const int64_t all_heads = queries.size(0), all_rows = queries.size(1), width = keys.size(2);
  const int64_t heads = std::clamp<int64_t>(budget / (all_rows * width), 1, all_heads);
  const int64_t rows = std::clamp<int64_t>(budget / (heads * width), 1, all_rows);

  at::Tensor out = at::empty({all_heads, all_rows, values.size(2)}, values.options());
  for (int64_t head = 0; head < all_heads; head += heads) {
    const int64_t last_head = std::min(head + heads, all_heads);
    for (int64_t row = 0; row < all_rows; row += rows) {
      const int64_t last_row = std::min(row + rows, all_rows);
      const auto block = [&](const at::Tensor &x) {
        return x.slice(0, head, last_head).slice(1, row, last_row);
      };
      at::Tensor scores = at::bmm(block(queries), keys.slice(0, head, last_head));
      if (options.bias.defined()) scores += bias_of(options.bias, head, scores, row);
      if (options.causal) hide_future(scores, row);
      const at::Tensor weights = at::softmax(scores, -1).to(values.scalar_type());
      block(out).copy_(at::bmm(weights, values.slice(0, head, last_head)));
    }
  }
  return merge_heads(out, options.heads);
}

#endif

}  // namespace pictor::diffusion
