#include "layers/attention_avx512.hpp"

#include "layers/cpu_features.hpp"

#if defined(__x86_64__)
#include <ATen/Parallel.h>
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>
#endif

namespace pictor::diffusion {

#if defined(__x86_64__)

namespace {

// Functions that use the instructions; is_for_avx512_attention asks the CPU for them.
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

using Value = uint16_t;  // a bfloat16
using Pair = uint32_t;   // two that follow each other

constexpr int64_t kLanes = 16;         // floats of a register, or pairs
constexpr int64_t kTile = 4 * kLanes;  // keys whose scores are computed at once
constexpr int64_t kKeys = 8 * kTile;   // of a block
constexpr int64_t kQueries = 24;       // of a block
constexpr int64_t kQueriesAtOnce = 6;  // 24 sums in registers, with kTile
constexpr int64_t kMostWidth = 160;    // features of a head
constexpr int64_t kMostVectors = kMostWidth / kLanes;
constexpr float kHidden = -1e30F;  // the score of a key that is not there

int64_t round_up(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

// One head of a tensor [batch, tokens, width].
struct HeadView {
  HeadView(const at::Tensor &x, int64_t batch, int64_t head, int64_t the_width)
      : data(static_cast<const Value *>(x.data_ptr()) + batch * x.stride(0) + head * the_width),
        stride(x.stride(1)),
        tokens(x.size(1)) {}

  const Value *row(int64_t token) const { return data + token * stride; }

  const Value *data;
  int64_t stride;
  int64_t tokens;
};

// The keys and values of a head in the order in which they are read. All that is beyond their
// tokens or features is zero.
class PackedHead {
 public:
  PackedHead(int64_t keys, int64_t width)
      : pairs_(width / 2),
        columns_(round_up(width, kLanes)),
        keys_(static_cast<size_t>(round_up(keys, kKeys) * pairs_)),
        values_(static_cast<size_t>(round_up(keys, kKeys) / 2 * columns_)) {}

  void fill(const HeadView &k, const HeadView &v) {
    for (int64_t key = 0; key < k.tokens; ++key) {
      Pair *to = keys_.data() + key / kTile * kTile * pairs_ + key % kTile;
      for (int64_t p = 0; p < pairs_; ++p) {
        std::memcpy(to + p * kTile, k.row(key) + 2 * p, sizeof(Pair));
      }
    }
    for (int64_t key = 0; key < v.tokens; ++key) {
      auto *to = reinterpret_cast<Value *>(values_.data() + key / 2 * columns_) + key % 2;
      for (int64_t c = 0; c < 2 * pairs_; ++c) to[2 * c] = v.row(key)[c];
    }
  }

  int64_t pairs() const { return pairs_; }
  int64_t columns() const { return columns_; }

  // [pairs][kTile] from a key that kTile divides.
  const Pair *keys(int64_t key) const { return keys_.data() + key * pairs_; }
  // [pairs of keys][columns] from an even key.
  const Pair *values(int64_t key) const { return values_.data() + key / 2 * columns_; }

 private:
  int64_t pairs_;
  int64_t columns_;
  std::vector<Pair> keys_;
  std::vector<Pair> values_;
};

// What a thread computes on.
struct alignas(64) Block {
  Pair queries[kQueries * kMostWidth / 2];  // [query][pairs]
  float scores[kQueries * kKeys];
  Value weights[kQueries * kKeys];
  float sums[kQueries * kMostWidth];  // [query][columns]: of weighted values
  float most[kQueries];               // the largest score so far, in powers of two
  float total[kQueries];              // of the weights
  float shrink[kQueries];             // what sums are worth beside the new `most`
};

AVX512 inline __m512bh pairs_at(const Pair *from) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(from));
}

AVX512 inline __m512bh all_lanes(Pair pair) {
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(pair)));
}

// Scores of kQueriesAtOnce queries, [query][pairs], and a tile of keys, [pairs][kTile].
AVX512 void score_tile(const Pair *queries, const Pair *keys, int64_t pairs, float *scores) {
  __m512 sums[kQueriesAtOnce][4];
#pragma GCC unroll 6
  for (int64_t i = 0; i < kQueriesAtOnce; ++i) {
#pragma GCC unroll 4
    for (int64_t j = 0; j < 4; ++j) sums[i][j] = _mm512_setzero_ps();
  }
  for (int64_t p = 0; p < pairs; ++p) {
    __m512bh tile[4];
#pragma GCC unroll 4
    for (int64_t j = 0; j < 4; ++j) tile[j] = pairs_at(keys + p * kTile + j * kLanes);
#pragma GCC unroll 6
    for (int64_t i = 0; i < kQueriesAtOnce; ++i) {
      const __m512bh query = all_lanes(queries[i * pairs + p]);
#pragma GCC unroll 4
      for (int64_t j = 0; j < 4; ++j) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], query, tile[j]);
    }
  }
