#include "text_encoders/unigram_encoder.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace pictor::diffusion {
namespace {

// What the unknown token scores less than the least likely piece; sentencepiece fixes it.
constexpr double kUnknownPenalty = 10;

size_t code_point_length(char first_byte) {
  const auto byte = static_cast<unsigned char>(first_byte);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

}  // namespace

UnigramEncoder::UnigramEncoder(std::vector<SentencePieceModel::Piece> pieces, int64_t unknown_id)
    : pieces_(std::move(pieces)), by_text_(pieces_.size()), unknown_id_(unknown_id) {
  std::iota(by_text_.begin(), by_text_.end(), size_t{0});
  std::sort(by_text_.begin(), by_text_.end(),
            [&](size_t a, size_t b) { return pieces_[a].text < pieces_[b].text; });
  double least = 0;
  for (const auto &piece : pieces_) least = std::min(least, piece.score);
  unknown_score_ = least - kUnknownPenalty;
}

int64_t UnigramEncoder::find(std::string_view piece) const {
  const auto place =
      std::lower_bound(by_text_.begin(), by_text_.end(), piece,
                       [&](size_t id, std::string_view text) { return pieces_[id].text < text; });
  const bool found = place != by_text_.end() && pieces_[*place].text == piece;
  return found ? static_cast<int64_t>(*place) : -1;
}

UnigramEncoder::Prefix UnigramEncoder::extend(const Prefix &prefix, char byte) const {
  // Those that end here come first in the range, and have no byte to compare.
  const auto byte_of = [&](size_t id) {
    const std::string &text = pieces_[id].text;
    return text.size() > prefix.length ? static_cast<unsigned char>(text[prefix.length]) : -1;
  };
  const auto first = by_text_.begin() + static_cast<std::ptrdiff_t>(prefix.begin);
  const auto last = by_text_.begin() + static_cast<std::ptrdiff_t>(prefix.end);
  const int wanted = static_cast<unsigned char>(byte);
  const auto begin =
      std::partition_point(first, last, [&](size_t id) { return byte_of(id) < wanted; });
  const auto end =
      std::partition_point(begin, last, [&](size_t id) { return byte_of(id) == wanted; });
  return {static_cast<size_t>(begin - by_text_.begin()),
          static_cast<size_t>(end - by_text_.begin()), prefix.length + 1};
}

void UnigramEncoder::encode(std::string_view word, std::vector<int64_t> &ids) const {
  // The best way to cut the word up to a byte: its score, and its last piece.
  struct Cut {
    double score = -std::numeric_limits<double>::infinity();
    size_t begin = 0;
    int64_t id = -1;
  };
  std::vector<Cut> cuts(word.size() + 1);
  cuts.front().score = 0;
  const auto offer = [&](size_t begin, size_t end, int64_t id, double score) {
    const double total = cuts[begin].score + score;
    if (total > cuts[end].score) cuts[end] = {total, begin, id};
  };
  size_t next = 0;
  for (size_t begin = 0; begin < word.size(); begin = next) {
    next = std::min(begin + code_point_length(word[begin]), word.size());
    bool covered = false;  // whether a piece is the code point alone
    Prefix prefix{0, by_text_.size(), 0};
    for (size_t end = begin; end < word.size() && prefix.begin < prefix.end;) {
      prefix = extend(prefix, word[end++]);
      if (prefix.begin == prefix.end || text_at(prefix.begin).size() != prefix.length) continue;
      const size_t id = by_text_[prefix.begin];
      offer(begin, end, static_cast<int64_t>(id), pieces_[id].score);
      covered = covered || end == next;
    }
    if (!covered) offer(begin, next, unknown_id_, unknown_score_);
  }
  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  for (size_t end = word.size(); end > 0; end = cuts[end].begin) {
    const bool repeated = cuts[end].id == unknown_id_ &&
                          static_cast<std::ptrdiff_t>(ids.size()) > first &&
                          ids.back() == unknown_id_;
    if (!repeated) ids.push_back(cuts[end].id);
  }
  std::reverse(ids.begin() + first, ids.end());
}

}  // namespace pictor::diffusion
