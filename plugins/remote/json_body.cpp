#include "remote/json_body.hpp"

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace pictor::remote {
namespace {

using Json = nlohmann::json;

constexpr std::size_t long_text = 1024;
// What stands for a long text while the rest is parsed: this and its number.
constexpr std::string_view stand_in{"\0", 1};
constexpr std::string_view stand_in_in_json = "\\u0000";

constexpr std::array<bool, 256> base64_letters = [] {
  std::array<bool, 256> letters{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789+/=-_:;,")) {
    letters[static_cast<unsigned char>(c)] = true;
  }
  return letters;
}();

bool is_base64(std::string_view text) {
  bool all = true;
  for (const char c : text) all &= base64_letters[static_cast<unsigned char>(c)];
  return all;
}

// Where the string ends that begins at `begin`; npos where it does not.
std::size_t end_of_string(std::string_view body, std::size_t begin) {
  for (std::size_t quote = body.find('"', begin); quote != std::string_view::npos;
       quote = body.find('"', quote + 1)) {
    std::size_t before = quote;
    while (before > begin && body[before - 1] == '\\') --before;
    if ((quote - before) % 2 == 0) return quote;
  }
  return std::string_view::npos;
}

bool is_key(std::string_view body, std::size_t close) {
  const std::size_t next = body.find_first_not_of(" \t\r\n", close + 1);
  return next != std::string_view::npos && body[next] == ':';
}

// A body whose long texts stand beside it.
struct Lifted {
  std::string body;
  std::vector<std::string_view> texts;
};

Lifted lift(std::string_view body) {
  Lifted lifted;
  std::size_t copied = 0;
  std::size_t open = body.find('"');
  while (open != std::string_view::npos) {
    const std::size_t close = end_of_string(body, open + 1);
    if (close == std::string_view::npos) break;
    const std::string_view text = body.substr(open + 1, close - open - 1);
    if (text.size() >= long_text && is_base64(text) && !is_key(body, close)) {
      lifted.body.append(body.substr(copied, open + 1 - copied)).append(stand_in_in_json);
      lifted.body += std::to_string(lifted.texts.size());
      lifted.texts.push_back(text);
      copied = close;
    }
    open = body.find('"', close + 1);
  }
  lifted.body += body.substr(copied);
  return lifted;
}

void put_back(std::string &text, const std::vector<std::string_view> &texts) {
  if (!text.starts_with(stand_in)) return;
  std::size_t number = 0;
  std::from_chars(text.data() + stand_in.size(), text.data() + text.size(), number);
  text = texts.at(number);
}

}  // namespace

nlohmann::json parse_json(std::string_view body) {
  // A text that begins as a stand-in does could be taken for one.
  if (body.size() < long_text || body.find(stand_in_in_json) != std::string_view::npos) {
    return Json::parse(body, nullptr, false);
  }
  const Lifted lifted = lift(body);
  Json json = Json::parse(lifted.body, nullptr, false);
  if (lifted.texts.empty()) return json;
  std::vector<Json *> open{&json};  // not by recursion: a server may nest a million deep
  while (!open.empty()) {
    Json &value = *open.back();
    open.pop_back();
    if (value.is_string()) put_back(value.get_ref<std::string &>(), lifted.texts);
    if (value.is_structured()) {
      for (Json &inner : value) open.push_back(&inner);
    }
  }
  return json;
}

}  // namespace pictor::remote
