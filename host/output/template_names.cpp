#include "output/template_names.hpp"

#include "base/escape.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {

namespace {

constexpr std::size_t prompt_characters = 60;
constexpr std::size_t part_bytes = 200;  // a file system takes 255, an ending and "-2" come after

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters of other scripts stay; what would be invisible or steer a terminal does not.
bool is_shown(std::string_view character) {
  return terminal_safe(character) == character && character != "\u3000" && character != "\u00a0";
}

std::string safe(std::string_view value) {
  constexpr std::string_view harmless = "._+=,-";
  const std::string text = valid_utf8(value);
  std::string name;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = rest.substr(0, first_character(rest).length);
    rest.remove_prefix(character.size());
    const char c = character.front();
    const bool keep = character.size() > 1
                          ? is_shown(character)
                          : is_alphanumeric(c) || harmless.find(c) != harmless.npos;
    name += keep ? character : "-";
  }
  return name;
}

std::string slug(std::string_view prompt) {
  const std::string text = safe(prompt);
  std::string name;
  std::size_t characters = 0;
  for (std::string_view rest = text; !rest.empty() && characters < prompt_characters;) {
    const std::string_view character = rest.substr(0, first_character(rest).length);
    rest.remove_prefix(character.size());
    if (character.size() == 1 && !is_alphanumeric(character.front())) {
      if (name.empty() || name.back() == '-') continue;
      name += '-';
    } else if (character.size() == 1) {
      name += lower(character.front());
    } else {
      name += character;
    }
    ++characters;
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

std::string field_value(const std::string &field, const NameFacts &facts) {
  if (field == "row") return facts.row;
  if (field == "generation") return facts.generation;
  if (field == "id") return safe(facts.id.empty() ? facts.row : facts.id);
  if (field == "model") return safe(facts.model);
  if (field == "prompt") return slug(facts.prompt);
  if (field == "seed") return facts.seed ? fmt::format("{}", *facts.seed) : std::string();
  if (facts.record == nullptr) return {};
  const auto found = facts.record->find(field);
  if (found == facts.record->end() || found->is_null()) return {};
  return safe(found->is_string() ? found->get<std::string>() : json_line(*found));
}

// A file's or folder's name: not hidden, not too long; empty when nothing but dashes is left.
std::string settled_part(std::string_view part) {
  std::string name(part);
  if (name.size() > part_bytes) {
    name.resize(part_bytes);
    while (first_invalid_utf8(name) != std::string::npos) name.pop_back();
  }
  for (std::size_t i = 0; i < name.size() && name[i] == '.'; ++i) name[i] = '-';
  return name.find_first_not_of("-_") == std::string::npos ? std::string() : name;
}

std::uint64_t hash_of(const std::string &stem) {
  std::string folded = stem;
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return hash128(folded).low;
}

}  // namespace

const std::vector<std::string> &name_fields() {
  static const std::vector<std::string> fields = {"row",        "id",   "model",
                                                  "generation", "seed", "prompt"};
  return fields;
}

void TemplateNames::take(std::string_view stem) {
  taken_.insert(hash_of(std::string(stem)));
}

std::string TemplateNames::plain(const NameFacts &facts, const std::string &fallback) const {
  std::string path, part;
  const auto end_part = [&](bool last) {
    std::string settled = settled_part(part);
    if (settled.empty()) settled = last ? fallback : "none";
    path += (path.empty() ? "" : "/") + settled;
    part.clear();
  };
  for (const NamePiece &piece : pieces_) {
    if (piece.is_field) {
      part += field_value(piece.text, facts);
      continue;
    }
    for (const char c : piece.text) {
      if (c == '/') {
        end_part(false);
      } else {
        part += c;
      }
    }
  }
  end_part(true);
  return path;
}

bool TemplateNames::is_free(const std::string &stem) {
  return taken_.insert(hash_of(stem)).second;
}

std::string TemplateNames::next(const NameFacts &facts, const std::string &fallback) {
  std::string stem = plain(facts, fallback);
  if (is_free(stem)) return stem;
  std::uint32_t &number = number_.try_emplace(hash_of(stem), 1).first->second;
  std::string numbered;
  do {
    numbered = fmt::format("{}-{}", stem, ++number);
  } while (!is_free(numbered));
  return numbered;
}

}  // namespace pictor::host
