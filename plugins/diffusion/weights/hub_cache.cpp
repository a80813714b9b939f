#include "weights/hub_cache.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

// The Hub's own limit for a part of a repository's name.
constexpr size_t kNameLimit = 96;
constexpr uint64_t kRefLimit = 4096;

// A variable's value; an empty one counts as not set, and "~/" is the home folder, as in Python.
fs::path folder_from(const char *variable) {
  const char *value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return {};
  const std::string text = value;
  const char *home = std::getenv("HOME");
  if (text.rfind("~/", 0) == 0 && home != nullptr) return fs::path{home} / text.substr(2);
  return text;
}

// What the Hub allows: letters, digits, '-', '_' and '.', but ".." nowhere and no '.' or '-' at an
// end. So no name leaves its folder.
bool is_name(const std::string &text) {
  if (text.empty() || text.size() > kNameLimit || text.find("..") != std::string::npos) {
    return false;
  }
  const auto at_end = [](char c) { return c != '.' && c != '-'; };
  if (!at_end(text.front()) || !at_end(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// A revision may hold slashes, as "refs/pr/1" does.
bool is_revision(const std::string &text) {
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('/', begin), text.size());
    if (!is_name(text.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

fs::path repository_folder(const std::string &repository) {
  std::string name = repository;
  name.replace(name.find('/'), 1, "--");
  return hub_cache_folder() / ("models--" + name);
}

std::string trimmed(std::string text) {
  const auto is_space = [](unsigned char c) { return c == ' ' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_space(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

// The folder of a snapshot, or nothing.
fs::path find_snapshot(const std::string &repository, const std::string &revision) {
  std::error_code error;
  const fs::path folder = repository_folder(repository);
  if (fs::is_directory(folder / "snapshots" / revision, error)) {
    return folder / "snapshots" / revision;
  }
  const fs::path ref = folder / "refs" / revision;
  if (!fs::is_regular_file(ref, error)) return {};
  const std::string commit = trimmed(read_text(ref, kRefLimit));
  if (!is_name(commit) || !fs::is_directory(folder / "snapshots" / commit, error)) return {};
  return folder / "snapshots" / commit;
}

}  // namespace

fs::path hub_cache_folder() {
  for (const char *variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const fs::path folder = folder_from(variable); !folder.empty()) return folder;
  }
  if (const fs::path home = folder_from("HF_HOME"); !home.empty()) return home / "hub";
  fs::path cache = folder_from("XDG_CACHE_HOME");
  if (cache.empty()) cache = folder_from("HOME") / ".cache";
  return cache / "huggingface" / "hub";
}

bool is_repository_id(const std::string &text) {
  const size_t slash = text.find('/');
  return slash != std::string::npos && is_name(text.substr(0, slash)) &&
         is_name(text.substr(slash + 1));
}

std::string pull_command(const std::string &repository, const std::string &revision) {
  return "`pictor models pull " + repository + (revision.empty() ? "" : " --revision " + revision) +
         "`";
}

fs::path cached_snapshot(const std::string &repository, const std::string &revision,
                         const std::string &parameter) {
  const std::string name = revision.empty() ? "main" : revision;
  if (!is_revision(name)) {
    throw Error{ErrorKind::invalid_argument,
                "revision '" + revision + "' is no branch, tag or commit", "revision"};
  }
  const fs::path snapshot = find_snapshot(repository, name);
  if (!snapshot.empty()) return snapshot;
  throw Error{ErrorKind::not_found,
              repository + ": no such file or folder, and revision " + name +
                  " of the repository of that name is not in the Hugging Face cache, " +
                  repository_folder(repository).string() + "; fetch it with " +
                  pull_command(repository, revision),
              parameter};
}

bool is_cached(const std::string &repository) {
  return !find_snapshot(repository, "main").empty();
}

}  // namespace pictor::diffusion
