#pragma once

#include "text_encoders/sentencepiece_model.hpp"
#include "weights/json_file.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

// tokenizer.json, which transformers 5 saves in place of a tokenizer's own files: the whole
// pipeline of the tokenizers library. What is read of it is the vocabulary; that the rest is CLIP's
// or T5's, the model's own class says.
namespace pictor::diffusion {

struct BytePairModel {
  const nlohmann::json &vocabulary;                         // of the file, an object: token to id
  std::vector<std::pair<std::string, std::string>> merges;  // the most frequent first
};

// Throws Error: invalid_argument for a file that is malformed, unsupported for a model of another
// type or of another sign for the end of a word than CLIP's "</w>".
BytePairModel read_byte_pair_model(const JsonFile &file);

// The pieces without the `extra_tokens` last ones. Throws likewise.
SentencePieceModel read_unigram_model(const JsonFile &file, int64_t extra_tokens);

}  // namespace pictor::diffusion
