#pragma once

#include "text_encoders/sentencepiece_model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// Cuts a word into the pieces of a vocabulary whose scores have the largest sum (Kudo 2018,
// arXiv:1804.10959, by the Viterbi algorithm).
class UnigramEncoder {
 public:
  // `pieces`: a piece's id is its index.
  UnigramEncoder(std::vector<SentencePieceModel::Piece> pieces, int64_t unknown_id);

  int64_t vocabulary_size() const { return static_cast<int64_t>(pieces_.size()); }
  const std::string &piece(int64_t id) const { return pieces_.at(static_cast<size_t>(id)).text; }

  // The id of a piece, or -1.
  int64_t find(std::string_view piece) const;

  // Appends the ids of a word, which must be UTF-8. What no piece covers is the unknown token, one
  // for each run.
  void encode(std::string_view word, std::vector<int64_t> &ids) const;

 private:
  // A range of by_text_: the pieces that begin with the same bytes.
  struct Prefix {
    size_t begin;
    size_t end;
    size_t length;
  };

  Prefix extend(const Prefix &prefix, char byte) const;
  std::string_view text_at(size_t place) const { return pieces_[by_text_[place]].text; }

  std::vector<SentencePieceModel::Piece> pieces_;
  std::vector<size_t> by_text_;  // the ids in the order of their pieces' bytes
  int64_t unknown_id_;
  double unknown_score_;
};

}  // namespace pictor::diffusion
