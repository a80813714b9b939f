#include "cli/plugin_project.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/installation.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_template = 1 << 20;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// "my-model.2" -> "my_model_2"
std::string as_identifier(std::string id) {
  for (char &c : id) c = is_letter_or_digit(c) ? c : '_';
  return id;
}

std::string as_macro(const std::string &id) {
  std::string name = as_identifier(id);
  std::transform(name.begin(), name.end(), name.begin(), upper);
  return name;
}

// "my-model.2" -> "MyModel2"
std::string as_type(const std::string &id) {
  std::string name;
  bool first = true;
  for (const char c : id) {
    if (is_letter_or_digit(c)) name += first ? upper(c) : c;
    first = !is_letter_or_digit(c);
  }
  return name;
}

std::vector<fs::path> files_of(const fs::path &folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->is_regular_file(failed)) files.push_back(fs::relative(entry->path(), folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

void require_free(const fs::path &folder) {
  std::error_code failed;
  if (!fs::exists(folder, failed)) return;
  if (fs::is_directory(folder, failed) && fs::is_empty(folder, failed)) return;
  throw Error(fmt::format("{} is there already", folder.string()),
              "choose another place with --dir, or another name");
}

}  // namespace

// In one pass, for a plugin's own name may hold the word.
std::string with_plugin_name(std::string_view text, const std::string &id) {
  const std::array<std::pair<std::string_view, std::string>, 4> words = {
      {{"template_", as_identifier(id) + "_"},
       {"TEMPLATE_", as_macro(id) + "_"},
       {"Template", as_type(id)},
       {"template", id}}};
  std::string named;
  while (!text.empty()) {
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const auto &each) { return text.starts_with(each.first); });
    named += word == words.end() ? std::string(1, text.front()) : word->second;
    text.remove_prefix(word == words.end() ? 1 : word->first.size());
  }
  return named;
}

std::vector<fs::path> write_plugin_project(const std::vector<std::string> &variants,
                                           const std::string &id, const fs::path &folder) {
  std::map<fs::path, fs::path> sources;  // by the file's place in the project
  for (const std::string &variant : variants) {
    const fs::path source = share_folder() / "template" / variant;
    const std::vector<fs::path> files = files_of(source);
    if (files.empty()) {
      throw Error(fmt::format("the template {} is missing", source.string()),
                  "install pictor again: it comes with the SDK");
    }
    for (const fs::path &file : files) sources[file] = source / file;
  }
  require_free(folder);
  std::vector<fs::path> written;
  for (const auto &[file, source] : sources) {
    const fs::path name = with_plugin_name(file.string(), id);
    make_directories((folder / name).parent_path());
    write_file(folder / name, with_plugin_name(read_file(source, largest_template), id));
    written.push_back(name);
  }
  return written;
}

}  // namespace pictor::host
