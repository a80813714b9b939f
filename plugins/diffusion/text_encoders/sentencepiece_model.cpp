#include "text_encoders/sentencepiece_model.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"

#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

namespace pictor::diffusion {
namespace {

constexpr uint64_t kLargestFile = uint64_t{64} << 20;
constexpr size_t kMostPieces = size_t{1} << 20;

// One field of a protobuf message.
struct ProtoField {
  uint64_t number = 0;
  uint64_t value = 0;      // of a varint
  std::string_view bytes;  // of any other type: the content, or the 4 or 8 bytes of the number
};

// Goes over the fields of a protobuf message in its wire format.
class ProtoReader {
 public:
  ProtoReader(std::string_view message, const std::string &origin)
      : rest_(message), origin_(origin) {}

  std::optional<ProtoField> next() {
    if (rest_.empty()) return std::nullopt;
    const uint64_t key = varint();
    ProtoField field;
    field.number = key >> 3;
    switch (key & 7) {
      case 0:
        field.value = varint();
        return field;
      case 1:
        field.bytes = take(8);
        return field;
      case 2:
        field.bytes = take(varint());
        return field;
      case 5:
        field.bytes = take(4);
        return field;
      default:
        fail("a field is of no known type");
    }
  }

  [[noreturn]] void fail(const std::string &why) const {
    throw Error{ErrorKind::invalid_argument, origin_ + ": not a sentencepiece model: " + why,
                "model"};
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number is longer than 64 bits");
  }

  std::string_view take(uint64_t count) {
    if (count > rest_.size()) fail("it ends within a field");
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  std::string_view rest_;
  const std::string &origin_;
};

SentencePieceModel::Piece read_piece(std::string_view message, bool &unknown,
                                     const std::string &origin) {
  constexpr uint64_t kUnknown = 2;
  SentencePieceModel::Piece piece{{}, 0};
  ProtoReader reader{message, origin};
  while (const std::optional<ProtoField> field = reader.next()) {
    if (field->number == 1) piece.text = field->bytes;
    if (field->number == 2 && field->bytes.size() == sizeof(float)) {
      float score = 0;
      std::memcpy(&score, field->bytes.data(), sizeof score);
      piece.score = score;
    }
    if (field->number == 3) unknown = field->value == kUnknown;
  }
  if (piece.text.empty()) reader.fail("a piece is empty");
  if (!std::isfinite(piece.score)) {
    reader.fail("the score of '" + piece.text + "' is no finite number");
  }
  return piece;
}

void require_unigram(std::string_view trainer_spec, const std::string &origin) {
  constexpr uint64_t kUnigram = 1;
  ProtoReader reader{trainer_spec, origin};
  while (const std::optional<ProtoField> field = reader.next()) {
    if (field->number != 3 || field->value == kUnigram) continue;
    throw Error{ErrorKind::unsupported,
                origin + ": a sentencepiece model of another type than unigram is not built here",
                "model"};
  }
}

std::string read_charsmap(std::string_view normalizer_spec, const std::string &origin) {
  std::string charsmap;
  ProtoReader reader{normalizer_spec, origin};
  while (const std::optional<ProtoField> field = reader.next()) {
    if (field->number == 2) charsmap = field->bytes;
  }
  return charsmap;
}

}  // namespace

SentencePieceModel read_sentencepiece_model(const std::filesystem::path &path) {
  const std::string content = read_text(path, kLargestFile);
  const std::string origin = path.string();
  SentencePieceModel model{{}, -1, {}};
  ProtoReader reader{content, origin};
  while (const std::optional<ProtoField> field = reader.next()) {
    if (field->number == 1) {
      bool unknown = false;
      model.pieces.push_back(read_piece(field->bytes, unknown, origin));
      if (unknown) model.unknown_id = static_cast<int64_t>(model.pieces.size()) - 1;
    }
    if (field->number == 2) require_unigram(field->bytes, origin);
    if (field->number == 3) model.charsmap = read_charsmap(field->bytes, origin);
    if (model.pieces.size() > kMostPieces) reader.fail("it has more than a million pieces");
  }
  if (model.unknown_id < 0) reader.fail("it has no piece for what it does not know");
  return model;
}

}  // namespace pictor::diffusion
