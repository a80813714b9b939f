#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pictor::diffusion {

// What a unigram model of sentencepiece holds, as far as a tokenizer needs it.
struct SentencePieceModel {
  struct Piece {
    std::string text;
    double score;  // the logarithm of its probability
  };

  std::vector<Piece> pieces;  // a piece's id is its index
  int64_t unknown_id;
  std::string charsmap;  // see PrecompiledCharsmap
};

// Reads a spiece.model: the protobuf message ModelProto of sentencepiece_model.proto. Throws Error:
// not_found, invalid_argument for a file that is malformed, unsupported for a model that is not a
// unigram model.
//
// Debian's libsentencepiece is not used: it exports a protobuf of its own, which breaks the one
// that libtorch is linked with as soon as both are in one process.
SentencePieceModel read_sentencepiece_model(const std::filesystem::path &path);

}  // namespace pictor::diffusion
