#pragma once

#include "endpoint.hpp"
#include "remote/http.hpp"
#include <pictor/error.hpp>
#include <pictor/image.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pictor::openai {

// One entry of an answer's `data`: a picture, the address of one, or what is wrong with it.
struct AnsweredPicture {
  struct Address {
    std::string url;
  };
  std::variant<Image, Address, Error> content;
  std::string revised_prompt, finish_reason;
};

// What an answer tells beyond its pictures: the same for each of them.
struct AnswerNotes {
  std::string request_id, model_version;
  std::int64_t compute_ns = 0, transfer_ns = 0;
  nlohmann::json columns = nlohmann::json::object();  // size, usage, ratelimit_*, ...
};

struct ImagesAnswer {
  std::vector<AnsweredPicture> pictures;
  AnswerNotes notes;
};

// Reads an answer of success. Throws Error(protocol) for what is no ImagesResponse: an HTML page,
// a body that was cut, none of the pictures.
ImagesAnswer read_images(const remote::HttpAnswer &answer, const Endpoint &endpoint);

// The picture of a stream's event, and what came with it.
AnsweredPicture read_picture(const nlohmann::json &entry, const remote::HttpAnswer &head);
AnswerNotes notes_of(const nlohmann::json &body, const remote::HttpAnswer &answer);

// Puts the notes on a picture. Counts of tokens are told for the row as a whole, as the host reads
// them: those of an answer with `answered` of the row's `asked` pictures are scaled to that.
void annotate(Image &image, const AnsweredPicture &entry, const AnswerNotes &notes,
              std::uint32_t answered, std::uint32_t asked);

}  // namespace pictor::openai
