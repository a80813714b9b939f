#include "output/infotext.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace pictor::host {

namespace {

struct Name {
  std::string_view ours, theirs;
};

// In the order in which they are written.
constexpr std::array<Name, 10> names = {{
    {"num_inference_steps", "Steps"},
    {"scheduler", "Sampler"},
    {"sigma_schedule", "Schedule type"},
    {"guidance_scale", "CFG scale"},
    {"seed", "Seed"},
    {"size", "Size"},
    {"model_name", "Model"},
    {"strength", "Denoising strength"},
    {"clip_skip", "Clip skip"},
    {"eta", "Eta"},
}};

// Values that have another name there.
constexpr std::array<Name, 8> labels = {{
    {"pndm", "PLMS"},
    {"ddim", "DDIM"},
    {"euler", "Euler"},
    {"euler_a", "Euler a"},
    {"dpmpp_2m", "DPM++ 2M"},
    {"karras", "Karras"},
    {"exponential", "Exponential"},
    {"beta", "Beta"},
}};

constexpr std::string_view negative_prefix = "Negative prompt:";
constexpr std::string_view record_name = "Pictor";
constexpr int max_record_depth = 64;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string quoted_if_needed(const std::string &value) {
  const bool plain = value.find_first_of(",:\n") == std::string::npos && !value.starts_with('"') &&
                     trimmed(value) == value && !value.empty();
  return plain ? value : json_line(value);
}

std::string text_of(const Json &settings, std::string_view key) {
  const auto found = settings.find(key);
  if (found == settings.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : json_line(*found);
}

std::string first_text_of(const Json &settings, std::string_view key, std::string_view otherwise) {
  const std::string text = text_of(settings, key);
  return text.empty() ? text_of(settings, otherwise) : text;
}

std::string value_for(const Json &settings, std::string_view key) {
  if (key == "size") {
    const std::string width = text_of(settings, "width"), height = text_of(settings, "height");
    return width.empty() || height.empty() ? "" : width + "x" + height;
  }
  if (key == "model_name") return first_text_of(settings, key, "model");
  if (key == "clip_skip" && settings.contains(key) && settings[key].is_number_integer()) {
    return fmt::format("{}", settings[key].get<std::int64_t>() + 1);
  }
  if (key == "guidance_scale" && settings.contains(key) && settings[key].is_number()) {
    return fmt::format("{:g}", settings[key].get<double>());  // 7, not 7.0
  }
  std::string value = text_of(settings, key);
  for (const Name &label : labels) {
    if (value == label.ours) return std::string(label.theirs);
  }
  return value;
}

struct Pair {
  std::string_view key;
  std::string value;
};

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ' ' || c == '-' || c == '/' || static_cast<unsigned char>(c) >= 0x80;
}

// The end of a quoted value that begins at 0, after its closing quote; 0 when it never closes.
std::size_t quote_end(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

std::string unquoted(std::string_view text) {
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : std::string(text);
}

// "Steps: 20, Model: \"a, b\"" -> pairs; stops at what is none.
std::vector<Pair> parse_pairs(std::string_view line) {
  std::vector<Pair> pairs;
  while (!(line = trimmed(line)).empty()) {
    std::size_t colon = 0;
    while (colon < line.size() && is_key_character(line[colon])) ++colon;
    if (colon == 0 || colon == line.size() || line[colon] != ':') break;
    const std::string_view key = trimmed(line.substr(0, colon));
    line = trimmed(line.substr(colon + 1));
    const std::size_t quoted = line.starts_with('"') ? quote_end(line) : 0;
    if (quoted > 0) {
      pairs.push_back({key, unquoted(line.substr(0, quoted))});
      line.remove_prefix(quoted);
      line.remove_prefix(std::min(line.find(','), line.size()));
    } else {
      const std::size_t end = std::min(line.find(','), line.size());
      pairs.push_back({key, std::string(trimmed(line.substr(0, end)))});
      line.remove_prefix(end);
    }
    if (line.starts_with(',')) line.remove_prefix(1);
  }
  return pairs;
}

// AUTOMATIC1111 takes the last line for settings when it has three of them.
bool is_settings_line(const std::vector<Pair> &pairs) {
  return pairs.size() >= 3 || (!pairs.empty() && pairs.front().key == "Steps");
}

Json number_or_text(std::string_view text) {
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_number() ? value : Json(text);
}

void add_size(Json &settings, std::string_view size) {
  const std::size_t cross = std::min(size.find('x'), size.size());
  settings["width"] = number_or_text(size.substr(0, cross));
  settings["height"] = number_or_text(size.substr(std::min(cross + 1, size.size())));
}

void add_pair(Json &settings, const Pair &pair) {
  if (pair.key == record_name) {
    Json record = parse_pictor_record(pair.value);
    settings[std::string(record_name)] = record.is_null() ? Json(pair.value) : std::move(record);
    return;
  }
  for (const Name &name : names) {
    if (pair.key != name.theirs) continue;
    if (name.ours == "size") return add_size(settings, pair.value);
    Json value = name.ours == "model_name" ? Json(pair.value) : number_or_text(pair.value);
    if (name.ours == "clip_skip" && value.is_number_unsigned() && value > 0) {
      value = value.get<std::uint64_t>() - 1;
    }
    for (const Name &label : labels) {
      if (pair.value == label.theirs) value = label.ours;
    }
    settings[std::string(name.ours)] = std::move(value);
    return;
  }
  settings[std::string(pair.key)] = pair.value;
}

std::pair<std::string_view, std::string_view> split_last_line(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  if (newline == std::string_view::npos) return {{}, text};
  return {text.substr(0, newline), text.substr(newline + 1)};
}

// Takes a line `Pictor: {...}` off the end of the text.
std::optional<Json> take_record_line(std::string_view &text) {
  const auto [before, last] = split_last_line(text);
  std::string_view line = trimmed(last);
  if (!line.starts_with("Pictor:")) return std::nullopt;
  Json record = parse_pictor_record(line.substr(7));
  if (record.is_null()) return std::nullopt;
  text = trimmed(before);
  return record;
}

void add_prompts(Json &settings, std::string_view text) {
  std::string prompt, negative;
  std::string *target = &prompt;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(negative_prefix)) {
      target = &negative;
      line = trimmed(line.substr(negative_prefix.size()));
    }
    if (!target->empty()) *target += '\n';
    *target += line;
  }
  settings["prompt"] = prompt;
  if (target == &negative) settings["negative_prompt"] = negative;
}

}  // namespace

