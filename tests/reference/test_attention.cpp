#include "layers/attention.hpp"
#include "layers/attention_avx512.hpp"
#include "tensor_catch.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

using namespace pictor::diffusion;

namespace {

// The definition, head by head, in double precision and with the whole score matrix.
at::Tensor by_definition(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                         const AttentionOptions &options) {
  const int64_t width = q.size(2) / options.heads;
  std::vector<at::Tensor> outputs;
  for (int64_t head = 0; head < options.heads; ++head) {
    const auto part = [&](const at::Tensor &x) {
      return x.slice(2, head * width, (head + 1) * width).to(at::kDouble);
    };
    const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
    at::Tensor scores = at::matmul(part(q), part(k).transpose(1, 2)) * scale;
    if (options.bias.defined()) scores += options.bias[head].to(at::kDouble);
    if (options.causal) {
      const at::Tensor future = at::ones({q.size(1), k.size(1)}, at::kBool).triu(1);
      scores = scores.masked_fill(future, -std::numeric_limits<double>::infinity());
    }
    outputs.push_back(at::matmul(at::softmax(scores, -1), part(v)));
  }
  return at::cat(outputs, 2);
}

// Standard normal numbers, the same in every run.
at::Tensor normal(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat);
}

// The largest difference between attend() and the definition on random inputs.
double deviation(int64_t queries, int64_t keys, const AttentionOptions &options) {
  const at::Tensor q = normal({2, queries, 12}, 1), k = normal({2, keys, 12}, 2),
                   v = normal({2, keys, 12}, 3);
  const at::Tensor difference =
      attend(q, k, v, options).to(at::kDouble) - by_definition(q, k, v, options);
  return difference.abs().max().item<double>();
}

}  // namespace

TEST_CASE("attention is the same however many blocks its scores are computed in") {
  CHECK(deviation(5, 7, {.heads = 3}) < 1e-5);
  CHECK(deviation(300, 300, {.heads = 12}) < 1e-5);     // several heads at once
  CHECK(deviation(1500, 1500, {.heads = 3}) < 1e-5);    // one head, some of its rows
  CHECK(deviation(3, 1'100'000, {.heads = 1}) < 1e-5);  // one row
}

TEST_CASE("causal attention hides the future in every block") {
  CHECK(deviation(9, 9, {.heads = 2, .causal = true}) < 1e-5);
  CHECK(deviation(1500, 1500, {.heads = 3, .causal = true}) < 1e-5);
}

TEST_CASE("a bias for each head reaches the scores of every batch, in every block") {
  for (const int64_t tokens : {7, 300, 1500}) {
    CHECK(deviation(tokens, tokens,
                    {.heads = 3, .scale = 1, .bias = normal({3, tokens, tokens}, 5)}) < 1e-5);
  }
}

TEST_CASE("scores in float32 serve inputs of less precision") {
  constexpr double kRounding = 1.0 / 128;  // of a bfloat16, relative
  const at::Tensor q = normal({1, 6, 8}, 4).to(at::kBFloat16);
  const at::Tensor out = attend(q, q, q, {.heads = 2, .upcast = true});
  CHECK(out.scalar_type() == at::kBFloat16);
  const at::Tensor difference = out.to(at::kDouble) - by_definition(q, q, q, {.heads = 2});
  CHECK(difference.abs().max().item<double>() < kRounding * q.abs().max().item<double>());
}

TEST_CASE("the kernel for pairs of bfloat16 computes attention by its definition") {
  struct Case {
    int64_t batch, queries, keys, heads, width;
  };
  const at::Tensor two = at::zeros({1, 2, 2}, at::kBFloat16);
  if (!is_for_avx512_attention(two, two, two, {.heads = 1})) return;  // not such a CPU
  for (const Case &c : {Case{2, 300, 300, 8, 40},
                        {1, 100, 77, 3, 80},
                        {2, 24, 513, 2, 160},
                        {1, 37, 1, 3, 6},
                        {1, 1, 600, 1, 64},
                        {1, 700, 64, 1, 128}}) {
    INFO(c.queries << " queries, " << c.keys << " keys, " << c.heads << " x " << c.width);
    const int64_t width = c.heads * c.width;
    const at::Tensor q = normal({c.batch, c.queries, width}, 1).mul(2).to(at::kBFloat16);
    const at::Tensor kv = normal({c.batch, c.keys, 2 * width}, 2).to(at::kBFloat16);
    const at::Tensor k = kv.slice(2, 0, width), v = kv.slice(2, width);  // views with strides
    for (const std::optional<double> scale : {std::optional<double>{}, std::optional{0.5}}) {
      const AttentionOptions options{.heads = c.heads, .scale = scale};
      REQUIRE(is_for_avx512_attention(q, k, v, options));
      const at::Tensor expected = by_definition(q, k, v, options);
      const at::Tensor result = attend_avx512(q, k, v, options).to(at::kDouble);
      // Weights and result are rounded to 8 bits each.
      CHECK((result - expected).norm().item<double>() < 0.004 * expected.norm().item<double>());
    }
  }
}

TEST_CASE("the kernel for pairs of bfloat16 leaves what it does not compute") {
  const at::Tensor x = at::zeros({1, 4, 32}, at::kBFloat16);
  CHECK_FALSE(is_for_avx512_attention(x, x, x, {.heads = 2, .causal = true}));
  CHECK_FALSE(is_for_avx512_attention(x, x, x, {.heads = 2, .bias = at::zeros({2, 4, 4})}));
  CHECK_FALSE(is_for_avx512_attention(x, x, x, {.heads = 2, .scale = -1}));
  CHECK_FALSE(is_for_avx512_attention(x, x, x, {.heads = 32}));  // heads of one feature
  const at::Tensor wide = x.to(at::kFloat);
  CHECK_FALSE(is_for_avx512_attention(wide, wide, wide, {.heads = 2}));
}
