#include "cli/hub_files.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace pictor::host {
namespace {

constexpr std::string_view weights_extension = ".safetensors";
constexpr std::string_view safety_checker = "safety_checker/";

[[noreturn]] void refuse(std::string_view what) {
  throw Error(fmt::format("the hub's answer about the repository is of no use: {}", what),
              "is HF_ENDPOINT the address of a hub?");
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Whether a path stays below the folder that it is put into.
bool is_safe(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    begin = end + 1;
  }
  return terminal_safe(path) == path;
}

std::string text_at(const Json &object, const char *key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

HubFile read_file_entry(const Json &entry) {
  if (!entry.is_object()) refuse("an entry of 'siblings' is no object");
  HubFile file;
  file.path = text_at(entry, "rfilename");
  if (!is_safe(file.path)) refuse(fmt::format("a file is called '{}'", terminal_safe(file.path)));
  const auto lfs = entry.find("lfs");
  const bool large = lfs != entry.end() && lfs->is_object();
  file.etag = large ? text_at(*lfs, "sha256") : text_at(entry, "blobId");
  if (!is_hex(file.etag, large ? 64 : 40)) {
    refuse(fmt::format("'{}' comes without a checksum", file.path));
  }
  const auto size = entry.find("size");
  if (size == entry.end() || !size->is_number_unsigned()) {
    refuse(fmt::format("'{}' comes without a size", file.path));
  }
  file.size = size->get<std::uint64_t>();
  return file;
}

std::string folder_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

bool is_weights(const std::string &path) {
  return path.ends_with(weights_extension);
}

// "fp16" of "model.fp16-00001-of-00002.safetensors" or of "model-00001-of-00002.fp16.safetensors",
// and of "model.safetensors.index.fp16.json" and its older spellings.
std::string variant_of(const std::string &path) {
  std::string name = path.substr(folder_of(path).size());
  const bool is_index =
      name.find(".safetensors.") != name.npos || name.find(".index.") != name.npos;
  std::set<std::string> words;
  for (std::size_t begin = std::min(name.find('.'), name.size()); begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin + 1), name.size());
    std::string word = name.substr(begin + 1, end - begin - 1);
    word = word.substr(0, word.find('-'));
    if (word != "safetensors" && !(is_index && (word == "index" || word == "json"))) {
      words.insert(word);
    }
    begin = end;
  }
  return words.empty() ? "" : *words.begin();
}

bool is_weights_index(const std::string &path) {
  const std::string name = path.substr(folder_of(path).size());
  return name.find(".safetensors.") != name.npos && name.ends_with(".json");
}

bool is_text(const std::string &path) {
  return path.ends_with(".json") || path.ends_with(".txt") || path.ends_with(".model");
}

// Indices of weights in other formats.
bool is_foreign_index(const std::string &path) {
  return path.ends_with(".json") && path.find(".index.") != path.npos && !is_weights_index(path);
}

bool is_loadable(const std::string &path) {
  return is_weights(path) || (is_text(path) && !is_foreign_index(path));
}

bool matches(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, next = 0, star = pattern.npos, resumed = 0;
  while (at < text.size()) {
    if (next < pattern.size() && (pattern[next] == '?' || pattern[next] == text[at]) &&
        pattern[next] != '*') {
      ++at, ++next;
    } else if (next < pattern.size() && pattern[next] == '*') {
      star = next++;
      resumed = at;
    } else if (star != pattern.npos) {
      next = star + 1;
      at = ++resumed;
    } else {
      return false;
    }
  }
  while (next < pattern.size() && pattern[next] == '*') ++next;
  return next == pattern.size();
}

class Chooser {
 public:
  Chooser(const HubRepository &repository, const HubFileChoice &choice) : choice_(choice) {
    for (const HubFile &file : repository.files) {
      if (file.path == "model_index.json") is_diffusers_ = true;
      if (is_weights(file.path) && variant_of(file.path) == choice.variant) {
        has_variant_.insert(folder_of(file.path));
      }
    }
  }

  bool takes(const std::string &path) const {
    if (!is_loadable(path)) return false;
    if (!choice_.include.empty()) {
      return std::any_of(choice_.include.begin(), choice_.include.end(),
                         [&](const std::string &pattern) { return matches(path, pattern); });
    }
    const std::string folder = folder_of(path);
    if (std::count(folder.begin(), folder.end(), '/') > 1) return false;
    if (!is_weights(path) && !is_weights_index(path)) return true;
    if (is_diffusers_ && (folder.empty() || folder == safety_checker)) return false;
    const bool has = has_variant_.contains(folder);
    return variant_of(path) == (has ? choice_.variant : "");
  }

 private:
  const HubFileChoice &choice_;
  bool is_diffusers_ = false;
  std::set<std::string> has_variant_;  // folders with weights of the variant
};

}  // namespace

HubRepository read_hub_repository(const Json &answer) {
  HubRepository repository;
  repository.commit = text_at(answer, "sha");
  if (!is_hex(repository.commit, 40)) refuse("it names no commit");
  const auto siblings = answer.find("siblings");
  if (siblings == answer.end() || !siblings->is_array()) refuse("it lists no files");
  for (const Json &entry : *siblings) repository.files.push_back(read_file_entry(entry));
  return repository;
}

std::vector<HubFile> choose_hub_files(const HubRepository &repository,
                                      const HubFileChoice &choice) {
  const Chooser chooser(repository, choice);
  std::vector<HubFile> chosen;
  bool any_weights = false;
  for (const HubFile &file : repository.files) {
    if (!chooser.takes(file.path)) continue;
    any_weights = any_weights || is_weights(file.path);
    chosen.push_back(file);
  }
  if (chosen.empty()) {
    throw Error(
        choice.include.empty() ? "the repository holds nothing that is read here"
                               : "--include fits no file that is read here",
        "read are .safetensors, .json, .txt and .model; pickles (.bin, .ckpt, .pt) are not");
  }
  const bool has_pickles =
      std::any_of(repository.files.begin(), repository.files.end(), [](const HubFile &file) {
        return file.path.ends_with(".bin") || file.path.ends_with(".ckpt") ||
               file.path.ends_with(".pt");
      });
  if (choice.include.empty() && !any_weights && has_pickles) {
    throw Error(
        "the repository has its weights as pickles only, which can run code",
        "look for a revision or a variant with safetensors, or convert them with diffusers: "
        "from_pretrained(...), then save_pretrained(...)");
  }
  return chosen;
}

}  // namespace pictor::host