std::string make_infotext(const Json &settings, std::string_view version) {
  std::string text = first_text_of(settings, "prompt", "text");
  if (const std::string negative = text_of(settings, "negative_prompt"); !negative.empty()) {
    text += fmt::format("\n{} {}", negative_prefix, negative);
  }
  std::string line;
  for (const Name &name : names) {
    const std::string value = value_for(settings, name.ours);
    if (!value.empty()) line += fmt::format("{}: {}, ", name.theirs, quoted_if_needed(value));
  }
  return fmt::format("{}\n{}Version: {}", text, line, quoted_if_needed(std::string(version)));
}

std::string with_pictor_record(const std::string &infotext, const Json &record) {
  const std::string value = fmt::format("{}: {}", record_name, json_line(json_line(record)));
  return infotext.empty() ? value : infotext + ", " + value;
}

Json parse_pictor_record(std::string_view json) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, Json &) {
    too_deep |= depth > max_record_depth;
    return !too_deep;
  };
  Json record = Json::parse(json, watch_depth, /*allow_exceptions=*/false);
  return record.is_object() && !too_deep ? record : Json();
}

Json parse_infotext(std::string_view text) {
  Json settings = Json::object();
  text = trimmed(text);
  auto record = take_record_line(text);
  const auto [before, last] = split_last_line(text);
  const std::vector<Pair> pairs = parse_pairs(last);
  const bool has_settings =
      is_settings_line(pairs) || (pairs.size() == 1 && pairs.front().key == record_name);
  add_prompts(settings, has_settings ? before : text);
  if (has_settings) {
    for (const Pair &pair : pairs) add_pair(settings, pair);
  }
  if (record) settings[std::string(record_name)] = std::move(*record);
  return settings;
}

}  // namespace pictor::host
