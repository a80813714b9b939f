#include "text_encoders/tokenizer_json.hpp"

#include "error.hpp"

#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/dataflow_exception.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pictor::diffusion {
namespace {

using nlohmann::json;

[[noreturn]] void malformed(const JsonFile &file, const std::string &what) {
  throw Error{ErrorKind::invalid_argument,
              file.path().string() + ": not a tokenizer.json as transformers writes it: " + what,
              "model"};
}

const json &member(const JsonFile &file, const json &object, const char *key) {
  if (!object.is_object() || !object.contains(key)) {
    malformed(file, std::string{"it lacks '"} + key + "'");
  }
  return object.at(key);
}

const json &model_of(const JsonFile &file, const std::string &type) {
  const json &model = member(file, file.root(), "model");
  if (member(file, model, "type") != type) {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": its model is of another type than " + type, "model"};
  }
  return model;
}

// sentencepiece keeps scores in float32: sums of them are finite numbers in double, whatever the
// text.
bool is_score(const json &value) {
  return value.is_number() &&
         std::abs(value.get<double>()) <= static_cast<double>(std::numeric_limits<float>::max());
}

bool is_piece(const json &value) {
  return value.is_array() && value.size() == 2 && value[0].is_string() && is_score(value[1]) &&
         !value[0].get_ref<const std::string &>().empty();
}

// "a b" until tokenizers 0.20, ["a", "b"] since.
std::pair<std::string, std::string> to_merge(const JsonFile &file, const json &merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0], merge[1]};
  }
  const std::string text = merge.is_string() ? merge.get<std::string>() : "";
  const size_t space = text.find(' ');
  if (space == std::string::npos) malformed(file, "a merge is not two tokens");
  return {text.substr(0, space), text.substr(space + 1)};
}

std::string decode_base64(const JsonFile &file, std::string_view text) {
  using namespace boost::archive::iterators;
  using Bytes = transform_width<binary_from_base64<const char *>, 8, 6>;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  try {
    std::string bytes;
    const size_t count = text.size() * 6 / 8;
    Bytes byte{text.data()};
    for (size_t i = 0; i < count; ++i, ++byte) bytes += *byte;
    return bytes;
  } catch (const dataflow_exception &) {
    malformed(file, "its precompiled_charsmap is not base64");
  }
}

// The table of a normalizer, or of the first in a sequence of them that has one.
std::string charsmap_of(const JsonFile &file, const json &normalizer) {
  if (!normalizer.is_object()) return {};
  if (normalizer.contains("precompiled_charsmap")) {
    const json &table = normalizer.at("precompiled_charsmap");
    if (!table.is_string()) malformed(file, "its precompiled_charsmap is not a string");
    return decode_base64(file, table.get_ref<const std::string &>());
  }
  if (!normalizer.contains("normalizers")) return {};
  for (const json &one : normalizer.at("normalizers")) {
    if (std::string table = charsmap_of(file, one); !table.empty()) return table;
  }
  return {};
}

}  // namespace

BytePairModel read_byte_pair_model(const JsonFile &file) {
  const json &model = model_of(file, "BPE");
  if (member(file, model, "end_of_word_suffix") != "</w>") {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": its words do not end with </w>, as CLIP's do", "model"};
  }
  const json &vocabulary = member(file, model, "vocab"), &merges = member(file, model, "merges");
  if (!vocabulary.is_object() || !merges.is_array()) malformed(file, "vocab or merges are missing");
  BytePairModel result{vocabulary, {}};
  for (const json &merge : merges) result.merges.push_back(to_merge(file, merge));
  return result;
}

SentencePieceModel read_unigram_model(const JsonFile &file, int64_t extra_tokens) {
  const json &model = model_of(file, "Unigram");
  const json &vocabulary = member(file, model, "vocab"), &unknown = member(file, model, "unk_id");
  if (!vocabulary.is_array() || !unknown.is_number_unsigned()) {
    malformed(file, "vocab is no list, or unk_id no id");
  }
  SentencePieceModel result{};
  for (const json &piece : vocabulary) {
    if (!is_piece(piece)) {
      malformed(file, "piece " + std::to_string(result.pieces.size()) + " is no text with a score");
    }
    result.pieces.push_back({piece[0], piece[1]});
  }
  const auto count = static_cast<int64_t>(result.pieces.size()) - extra_tokens;
  if (count <= 0 || unknown.get<uint64_t>() >= static_cast<uint64_t>(count)) {
    malformed(file, "it has too few pieces");
  }
  result.unknown_id = unknown.get<int64_t>();
  result.pieces.resize(static_cast<size_t>(count));
  if (file.has("normalizer")) result.charsmap = charsmap_of(file, file.root().at("normalizer"));
  return result;
}

}  // namespace pictor::diffusion