#pragma GCC unroll 6
  for (int64_t i = 0; i < kQueriesAtOnce; ++i) {
#pragma GCC unroll 4
    for (int64_t j = 0; j < 4; ++j) _mm512_storeu_ps(scores + i * kKeys + j * kLanes, sums[i][j]);
  }
}

// 2^x for x of at most 0, to 3e-6 of the result.
AVX512 inline __m512 power_of_two(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 rest = _mm512_sub_ps(x, whole);
  __m512 power = _mm512_set1_ps(1.33335581e-3F);
  for (const float factor : {9.61812911e-3F, 5.55041087e-2F, 0.240226507F, 0.693147181F, 1.0F}) {
    power = _mm512_fmadd_ps(power, rest, _mm512_set1_ps(factor));
  }
  return _mm512_scalef_ps(power, whole);
}

// The weights of a block's scores; `scale` counts them in powers of two.
AVX512 void weigh(Block &block, int64_t keys, float scale) {
  for (int64_t i = 0; i < kQueries; ++i) {
    float *scores = block.scores + i * kKeys;
    __m512 largest = _mm512_loadu_ps(scores);
    for (int64_t j = kLanes; j < keys; j += kLanes) {
      largest = _mm512_max_ps(largest, _mm512_loadu_ps(scores + j));
    }
    const float most = std::max(block.most[i], _mm512_reduce_max_ps(largest) * scale);
    block.shrink[i] = std::exp2(block.most[i] - most);
    block.most[i] = most;
    const __m512 factor = _mm512_set1_ps(scale), offset = _mm512_set1_ps(-most);
    __m512 total = _mm512_setzero_ps();
    for (int64_t j = 0; j < keys; j += 2 * kLanes) {
      const __m512 first =
          power_of_two(_mm512_fmadd_ps(_mm512_loadu_ps(scores + j), factor, offset));
      const __m512 second =
          power_of_two(_mm512_fmadd_ps(_mm512_loadu_ps(scores + j + kLanes), factor, offset));
      total = _mm512_add_ps(total, _mm512_add_ps(first, second));
      _mm512_storeu_si512(block.weights + i * kKeys + j,
                          reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)));
    }
    block.total[i] = block.total[i] * block.shrink[i] + _mm512_reduce_add_ps(total);
  }
}

// Adds the values of a block, [pairs of keys][Vectors * kLanes], by their weights, to the sums of
// all queries.
template <int Vectors>
AVX512 void add_values(Block &block, const Pair *values, int64_t keys) {
  constexpr int kRows = Vectors <= 3   ? 8
                        : Vectors == 4 ? 6
                        : Vectors <= 6 ? 4
                        : Vectors <= 8 ? 3
                                       : 2;
  static_assert(kQueries % kRows == 0);
  for (int64_t first = 0; first < kQueries; first += kRows) {
    __m512 sums[kRows][Vectors];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const __m512 shrink = _mm512_set1_ps(block.shrink[first + i]);
#pragma GCC unroll 10
      for (int j = 0; j < Vectors; ++j) {
        const float *sum = block.sums + (first + i) * Vectors * kLanes + j * kLanes;
        sums[i][j] = _mm512_mul_ps(_mm512_loadu_ps(sum), shrink);
      }
    }
    const Value *weights = block.weights + first * kKeys;
    for (int64_t key = 0; key < keys; key += 2) {
      __m512bh row[Vectors];
#pragma GCC unroll 10
      for (int j = 0; j < Vectors; ++j) {
        row[j] = pairs_at(values + key / 2 * Vectors * kLanes + j * kLanes);
      }
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        Pair pair;
        std::memcpy(&pair, weights + i * kKeys + key, sizeof(pair));
        const __m512bh weight = all_lanes(pair);
#pragma GCC unroll 10
        for (int j = 0; j < Vectors; ++j) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], weight, row[j]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 10
      for (int j = 0; j < Vectors; ++j) {
        _mm512_storeu_ps(block.sums + (first + i) * Vectors * kLanes + j * kLanes, sums[i][j]);
      }
    }
  }
}

using AddValues = void (*)(Block &, const Pair *, int64_t);

template <size_t... I>
constexpr std::array<AddValues, sizeof...(I)> every_width(std::index_sequence<I...>) {
  return {add_values<static_cast<int>(I) + 1>...};
}

constexpr auto kAddValues = every_width(std::make_index_sequence<kMostVectors>{});

void begin(Block &block, const HeadView &q, int64_t first, int64_t count, const PackedHead &head) {
  const auto queries = static_cast<size_t>(head.pairs());
  std::memset(block.queries, 0, sizeof(block.queries));
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(block.queries + i * head.pairs(), q.row(first + i), queries * sizeof(Pair));
  }
  std::fill_n(block.sums, kQueries * head.columns(), 0.0F);
  std::fill_n(block.most, kQueries, -std::numeric_limits<float>::infinity());
  std::fill_n(block.total, kQueries, 0.0F);
}

