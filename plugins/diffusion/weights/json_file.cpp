#include "weights/json_file.hpp"

#include "error.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

namespace pictor::diffusion {
namespace {

// The largest JSON file of a known model, a tokenizer.json, has 17 MB.
constexpr uint64_t kFileLimit = 64 << 20;
constexpr int kDepthLimit = 32;
constexpr int64_t kSizeLimit = 1 << 20;

// Longest spelling of a value in a message.
constexpr size_t kShownLimit = 80;
constexpr size_t kLongestParseError = 300;

void replace_infinities(std::string &text) {
  constexpr std::string_view kWord = "Infinity";
  constexpr std::string_view kLargest = "1.7976931348623157e308";
  if (text.find(kWord) == std::string::npos) return;
  std::string result;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!in_string && text.compare(i, kWord.size(), kWord) == 0) {
      result += kLargest;
      i += kWord.size() - 1;
      continue;
    }
    result += text[i];
    if (in_string && text[i] == '\\' && i + 1 < text.size()) {
      result += text[++i];
    } else if (text[i] == '"') {
      in_string = !in_string;
    }
  }
  text = std::move(result);
}

std::string shown(const nlohmann::json &value) {
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kShownLimit) text = text.substr(0, kShownLimit) + "...";
  return text;
}

// Watches a parse and refuses what nlohmann's parser lets through: deep nesting and repeated keys.
class StructureCheck {
 public:
  explicit StructureCheck(const std::string &origin) : origin_(origin) {}

  void operator()(int depth, nlohmann::json::parse_event_t event, const nlohmann::json &value) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kDepthLimit) {
      fail("nested deeper than " + std::to_string(kDepthLimit) + " levels");
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::key) keys_.back().push_back(value.get_ref<const std::string &>());
    if (event != Event::object_end) return;
    if (keys_.back().size() != value.size()) fail_repeated(std::move(keys_.back()));
    keys_.pop_back();
  }

 private:
  [[noreturn]] void fail(const std::string &what) const {
    throw Error{ErrorKind::invalid_argument, origin_ + ": not usable JSON: " + what, "model"};
  }

  [[noreturn]] void fail_repeated(std::vector<std::string> keys) const {
    std::sort(keys.begin(), keys.end());
    fail("the key " + shown(*std::adjacent_find(keys.begin(), keys.end())) +
         " stands twice in one object");
  }

  const std::string &origin_;
  std::vector<std::vector<std::string>> keys_;  // of the objects that are open
};

}  // namespace

std::string read_text(const std::filesystem::path &path, uint64_t limit) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw Error{ErrorKind::not_found, path.string() + ": no such file", "model"};
  }
  // Asked before it is opened: opening a pipe would wait for its writer.
  const bool is_file = std::filesystem::is_regular_file(path, error);
  const uint64_t size = is_file ? std::filesystem::file_size(path, error) : 0;
  std::ifstream stream;
  if (is_file && !error) stream.open(path, std::ios::binary);
  if (!stream.is_open()) {
    throw Error{ErrorKind::not_found,
                path.string() + ": cannot be read; is it a file that this user may open?", "model"};
  }
  if (size > limit) {
    throw Error{ErrorKind::invalid_argument,
                path.string() + ": " + std::to_string(size) + " bytes; at most " +
                    std::to_string(limit) + " are read of such a file",
                "model"};
  }
  std::string text(size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

nlohmann::json parse_json(std::string text, const std::string &origin) {
  replace_infinities(text);
  StructureCheck check{origin};
  try {
    return nlohmann::json::parse(
        text, [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json &value) {
          check(depth, event, value);
          return true;
        });
  } catch (const nlohmann::json::exception &error) {
    // It quotes the last token, however long that is.
    const std::string what = std::string{error.what()}.substr(0, kLongestParseError);
    throw Error{ErrorKind::invalid_argument, origin + ": not valid JSON: " + what, "model"};
  }
}

JsonFile::JsonFile(std::filesystem::path path) : path_(std::move(path)) {
  root_ = parse_json(read_text(path_, kFileLimit), path_.string());
  if (!root_.is_object()) {
    throw Error{ErrorKind::invalid_argument,
                path_.string() + ": must hold a JSON object, not " + root_.type_name(), "model"};
  }
}

bool JsonFile::has(const std::string &key) const {
  const auto found = root_.find(key);
  return found != root_.end() && !found->is_null();
}

void JsonFile::fail(const std::string &key, const std::string &expected) const {
  const std::string found = has(key) ? "is " + shown(root_.at(key)) : "is missing";
  throw Error{ErrorKind::invalid_argument,
              path_.string() + ": '" + key + "' must be " + expected + ", but " + found, "model"};
}

const nlohmann::json &JsonFile::at(const std::string &key, const std::string &expected) const {
  if (!has(key)) fail(key, expected);
  return root_.at(key);
}

std::string JsonFile::string(const std::string &key) const {
  const nlohmann::json &value = at(key, "a string");
  if (!value.is_string()) fail(key, "a string");
  return value.get<std::string>();
}

std::string JsonFile::string(const std::string &key, const std::string &fallback) const {
  return has(key) ? string(key) : fallback;
}

bool JsonFile::boolean(const std::string &key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!root_.at(key).is_boolean()) fail(key, "true or false");
  return root_.at(key).get<bool>();
}

double JsonFile::number(const std::string &key, double fallback) const {
  if (!has(key)) return fallback;
  if (!root_.at(key).is_number()) fail(key, "a number");
  return root_.at(key).get<double>();
}

int64_t JsonFile::to_size(const nlohmann::json &value, const std::string &key) const {
  // A number of the unsigned kind is compared as such: it may exceed int64_t.
  const bool fits = value.is_number_unsigned() && value.get<uint64_t>() >= 1 &&
                    value.get<uint64_t>() <= uint64_t{kSizeLimit};
  if (!fits) fail(key, "an integer from 1 to " + std::to_string(kSizeLimit));
  return value.get<int64_t>();
}

int64_t JsonFile::size(const std::string &key) const {
  return to_size(at(key, "a positive integer"), key);
}

int64_t JsonFile::size(const std::string &key, int64_t fallback) const {
  return has(key) ? size(key) : fallback;
}

std::vector<int64_t> JsonFile::sizes(const std::string &key) const {
  const std::string expected = "a list of positive integers";
  const nlohmann::json &value = at(key, expected);
  if (!value.is_array() || value.empty()) fail(key, expected);
  std::vector<int64_t> result;
  for (const nlohmann::json &element : value) result.push_back(to_size(element, key));
  return result;
}

std::vector<int64_t> JsonFile::size_per_level(const std::string &key, size_t levels) const {
  if (!at(key, "a positive integer or a list of them").is_array()) {
    return std::vector<int64_t>(levels, size(key));
  }
  std::vector<int64_t> result = sizes(key);
  if (result.size() != levels) fail(key, "a list of " + std::to_string(levels) + " integers");
  return result;
}

std::vector<int64_t> JsonFile::size_per_level(const std::string &key, size_t levels,
                                              int64_t fallback) const {
  return has(key) ? size_per_level(key, levels) : std::vector<int64_t>(levels, fallback);
}

std::vector<std::string> JsonFile::strings(const std::string &key) const {
  const std::string expected = "a list of strings";
  const nlohmann::json &value = at(key, expected);
  if (!value.is_array()) fail(key, expected);
  std::vector<std::string> result;
  for (const nlohmann::json &element : value) {
    if (!element.is_string()) fail(key, expected);
    result.push_back(element.get<std::string>());
  }
  return result;
}

}  // namespace pictor::diffusion