// The scores of all queries for `count` keys from `first` on, hiding those from `keys` on.
void score(Block &block, const PackedHead &head, int64_t first, int64_t count, int64_t keys) {
  for (int64_t tile = 0; tile < count; tile += kTile) {
    for (int64_t i = 0; i < kQueries; i += kQueriesAtOnce) {
      score_tile(block.queries + i * head.pairs(), head.keys(first + tile), head.pairs(),
                 block.scores + i * kKeys + tile);
    }
  }
  for (int64_t key = keys - first; key < count; ++key) {
    for (int64_t i = 0; i < kQueries; ++i) block.scores[i * kKeys + key] = kHidden;
  }
}

// out: the first of `count` rows, `stride` apart.
AVX512 void finish(const Block &block, int64_t count, const PackedHead &head, Value *out,
                   int64_t stride) {
  const int64_t width = 2 * head.pairs();
  for (int64_t i = 0; i < count; ++i) {
    const __m512 share = _mm512_set1_ps(1 / block.total[i]);
    for (int64_t column = 0; column < width; column += kLanes) {
      const __m512 sum = _mm512_loadu_ps(block.sums + i * head.columns() + column);
      const auto mask = static_cast<__mmask16>((1U << std::min(kLanes, width - column)) - 1);
      _mm256_mask_storeu_epi16(
          out + i * stride + column, mask,
          reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_mul_ps(sum, share))));
    }
  }
}

void attend_to(const PackedHead &head, const HeadView &q, int64_t keys, float scale, int64_t first,
               int64_t end, Value *out, int64_t stride, Block &block) {
  const AddValues add = kAddValues[static_cast<size_t>(head.columns() / kLanes - 1)];
  for (int64_t query = first; query < end; query += kQueries) {
    const int64_t count = std::min(kQueries, end - query);
    begin(block, q, query, count, head);
    for (int64_t key = 0; key < keys; key += kKeys) {
      const int64_t in_block = std::min(kKeys, round_up(keys - key, kTile));
      score(block, head, key, in_block, keys);
      weigh(block, in_block, scale);
      add(block, head.values(key), in_block);
    }
    finish(block, count, head, out + query * stride, stride);
  }
}

bool has_whole_rows(const at::Tensor &x) {
  return x.scalar_type() == at::kBFloat16 && x.is_cpu() && x.stride(2) == 1 && x.stride(1) % 2 == 0;
}

#undef AVX512

}  // namespace

bool is_for_avx512_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                             const AttentionOptions &options) {
  const int64_t width = q.size(2) / options.heads;
  return has_avx512_bfloat16() && has_whole_rows(q) && has_whole_rows(k) && has_whole_rows(v) &&
         width % 2 == 0 && width <= kMostWidth && q.size(2) == v.size(2) && k.size(1) > 0 &&
         !options.causal && !options.bias.defined() && options.scale.value_or(1) > 0;
}

at::Tensor attend_avx512(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                         const AttentionOptions &options) {
  constexpr double kLog2OfE = 1.4426950408889634;
  const int64_t batch = q.size(0), tokens = q.size(1), heads = options.heads;
  const int64_t width = q.size(2) / heads, keys = k.size(1);
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
  at::Tensor out = at::empty({batch, tokens, q.size(2)}, q.options());
  // Each part packs the keys and values of its head for itself.
  const int64_t parts_of_head =
      std::clamp<int64_t>((at::get_num_threads() + batch * heads - 1) / (batch * heads), 1,
                          (tokens + kQueries - 1) / kQueries);
  const int64_t rows = round_up((tokens + parts_of_head - 1) / parts_of_head, kQueries);
  at::parallel_for(0, batch * heads * parts_of_head, 1, [&](int64_t begin, int64_t end) {
    PackedHead packed{keys, width};
    const auto block = std::make_unique<Block>();
    for (int64_t part = begin; part < end; ++part) {
      const int64_t image = part / parts_of_head / heads, head = part / parts_of_head % heads;
      const int64_t first = part % parts_of_head * rows;
      if (part == begin || first == 0) {
        packed.fill(HeadView{k, image, head, width}, HeadView{v, image, head, width});
      }
      auto *to = static_cast<Value *>(out.data_ptr()) + image * out.stride(0) + head * width;
      attend_to(packed, HeadView{q, image, head, width}, keys, static_cast<float>(scale * kLog2OfE),
                first, std::min(first + rows, tokens), to, out.stride(1), *block);
    }
  });
  return out;
}

#else

bool is_for_avx512_attention(const at::Tensor &, const at::Tensor &, const at::Tensor &,
                             const AttentionOptions &) {
  return false;
}

at::Tensor attend_avx512(const at::Tensor &, const at::Tensor &, const at::Tensor &,
                         const AttentionOptions &) {
  return {};
}

#endif

}  // namespace pictor::diffusion
